import logging
import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, SimpleTestCase, TestCase, override_settings
from django.test.client import FakePayload

from custom.api.xml import load_xml
from custom.middleware import ContentLengthMiddleware

ECHO = "/api/echo/"


@override_settings(ROOT_URLCONF="tests.custom.api.urls")
class RequestIdTests(SimpleTestCase):
    """Every request has an id that fits a log line."""

    def get_id(self, **headers: str) -> str:
        return self.client.get("/api/price/", headers=headers).headers["X-Request-ID"]

    def test_sane_id_is_kept(self) -> None:
        for sane in ("7", "abc-123", str(uuid.uuid4()), "a" * 128, "A.b:c/d+e=f-g_h"):
            self.assertEqual(self.get_id(**{"X-Request-ID": sane}), sane)

    def test_other_ids_are_replaced(self) -> None:
        for insane in ("", "-short", "a" * 129, "a b c d e f", "évident-id", "-" * 20):
            with self.subTest(insane):
                made = self.get_id(**{"X-Request-ID": insane})
                self.assertNotEqual(made, insane)
                self.assertEqual(str(uuid.UUID(made)), made)

    def test_made_ids_differ(self) -> None:
        self.assertNotEqual(self.get_id(), self.get_id())

    def test_problem_tells_the_id_of_its_header(self) -> None:
        for path in ("/api/nothing/", "/api/fail/invalid/"):
            answer = self.client.get(path)
            self.assertEqual(
                answer.json()["request_id"], answer.headers["X-Request-ID"]
            )


@override_settings(ROOT_URLCONF="tests.custom.api.urls", LOGGING_CONFIG=None)
class RequestLogTests(TestCase):
    """What the log tells of a request, and what it never does."""

    def log(self, path: str, level: str = "INFO", **headers: str) -> list[str]:
        """Return the lines written for one request, as production writes them."""
        (handler,) = logging.getLogger().handlers[:1]
        client = Client(raise_request_exception=False)
        with self.assertLogs(level=level) as logs:
            client.get(path, headers=headers)
        return [handler.format(record) for record in logs.records]

    def test_each_line_has_the_request_s_id(self) -> None:
        lines = self.log("/api/price/", **{"X-Request-ID": "from-the-client"})
        self.assertEqual(len(lines), 2)
        for line in lines:
            self.assertIn('"request_id":"from-the-client"', line)
            self.assertIn('"request":"GET /api/price/"', line)

    def test_an_id_made_here_is_the_same_in_lines_and_answer(self) -> None:
        (handler,) = logging.getLogger().handlers[:1]
        with self.assertLogs(level="INFO") as logs:
            made = self.client.get("/api/price/").headers["X-Request-ID"]
        self.assertEqual(len(logs.records), 2)
        for record in logs.records:
            self.assertIn(f'"request_id":"{made}"', handler.format(record))

    def test_query_strings_and_people_are_left_out(self) -> None:
        paths = (
            "/api/price/?token=secret",
            "/api/nothing/?token=secret",
            "/api/fail/bug/?token=secret",
            "/api/fail/database/?token=secret",
            "/api/price?token=secret",
            "/nothing/?token=secret",
        )
        for path in paths:
            lines = "\n".join(
                self.log(path, "DEBUG", **{"User-Agent": "Browser of Ada"})
            )
            with self.subTest(path):
                self.assertIn("/api/" if "api" in path else "/nothing/", lines)
                self.assertNotIn("token", lines)
                self.assertNotIn("Browser", lines)
                self.assertNotIn("127.0.0.1", lines)

    def test_bug_is_logged_once_with_its_trace(self) -> None:
        (line,) = self.log("/api/fail/bug/", "ERROR")
        self.assertIn("RuntimeError: secret of the house", line)
        self.assertIn('"request_id"', line)

    def test_caller_is_an_id(self) -> None:
        user = get_user_model().objects.create(email="ada@example.com")
        client = Client()
        client.force_login(user)
        with self.assertLogs(level="INFO") as logs:
            client.get("/api/private/")
        (handler,) = logging.getLogger().handlers[:1]
        line = handler.format(logs.records[-1])
        self.assertIn(f'"user_id":{user.pk}', line)
        self.assertNotIn("ada@", line)


@override_settings(ROOT_URLCONF="tests.custom.api.urls")
class BodyLimitTests(SimpleTestCase):
    """Bodies refused by their headers."""

    def post(self, path: str = ECHO, body: bytes = b"{}", **extra: Any) -> HttpResponse:  # noqa: ANN401
        return self.client.generic("POST", path, body, **extra)

    def assert_refused(self, answer: HttpResponse, status: int, code: str) -> None:
        self.assertEqual(answer.status_code, status)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertEqual(answer.json()["code"], code)

    def test_largest_body(self) -> None:
        body = b'"' + b"x" * (settings.API_BODY_LIMIT - 2) + b'"'
        answer = self.post(body=body, content_type="application/json")
        self.assertEqual((answer.status_code, answer.content), (200, body))

    def test_larger_body_is_not_read(self) -> None:
        payload = FakePayload(b"x")
        answer = self.post(
            CONTENT_LENGTH=str(settings.API_BODY_LIMIT + 1),
            content_type="application/json",
            **{"wsgi.input": payload},
        )
        self.assert_refused(answer, 413, "body-too-large")
        self.assertFalse(payload.read_started)

    def test_refusals_come_in_xml_too(self) -> None:
        answer = self.post(
            CONTENT_LENGTH="99999999",
            content_type="application/xml",
            headers={"accept": "application/xml"},
        )
        self.assertEqual(answer.status_code, 413)
        self.assertEqual(load_xml(answer.content)["code"], "body-too-large")

    def test_body_of_unknown_length(self) -> None:
        answer = self.post(
            CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked", body=b""
        )
        self.assert_refused(answer, 411, "length-required")

    def test_length_that_is_no_number(self) -> None:
        for length in ("x", "-1", "1.5", "\u00b2"):
            answer = self.post(CONTENT_LENGTH=length, content_type="application/json")
            self.assert_refused(answer, 411, "length-required")

    def test_compressed_body(self) -> None:
        answer = self.post(
            content_type="application/json", headers={"content-encoding": "gzip"}
        )
        self.assert_refused(answer, 415, "unsupported-media-type")

    def test_other_paths_have_their_own_limits(self) -> None:
        limit = settings.PAGE_BODY_LIMIT
        answer = self.post("/nothing/", CONTENT_LENGTH=str(limit))
        self.assertEqual(answer.status_code, 404)
        payload = FakePayload(b"x")
        answer = self.post(
            "/nothing/", CONTENT_LENGTH=str(limit + 1), **{"wsgi.input": payload}
        )
        self.assertEqual(answer.status_code, 413)
        self.assertEqual(answer["Content-Type"], "text/plain; charset=utf-8")
        self.assertFalse(payload.read_started)


