"""Servers that stand where Stripe stands: localstripe, and one that goes wrong."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode
from urllib.request import Request, urlopen

from django.test import override_settings

SECRET_KEY = "sk_test_localstripe"
WEBHOOK_SECRET = "whsec_tests"


def stripe_settings(base: str, **others: object) -> override_settings:
    """Point the shop at a server, with every setting that Stripe needs."""
    return override_settings(
        PAYMENT_METHODS=["invoice", "stripe", "dummy"],
        STRIPE_API_BASE=base,
        STRIPE_SECRET_KEY=SECRET_KEY,
        STRIPE_PUBLISHABLE_KEY="pk_test_localstripe",
        STRIPE_WEBHOOK_SECRETS=[WEBHOOK_SECRET],
        **others,
    )


class LocalStripe:
    """A running localstripe, and the part of the buyer's browser in it."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"

    def card(self, number: str) -> str:
        """Make a payment method of a card, as Stripe's form in a browser does."""
        card = {
            "type": "card",
            "card[number]": number,
            "card[exp_month]": "12",
            "card[exp_year]": "2030",
            "card[cvc]": "123",
        }
        return str(self.post("/v1/payment_methods", **card)["id"])

    def authenticate(self, intent: str, secret: str, *, success: bool) -> None:
        """Let the buyer pass 3-D Secure, or fail it."""
        self.post(
            f"/v1/payment_intents/{intent}/_authenticate",
            client_secret=secret,
            success=str(success).lower(),
        )

    def call_back(self, url: str) -> None:
        """Have every event announced to a webhook."""
        self.post("/_config/webhooks/shop", url=url, secret=WEBHOOK_SECRET)

    def intent(self, reference: str) -> dict[str, Any]:
        """Read an intent as the server has it."""
        return self._ask("GET", f"/v1/payment_intents/{reference}", None)

    def refunds(self, reference: str) -> list[dict[str, Any]]:
        """Read the refunds of an intent as the server has them."""
        path = f"/v1/refunds?payment_intent={reference}"
        return self._ask("GET", path, None)["data"]

    def post(self, path: str, **fields: str) -> dict[str, Any]:
        """Send a form as a client of Stripe's would."""
        return self._ask("POST", path, urlencode(fields).encode())

    def _ask(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {SECRET_KEY}"}
        request = Request(  # noqa: S310 - of this module's own making
            self.base + path, body, headers, method=method
        )
        with urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.loads(answer.read() or b"{}")


@contextmanager
def running_localstripe() -> Iterator[LocalStripe]:
    """Run localstripe in a process of its own until the block ends."""
    limit = ["timeout", "--signal=KILL", "300"]
    command = [*limit, sys.executable, "-m", "tests.payments.localstripe_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield LocalStripe(int(process.stdout.readline()))
        finally:
            process.terminate()


class Call:
    """One request to a faulty server.

    Attributes:
        body: As it came.
        form: The fields of the body, if it is a form.
        key: The idempotency key.
    """

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        self.method = handler.command
        self.path = handler.path.partition("?")[0]
        self.body = handler.rfile.read(length).decode()
        self.form = dict(parse_qsl(self.body))
        self.key = handler.headers.get("Idempotency-Key")


Answer = Callable[[Call], tuple[int, dict[str, Any]] | None]


@contextmanager
def faulty_stripe(answer: Answer) -> Iterator[tuple[str, list[Call]]]:
    """Serve what ``answer`` says: status and body, or None to break the connection.

    Yields:
        The address, and the calls so far, the first first.
    """
    calls: list[Call] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            call = Call(self)
            calls.append(call)
            told = answer(call)
            if told is None:
                self.close_connection = True
                return
            body = json.dumps(told[1]).encode()
            self.send_response(told[0])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 - the server looks for this name

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", calls
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def hanging_port() -> Iterator[int]:
    """Take connections and never say a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]
