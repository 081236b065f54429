import logging
import tempfile

from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, SimpleTestCase, override_settings
from django.urls import path

from custom.api.handlers import server_error
from shop.urls import handler400, handler403, handler404, handler500
from tests.cachebuster.places import COLLECTED

__all__ = ["handler400", "handler403", "handler404", "handler500"]


def fail(_request: HttpRequest, kind: str) -> HttpResponse:
    """Fail in a way that is named."""
    if kind == "form":
        return HttpResponse("taken")
    errors = {"refuse": PermissionDenied, "suspect": SuspiciousOperation}
    raise errors.get(kind, RuntimeError)


urlpatterns = [path("fail/<kind>/", fail)]


@override_settings(ROOT_URLCONF="tests.shop.test_error_pages")
class ErrorPageTests(SimpleTestCase):
    """Pages outside the API that tell of a failure"""

    def setUp(self) -> None:
        logging.disable(logging.CRITICAL)  # failures are what is asked for here
        self.addCleanup(logging.disable, logging.NOTSET)
        self.client = Client(raise_request_exception=False, enforce_csrf_checks=True)

    def assert_page(self, answer: HttpResponse, status: int, heading: str) -> None:
        self.assertEqual(answer.status_code, status)
        self.assertEqual(answer.headers["Content-Type"], "text/html; charset=utf-8")
        page = answer.content.decode()
        self.assertIn(f"<h1>{heading}</h1>", page)
        self.assertRegex(page, r'href="/static/css/pages\.css\?[0-9a-f]{20}"')

    def test_each(self) -> None:
        for kind, status, heading in (
            ("suspect", 400, "Bad request"),
            ("refuse", 403, "Not allowed"),
            ("break", 500, "Something went wrong"),
        ):
            with self.subTest(kind):
                self.assert_page(self.client.get(f"/fail/{kind}/"), status, heading)

    def test_no_such_page(self) -> None:
        self.assert_page(self.client.get("/no/such/"), 404, "Not found")

    def test_form_without_its_token(self) -> None:
        answer = self.client.post("/fail/form/")
        self.assert_page(answer, 403, "The form is too old")

    def test_failure_while_nothing_is_collected(self) -> None:
        storages = settings.STORAGES | {"staticfiles": {"BACKEND": COLLECTED}}
        with (
            tempfile.TemporaryDirectory() as root,
            self.settings(STORAGES=storages, STATIC_ROOT=root),
        ):
            answer = server_error(RequestFactory().get("/"))
        self.assertEqual(answer.status_code, 500)
        self.assertEqual(answer.content, b"Something went wrong.\n")
