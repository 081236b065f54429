from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

from django.core.handlers.wsgi import WSGIHandler
from django.test import SimpleTestCase, override_settings

from custom.wsgi import read_headers_safely

# Each crashes Django while it builds the request.
MALFORMED = (
    "a/b; x*=nonsense''1",
    "a/b; x*=idna''%ff",
    "a/b; charset*=utf-8''a%00b",
    "application/json; charset=zip",
    "application/json; charset=undefined",
)


@override_settings(ROOT_URLCONF="tests.custom.api.urls")
class ContentTypeTests(SimpleTestCase):
    """Headers that Django itself cannot read."""

    def post(self, content_type: str) -> str:
        """Return the status line of a POST through the whole application."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/api/echo/",
            "QUERY_STRING": "format=json",
            "CONTENT_TYPE": content_type,
            "CONTENT_LENGTH": "2",
            "HTTP_HOST": "testserver",
            "wsgi.input": BytesIO(b"{}"),
        }
        setup_testing_defaults(environ)
        lines: list[str] = []
        application = read_headers_safely(WSGIHandler())
        response = application(environ, lambda status, _headers: lines.append(status))
        response.close()
        return lines[0]

    def test_malformed_types_are_unsupported(self) -> None:
        for content_type in MALFORMED:
            with self.subTest(content_type):
                self.assertEqual(self.post(content_type), "415 Unsupported Media Type")

    def test_other_charsets_are_unsupported(self) -> None:
        for charset in ("latin-1", "utf-16", "nonsense"):
            with self.subTest(charset):
                status = self.post(f"application/json; charset={charset}")
                self.assertEqual(status, "415 Unsupported Media Type")

    def test_readable_types_pass(self) -> None:
        for parameter in ("", "; charset=utf-8", '; charset="UTF8"', "; charset=ASCII"):
            with self.subTest(parameter):
                self.assertEqual(self.post(f"application/json{parameter}"), "200 OK")
