import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.test import SimpleTestCase, override_settings
from urllib3.exceptions import HTTPError

from custom.caching.checks import check_bounds, check_cdn
from custom.caching.handlers import MAX_KEYS, NotToldError, purge_cdn
from custom.models import OutboxMessage


class _Cdn(http.server.ThreadingHTTPServer):
    """Answers every request with one status, and notes what it was told."""

    status = 200
    told: list[dict[str, str]]


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Cdn

    def do_POST(self) -> None:
        self.server.told.append({**dict(self.headers.items()), "path": self.path})
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def cdn(status: int = 200) -> Iterator[_Cdn]:
    with _Cdn(("127.0.0.1", 0), _Handler) as server:
        server.status, server.told = status, []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/service/7/purge"
        try:
            with override_settings(
                CDN_PURGE_URL=address,
                CDN_PURGE_HEADER="Fastly-Key",
                CDN_PURGE_TOKEN="secret",
            ):
                yield server
        finally:
            server.shutdown()
            thread.join()


def changed(*tags: str) -> OutboxMessage:
    return OutboxMessage(topic="page.changed", payload={"tags": list(tags)})


class PurgeTests(SimpleTestCase):
    """What a CDN is told of a change"""

    def test_the_surrogate_keys_and_the_token(self) -> None:
        with cdn() as server:
            purge_cdn(changed("product-5", "products"))
        (told,) = server.told
        self.assertEqual(told["path"], "/service/7/purge")
        self.assertEqual(told["Surrogate-Key"], "product-5 products")
        self.assertEqual(told["Fastly-Key"], "secret")

    def test_no_token_without_one(self) -> None:
        with cdn() as server, override_settings(CDN_PURGE_TOKEN=""):
            purge_cdn(changed("shop"))
        self.assertNotIn("Fastly-Key", server.told[0])

    def test_many_keys_take_several_requests(self) -> None:
        tags = [f"product-{number}" for number in range(MAX_KEYS + 1)]
        with cdn() as server:
            purge_cdn(changed(*tags))
        told = [each["Surrogate-Key"].split() for each in server.told]
        self.assertEqual(told, [tags[:-1], tags[-1:]])

    def test_a_refusal_is_tried_again_later(self) -> None:
        for status in (403, 500):
            with cdn(status) as server, self.assertRaises(NotToldError):
                purge_cdn(changed("shop"))
            self.assertEqual(len(server.told), 1)

    def test_the_token_goes_nowhere_else(self) -> None:
        with cdn(307) as server, self.assertRaises(NotToldError):
            purge_cdn(changed("shop"))
        self.assertEqual(len(server.told), 1)

    def test_nobody_listens(self) -> None:
        with (
            override_settings(CDN_PURGE_URL="http://127.0.0.1:1/"),
            self.assertRaises(HTTPError),
        ):
            purge_cdn(changed("shop"))


class CheckTests(SimpleTestCase):
    """Settings that are refused"""

    def test_addresses(self) -> None:
        for url, is_safe in (
            ("", True),
            ("https://cdn.example/purge", True),
            ("http://127.0.0.1:8080/purge", True),
            ("http://cdn.example/purge", False),
            ("ftp://cdn.example/", False),
            ("https:///purge", False),
        ):
            with self.subTest(url=url), override_settings(CDN_PURGE_URL=url):
                told = [each.id for each in check_cdn()]
                self.assertEqual(told, [] if is_safe else ["custom.E040"])

    def test_bounds(self) -> None:
        self.assertEqual(check_bounds(), [])
        with override_settings(CACHE_SECONDS=0, CACHE_BYTES=-1):
            told = [each.id for each in check_bounds()]
        self.assertEqual(told, ["custom.E041"] * 2)
