from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import IntegrityError, InterfaceError
from django.http import Http404, HttpResponse, UnreadablePostError
from django.test import Client, SimpleTestCase, TestCase, override_settings
from rest_framework.exceptions import (
    APIException,
    ErrorDetail,
    NotFound,
    ParseError,
    ValidationError,
)

from custom.api.problems import QueryParameterError, describe
from custom.api.xml import load_xml


class DescribeTests(SimpleTestCase):
    """Exceptions in the client's terms."""

    def test_statuses_and_codes(self) -> None:
        for exc, status, code in (
            (Http404("No Product matches the given query."), 404, "not-found"),
            (PermissionDenied("because"), 403, "permission-denied"),
            (RequestDataTooBig(), 413, "body-too-large"),
            (SuspiciousOperation(), 400, "bad-request"),
            (UnreadablePostError(), 400, "bad-request"),
            (ParseError(), 400, "malformed-body"),
            (ParseError("Send a key.", code="key_required"), 400, "key-required"),
            (NotFound("Invalid page."), 404, "not-found"),
            (APIException(["a", "b"]), 500, "internal-error"),
        ):
            with self.subTest(repr(exc)):
                problem = describe(exc)
                assert problem is not None
                self.assertEqual((problem.status, problem.code), (status, code))

    def test_bugs_are_not_described(self) -> None:
        self.assertIsNone(describe(KeyError("x")))
        self.assertIsNone(describe(IntegrityError(1062, "Duplicate entry")))

    def test_lost_database_is_logged_and_told(self) -> None:
        with self.assertLogs("custom.api.problems", "ERROR") as logs:
            problem = describe(InterfaceError(0, ""))
        assert problem is not None
        self.assertEqual((problem.status, problem.code), (503, "unavailable"))
        self.assertEqual(problem.headers, {"Retry-After": "1"})
        self.assertEqual(len(logs.records), 1)

    def test_words_of_others_stay_inside(self) -> None:
        problem = describe(Http404("No Product matches the given query."))
        assert problem is not None
        self.assertNotIn("Product", problem.detail)

    def list_faults(self, exc: ValidationError) -> list[tuple[str, str, str]]:
        problem = describe(exc)
        assert problem is not None
        faults: Any = problem.extra["errors"]
        return [(one["pointer"], one["code"], one["detail"]) for one in faults]

    def test_pointers(self) -> None:
        required = ErrorDetail("This field is required.", "required")
        for detail, expected in (
            ("Wrong", [("#", "invalid", "Wrong.")]),
            (["Wrong", "Bad!"], [("#", "invalid", "Wrong."), ("#", "invalid", "Bad!")]),
            ({"a": {"b": [required]}}, [("#/a/b", "required", str(required))]),
            ({"a": [{}, {"b": [required]}]}, [("#/a/1/b", "required", str(required))]),
            ({"a": {2: [required]}}, [("#/a/2", "required", str(required))]),
            (
                {"a": {"non_field_errors": [required]}},
                [("#/a", "required", str(required))],
            ),
            (
                {"a/b~c é": [required]},
                [("#/a~1b~0c%20%C3%A9", "required", str(required))],
            ),
        ):
            with self.subTest(detail):
                self.assertEqual(self.list_faults(ValidationError(detail)), expected)

    def test_query_parameters_have_their_own_root(self) -> None:
        exc = QueryParameterError({"page_size": ["Wrong."]})
        self.assertEqual(
            self.list_faults(exc), [("#/query/page_size", "invalid", "Wrong.")]
        )


