"""Buyers: processes that ask a shop for one thing after the other."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from script.benches._measuring import percentile
from script.benches._wrk import CONNECTIONS, Load
from script.lib.console import ScriptError
from tests.web import WebClient

ADDRESS = {
    "last_name": "Lovelace",
    "line1": "Stephansplatz 1",
    "city": "Wien",
    "postcode": "1010",
    "country": "AT",
}

Ask = Callable[[int], None]  # asks for something about the product with this number
Open = Callable[[], Ask]  # connects; called in each client's own process


def open_buying(port: int, variants: Sequence[int]) -> Ask:
    """Connect, and return what places an order of one unit."""
    client = WebClient(port)

    def place(product: int) -> None:
        body = _one_of(variants[product]) | {"email": "guest@example.com"}
        key = {"Idempotency-Key": str(uuid.uuid4())}
        _post(client, "/api/order/", body, HTTPStatus.CREATED, key)

    return place


def open_quoting(port: int, variants: Sequence[int]) -> Ask:
    """Connect, and return what asks what such an order costs."""
    client = WebClient(port)

    def quote(product: int) -> None:
        body = _one_of(variants[product])
        _post(client, "/api/order/quote/", body, HTTPStatus.OK)

    return quote


def open_adding(port: int, variants: Sequence[int]) -> Ask:
    """Connect, and return what puts one unit into a new guest's basket."""
    client = WebClient(port)

    def add(product: int) -> None:
        body = {"variant": variants[product], "quantity": 1}
        _post(client, "/api/basket/line/", body, HTTPStatus.CREATED)

    return add


def _one_of(variant: int) -> dict[str, object]:
    lines = [{"variant": variant, "quantity": 1}]
    return {"lines": lines, "shipping_address": ADDRESS}


def _post(
    client: WebClient,
    path: str,
    body: Mapping[str, object],
    status: HTTPStatus,
    headers: Mapping[str, str] | None = None,
) -> None:
    answer = client.call("POST", path, body, headers)
    if answer.status != status:
        msg = f"{path} was refused: {answer}"
        raise ScriptError(msg)


def run_clients(open_client: Open, products: int, seconds: float) -> Load:
    """Run the clients side by side for a time, each over other products in turn."""
    forking = get_context("fork")
    start = forking.Barrier(CONNECTIONS + 1)
    receivers = []
    for number in range(CONNECTIONS):
        receiver, sender = forking.Pipe(duplex=False)
        first = number * products // CONNECTIONS
        arguments = (open_client, range(products), first, seconds, start, sender)
        forking.Process(target=_ask, args=arguments, daemon=True).start()
        sender.close()
        receivers.append(receiver)
    start.wait()
    begun = time.monotonic()
    latencies = [each for receiver in receivers for each in receiver.recv()]
    return Load(
        requests=len(latencies),
        seconds=time.monotonic() - begun,
        p50=percentile(latencies, 50) * 1000,
        p99=percentile(latencies, 99) * 1000,
        failed=0,  # one that fails ends its client
    )


def _ask(  # noqa: PLR0913, PLR0917 - a process's whole task
    open_client: Open,
    products: Sequence[int],
    first: int,
    seconds: float,
    start: Barrier,
    answers: Connection,
) -> None:
    """Ask for one product after the other."""
    ask = open_client()
    at = first
    latencies = []
    start.wait()
    deadline = time.monotonic() + seconds
    while (begun := time.monotonic()) < deadline:
        ask(products[at % len(products)])
        latencies.append(time.monotonic() - begun)
        at += 1
    answers.send(latencies)
