import json
from typing import Any

from django.test import SimpleTestCase

from custom.api.xml import dump_xml
from tests.contract.checker import Answer, the_contract

HEADERS = {
    "Content-Type": "application/json",
    "X-Request-ID": "a",
    "X-RateLimit-Limit": "256",
    "Cache-Control": "private, no-store",
    "Vary": "Accept",
}
USER = (
    b'{"id": "0197f3a2-5c1e-7a40-9b8d-3f6f0c2d1e55", "email": "zoe@example.com",'
    b' "is_email_verified": false, "first_name": "", "last_name": "",'
    b' "joined_at": "2026-01-01T00:00:00Z"%s}'
)
WITHOUT_ID = USER.replace(b'"id": "0197f3a2-5c1e-7a40-9b8d-3f6f0c2d1e55", ', b"")
PROBLEM = (
    b'{"type": "urn:shop:problem:%(c)s", "title": "T", "status": 401,'
    b' "detail": "D.", "code": "%(c)s"}'
)


class CheckerTests(SimpleTestCase):
    """What breaks the contract is found, and nothing else"""

    def find(self, content: bytes, **changes: Any) -> list[str]:  # noqa: ANN401
        values: dict[str, Any] = {
            "method": "GET",
            "route": "/api/user/me/",
            "status": 200,
            "headers": HEADERS,
            "content": content,
        }
        return the_contract().find_faults(Answer(**values | changes))

    def problem(self, code: bytes) -> list[str]:
        kind = {"Content-Type": "application/problem+json", "WWW-Authenticate": "Token"}
        return self.find(PROBLEM % {b"c": code}, status=401, headers=HEADERS | kind)

    def test_as_declared(self) -> None:
        self.assertEqual(self.find(USER % b""), [])
        self.assertEqual(self.problem(b"token-expired"), [])

    def test_member_that_is_not_named(self) -> None:
        (fault,) = self.find(USER % b', "secret": 1')
        self.assertIn("'secret' was unexpected", fault)

    def test_member_that_is_missing(self) -> None:
        (fault,) = self.find(WITHOUT_ID % b"")
        self.assertIn('"id" is a required property', fault)
        self.assertEqual(self.find(WITHOUT_ID % b"", is_partial=True), [])

    def test_value_of_another_type(self) -> None:
        (fault,) = self.find(USER.replace(b"false", b'"no"') % b"")
        self.assertIn('"no" is not of type "boolean"', fault)

    def test_status(self) -> None:
        (fault,) = self.find(b"", status=418)
        self.assertIn("418 is not declared", fault)

    def test_code(self) -> None:
        (fault,) = self.problem(b"made-up")
        self.assertIn("body at code", fault)

    def find_in_xml(self, body: dict[str, Any], status: int = 200) -> list[str]:
        more = {"Content-Type": "application/xml"}
        if status != 200:
            more = {
                "Content-Type": "application/problem+xml",
                "WWW-Authenticate": "Token",
            }
        content = dump_xml(body).encode()
        return self.find(content, status=status, headers=HEADERS | more)

    def test_xml(self) -> None:
        user = json.loads(USER % b"")
        self.assertEqual(self.find_in_xml(user), [])
        (fault,) = self.find_in_xml(user | {"secret": 1})
        self.assertIn("secret", fault)
        del user["email"]
        self.assertEqual(len(self.find_in_xml(user)), 1)

    def test_problem_in_xml(self) -> None:
        problem = json.loads(PROBLEM % {b"c": b"token-expired"})
        self.assertEqual(self.find_in_xml(problem, 401), [])
        for change in ({"code": "made-up"}, {"status": 404}):
            self.assertEqual(len(self.find_in_xml(problem | change, 401)), 1)
        del problem["code"]
        self.assertEqual(len(self.find_in_xml(problem, 401)), 1)

    def test_content_type(self) -> None:
        headers = HEADERS | {"Content-Type": "text/html"}
        self.assertEqual(
            self.find(b"<p>", headers=headers),
            ["content type 'text/html' is not declared"],
        )

    def test_headers(self) -> None:
        more = HEADERS | {"X-Basket-Token": "a"}
        self.assertEqual(
            self.find(USER % b"", headers=more),
            ["header X-Basket-Token is not declared"],
        )
        less = {name: HEADERS[name] for name in HEADERS if name != "X-Request-ID"}
        self.assertEqual(
            self.find(USER % b"", headers=less), ["header X-Request-ID is missing"]
        )
        stray = HEADERS | {"X-Powered-By": "tests", "Server": "granian"}
        self.assertEqual(
            self.find(USER % b"", headers=stray),
            ["header X-Powered-By is not declared"],
        )
        odd = HEADERS | {"X-RateLimit-Limit": "256/min"}
        self.assertEqual(
            self.find(USER % b"", headers=odd),
            ["header X-RateLimit-Limit is '256/min'"],
        )

    def test_operation(self) -> None:
        self.assertEqual(
            self.find(b"", route="/api/nowhere/"),
            ["GET /api/nowhere/ is not described"],
        )
        self.assertEqual(
            self.find(b"", method="PUT"), ["PUT /api/user/me/ is not described"]
        )
        self.assertEqual(self.find(b"", method="PUT", status=405), [])
        self.assertEqual(self.find(b"", method="OPTIONS"), [])