@override_settings(ROOT_URLCONF="tests.custom.api.urls")
class FailureTests(TestCase):
    """What leaves the shop, in both formats."""

    def setUp(self) -> None:
        self.client = Client(raise_request_exception=False)

    def get_failure(self, kind: str, **headers: str) -> HttpResponse:
        return self.client.get(
            f"/api/fail/{kind}/", headers={"X-Request-ID": "test-request-1"} | headers
        )

    def assert_problem(self, kind: str, expected: dict[str, Any]) -> HttpResponse:
        """The two formats tell the same; returns the answer in JSON."""
        from_json = self.get_failure(kind)
        from_xml = self.get_failure(kind, accept="application/xml")
        document = {
            "type": f"urn:shop:problem:{expected['code']}",
            "request_id": "test-request-1",
        } | expected
        self.assertEqual(from_json.status_code, expected["status"])
        self.assertEqual(from_json.headers["Content-Type"], "application/problem+json")
        self.assertEqual(from_json.json(), document)
        self.assertEqual(from_xml.status_code, expected["status"])
        self.assertEqual(
            from_xml.headers["Content-Type"], "application/problem+xml; charset=utf-8"
        )
        for name, value in load_xml(from_xml.content).items():
            if isinstance(value, str):
                self.assertEqual(value, str(document[name]))
        for answer in (from_json, from_xml):
            self.assertEqual(answer.headers["Cache-Control"], "private, no-store")
            self.assertIn("Accept", answer.headers["Vary"])
        return from_json

    def test_bug(self) -> None:
        with self.assertLogs("django_structlog", "ERROR"):
            answer = self.assert_problem(
                "bug",
                {
                    "title": "Internal error",
                    "status": 500,
                    "detail": "Something went wrong on our side; it has been recorded.",
                    "code": "internal-error",
                },
            )
        self.assertNotIn(b"secret", answer.content)
        self.assertNotIn(b"Traceback", answer.content)

    def test_bug_outside_rest_framework(self) -> None:
        for accept, form in (("*/*", "json"), ("text/xml", "xml")):
            with self.assertLogs("django_structlog", "ERROR"):
                answer = self.client.get("/api/plain/bug/", headers={"accept": accept})
            self.assertEqual(answer.status_code, 500)
            self.assertIn(f"application/problem+{form}", answer.headers["Content-Type"])
            self.assertNotIn(b"secret", answer.content)

    def test_bug_outside_the_api_is_a_page(self) -> None:
        with self.assertLogs("django_structlog", "ERROR"):
            answer = self.client.get("/page/bug/")
        self.assertEqual(answer.status_code, 500)
        self.assertEqual(answer.headers["Content-Type"], "text/html; charset=utf-8")
        self.assertNotIn(b"secret", answer.content)

    def test_lost_database(self) -> None:
        with self.assertLogs("custom.api.problems", "ERROR"):
            answer = self.assert_problem(
                "database",
                {
                    "title": "Temporarily unavailable",
                    "status": 503,
                    "detail": "The shop cannot answer right now; try again shortly.",
                    "code": "unavailable",
                },
            )
        self.assertEqual(answer.headers["Retry-After"], "1")

    def test_broken_rule_carries_its_facts_but_never_replaces_ours(self) -> None:
        self.assert_problem(
            "invalid",
            {
                "title": "Not for sale",
                "status": 422,
                "detail": "This film is not for sale.",
                "code": "not-for-sale",
                "variant": 7,
            },
        )

    def test_missing(self) -> None:
        self.assert_problem(
            "missing",
            {"title": "Gone", "status": 404, "detail": "It is gone.", "code": "gone"},
        )

    def test_conflict_with_a_time_to_retry(self) -> None:
        answer = self.assert_problem(
            "conflict",
            {
                "title": "Shortage",
                "status": 409,
                "detail": "Only 2 are left.",
                "code": "shortage",
                "shortages": [{"left": 2}],
            },
        )
        self.assertEqual(answer.headers["Retry-After"], "7")

    def test_unavailable(self) -> None:
        answer = self.assert_problem(
            "unavailable",
            {"title": "Busy", "status": 503, "detail": "Try again.", "code": "busy"},
        )
        self.assertEqual(answer.headers["Retry-After"], "1")

    def test_throttled(self) -> None:
        answer = self.assert_problem(
            "throttled",
            {
                "title": "Too many requests",
                "status": 429,
                "detail": "Request was throttled. Expected available in 16 seconds.",
                "code": "throttled",
            },
        )
        self.assertEqual(answer.headers["Retry-After"], "16")

    def test_token(self) -> None:
        answer = self.assert_problem(
            "token",
            {
                "title": "Expired token",
                "status": 401,
                "detail": "Invalid token.",
                "code": "token-expired",
            },
        )
        self.assertEqual(answer.headers["WWW-Authenticate"], "Token")

    def test_anonymous(self) -> None:
        answer = self.client.get("/api/private/")
        self.assertEqual(answer.status_code, 401)
        self.assertEqual(answer.headers["WWW-Authenticate"], "Token")
        self.assertEqual(answer.json()["code"], "not-authenticated")

    def test_unknown_path(self) -> None:
        for path in (
            "/api/nothing/",
            "/api/nothing",
            "/api/\x00/",
            "/api/%ff/",
            "/api",
        ):
            for accept, form in (("*/*", "json"), ("text/xml", "xml")):
                with self.subTest(path, accept=accept):
                    answer = self.client.get(path, headers={"accept": accept})
                    self.assertEqual(answer.status_code, 404)
                    self.assertIn(
                        f"application/problem+{form}", answer.headers["Content-Type"]
                    )

    def test_path_outside_the_api_is_a_page(self) -> None:
        for path in ("/nothing/", "/apix/"):
            answer = self.client.get(path)
            self.assertEqual(answer.status_code, 404)
            self.assertEqual(answer.headers["Content-Type"], "text/html; charset=utf-8")

    @override_settings(DEBUG=True)
    def test_unknown_path_is_a_problem_even_to_developers(self) -> None:
        answer = self.client.get("/api/nothing/")
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")

    def test_method(self) -> None:
        answer = self.client.delete("/api/price/")
        self.assertEqual(answer.status_code, 405)
        self.assertEqual(answer.headers["Allow"], "GET, HEAD, OPTIONS")
        self.assertEqual(answer.json()["code"], "method-not-allowed")

    def test_plain_page_becomes_a_problem_and_keeps_its_facts(self) -> None:
        answer = self.client.get("/api/plain/", headers={"accept": "text/xml"})
        self.assertEqual(answer.status_code, 405)
        self.assertEqual(load_xml(answer.content)["code"], "method-not-allowed")
        self.assertEqual(answer.headers["Allow"], "PUT")
        self.assertEqual(answer.cookies["seen"].value, "1")

    def test_status_nobody_described(self) -> None:
        answer = self.client.get("/api/plain/teapot/")
        self.assertEqual(answer.status_code, 418)
        self.assertEqual(answer.json()["code"], "bad-request")
        self.assertEqual(answer.json()["status"], 418)

    def test_not_acceptable(self) -> None:
        for accept in ("text/csv", "application/json; version=2", "*/*; version=x"):
            with self.subTest(accept):
                answer = self.client.get("/api/price/", headers={"accept": accept})
                self.assertEqual(answer.status_code, 406)
                self.assertEqual(answer.json()["code"], "not-acceptable")

    def test_version_is_refused_in_the_format_asked_for(self) -> None:
        answer = self.client.get(
            "/api/price/", headers={"accept": "application/xml; version=2"}
        )
        self.assertEqual(answer.status_code, 406)
        self.assertEqual(load_xml(answer.content)["code"], "not-acceptable")

    def test_version_one_is_the_default(self) -> None:
        for accept in ("application/json; version=1", "application/json"):
            answer = self.client.get("/api/price/", headers={"accept": accept})
            self.assertEqual(answer.status_code, 200)

    def test_foreign_host(self) -> None:
        answer = self.client.get("/api/price/", headers={"host": "evil.example"})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(answer.json()["code"], "bad-request")

    def test_too_many_parameters(self) -> None:
        query = "&".join(f"p{number}=1" for number in range(1100))
        for path, status in (("/api/price/", 400), ("/api/nothing/", 404)):
            with self.subTest(path):
                answer = self.client.get(f"{path}?{query}")
                self.assertEqual(answer.status_code, status)
                self.assertEqual(
                    answer.headers["Content-Type"], "application/problem+json"
                )
