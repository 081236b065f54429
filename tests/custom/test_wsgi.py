from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

from django.core.wsgi import get_wsgi_application
from django.test import SimpleTestCase, override_settings

from custom.wsgi import read_headers_safely

# Django raises ValueError on each while it builds the request.
MALFORMED = ("a/b; x*=nonsense''1", "a/b; x*=idna''%ff", "a/b; charset*=utf-8''a%00b")


@override_settings(ROOT_URLCONF="tests.custom.api.urls")
class ContentTypeTests(SimpleTestCase):
    """Headers that Django itself cannot read."""

    def post(self, content_type: str) -> str:
        """Return the status line of a POST through the whole application."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/api/echo/",
            "CONTENT_TYPE": content_type,
            "CONTENT_LENGTH": "2",
            "wsgi.input": BytesIO(b"{}"),
        }
        setup_testing_defaults(environ)
        lines: list[str] = []
        application = read_headers_safely(get_wsgi_application())
        response = application(environ, lambda status, *_rest: lines.append(status))  # type: ignore[arg-type,func-returns-value]
        response.close()  # type: ignore[attr-defined]
        return lines[0]

    def test_malformed_types_are_unsupported(self) -> None:
        for content_type in MALFORMED:
            with self.subTest(content_type):
                self.assertEqual(self.post(content_type), "415 Unsupported Media Type")

    def test_readable_types_pass(self) -> None:
        for content_type in ("application/json", "application/json; charset=utf-8"):
            self.assertEqual(self.post(content_type), "200 OK")
        self.assertEqual(
            self.post("application/json; charset=nonsense"),
            "415 Unsupported Media Type",
        )