@override_settings(ROOT_URLCONF="tests.custom.api.urls")
class SlashTests(SimpleTestCase):
    """A last slash that was forgotten."""

    def test_reading_is_redirected(self) -> None:
        for method in ("get", "head"):
            answer = getattr(self.client, method)("/api/price?page=2&a=%0d%0a")
            self.assertEqual(answer.status_code, 301)
            self.assertEqual(answer.headers["Location"], "/api/price/?page=2&a=%0d%0a")

    def test_pages_outside_the_api_are_redirected_too(self) -> None:
        self.assertEqual(self.client.get("/page").headers["Location"], "/page/")

    def test_writing_is_told_the_right_path(self) -> None:
        for method in ("post", "put", "patch", "delete"):
            with self.subTest(method):
                answer = getattr(self.client, method)("/api/echo")
                self.assertEqual(answer.status_code, 404)
                self.assertEqual(answer.json()["code"], "not-found")
                self.assertEqual(
                    answer.json()["detail"],
                    "There is nothing at /api/echo; the right path is /api/echo/.",
                )

    def test_unknown_paths_are_not_redirected(self) -> None:
        for path in ("/api/nothing", "/nothing", "/api/echo/more"):
            self.assertEqual(self.client.get(path).status_code, 404)

    def test_preflight_needs_no_slash(self) -> None:
        with override_settings(CORS_ALLOWED_ORIGINS=["https://app.example"]):
            answer = self.client.options(
                "/api/echo",
                headers={
                    "origin": "https://app.example",
                    "access-control-request-method": "POST",
                    "access-control-request-headers": "idempotency-key",
                },
            )
        self.assertEqual(answer.status_code, 200)
        self.assertIn("idempotency-key", answer.headers["Access-Control-Allow-Headers"])


@override_settings(
    ROOT_URLCONF="tests.custom.api.urls", CORS_ALLOWED_ORIGINS=["https://app.example"]
)
class CorsTests(SimpleTestCase):
    """Pages of other origins read failures as well."""

    def test_problems_carry_the_headers(self) -> None:
        for path in ("/api/price/", "/api/nothing/", "/api/fail/invalid/"):
            answer = self.client.get(path, headers={"origin": "https://app.example"})
            self.assertEqual(
                answer.headers["Access-Control-Allow-Origin"], "https://app.example"
            )
            exposed = answer.headers["Access-Control-Expose-Headers"]
            self.assertIn("X-Request-ID", exposed)

    def test_other_origins_get_none(self) -> None:
        answer = self.client.get("/api/price/", headers={"origin": "https://x.example"})
        self.assertNotIn("Access-Control-Allow-Origin", answer.headers)

    def test_nobody_is_let_in_by_cookies(self) -> None:
        for method in ("get", "options"):
            answer = getattr(self.client, method)(
                "/api/price/",
                headers={
                    "origin": "https://app.example",
                    "access-control-request-method": "GET",
                },
            )
            self.assertIn("Access-Control-Allow-Origin", answer.headers)
            self.assertNotIn("Access-Control-Allow-Credentials", answer.headers)

    def test_only_the_api_is_for_others(self) -> None:
        for path in ("/admin/", "/health/live", "/nothing/"):
            answer = self.client.get(path, headers={"origin": "https://app.example"})
            self.assertNotIn("Access-Control-Allow-Origin", answer.headers)


@override_settings(ROOT_URLCONF="tests.custom.api.urls")
class ContentLengthTests(SimpleTestCase):
    """Answers are not chunked where they need not be."""

    def test_a_whole_answer_states_its_length(self) -> None:
        answer = ContentLengthMiddleware(lambda _: HttpResponse("é"))(None)
        self.assertEqual(answer["Content-Length"], "2")

    def test_a_stream_states_none(self) -> None:
        stream = StreamingHttpResponse(["é"])
        answer = ContentLengthMiddleware(lambda _: stream)(None)
        self.assertNotIn("Content-Length", answer)

    def test_an_answer_without_a_body_states_none(self) -> None:
        for status in (204, 304):
            empty = HttpResponse(status=status)
            answer = ContentLengthMiddleware(lambda _, empty=empty: empty)(None)
            self.assertNotIn("Content-Length", answer)

    def test_refusals_of_other_middleware_state_it_too(self) -> None:
        large = self.client.post(ECHO, CONTENT_LENGTH="99999999")
        for answer in (large, self.client.post("/api/echo"), self.client.get("/nope/")):
            self.assertEqual(answer["Content-Length"], str(len(answer.content)))
