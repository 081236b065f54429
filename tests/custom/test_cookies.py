"""Requests without cookies are answered as if they had gone the whole way."""

from typing import Any
from unittest.mock import patch

from django.contrib.sessions.middleware import SessionMiddleware
from django.test import Client, TestCase, override_settings

from tests.users.factories import UserFactory, create_token

OWN = {"X-Request-ID", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit"}
IRRELEVANT = {"Cookie": "theme=dark"}


@override_settings(RATE_PER_MINUTE="1000/min")
class CookieTests(TestCase):
    """Past sessions, CSRF, sign-in, messages and allauth"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = UserFactory()
        _, cls.token = create_token(cls.user)

    def answer(self, method: str, path: str, **headers: str) -> tuple[Any, ...]:
        found = self.client.generic(method, path, headers=headers)
        shown = {
            name: "" if name in OWN else value for name, value in found.headers.items()
        }
        content = found.content.replace(found["X-Request-ID"].encode(), b"")
        return found.status_code, shown, content, dict(found.cookies)

    def test_answers_and_headers_are_those_of_the_whole_way(self) -> None:
        known = {"Authorization": f"Token {self.token}"}
        for method, path, headers in (
            ("GET", "/api/shop/", {}),
            ("HEAD", "/api/shop/", {}),
            ("OPTIONS", "/api/shop/", {}),
            ("GET", "/api/category/", {"Accept": "application/xml"}),
            ("GET", "/api/order/history/", {}),
            ("GET", "/api/order/history/", known),
            ("GET", "/api/order/history/", {"Authorization": "Token no"}),
            ("GET", "/api/order/history/", {"Accept": "image/png"}),
            ("GET", "/api/order/history/?no=1", known),
            ("GET", "/api/user/me", known),
            ("POST", "/api/user/me", known),
            ("DELETE", "/api/user/me/", {}),
            ("POST", "/api/user/logout/", {}),
            ("GET", "/api/nowhere/", {}),
            ("GET", "/api/schema/", {}),
        ):
            with self.subTest(method=method, path=path, headers=headers):
                with patch.object(SessionMiddleware, "process_request") as asked:
                    short = self.answer(method, path, **headers)
                asked.assert_not_called()
                whole = self.answer(method, path, **headers, **IRRELEVANT)
                self.assertEqual(short, whole)

    def test_what_asks_for_a_session_varies_by_it(self) -> None:
        for path, token, varies in (
            ("/api/basket/", None, True),
            ("/api/order/history/", None, True),
            ("/api/order/history/", self.token, False),
            ("/api/shop/", None, False),
        ):
            headers = {"Authorization": f"Token {token}"} if token else {}
            vary = self.client.get(path, headers=headers)["Vary"]
            self.assertIs("Cookie" in vary, varies, (path, vary))

    def test_who_has_a_session_is_known_and_checked(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.user)
        self.assertEqual(client.get("/api/user/me/").status_code, 200)
        refused = client.post("/api/user/logout-all/")
        self.assertEqual(refused.status_code, 403)
        self.assertIn(b"CSRF", refused.content)

    def test_pages_have_sessions_without_cookies(self) -> None:
        page = self.client.get("/admin/login/")
        self.assertEqual(page.status_code, 200)
        self.assertIn("csrftoken", page.cookies)
