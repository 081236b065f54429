import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.test import (
    Client,
    SimpleTestCase,
    TestCase,
    TransactionTestCase,
    override_settings,
)
from django.urls import reverse
from rest_framework.test import APITestCase
from structlog.testing import capture_logs

from tests.users.factories import PASSWORD, UserFactory, create_token
from users.breaches import is_breached
from users.checks import check_breaches
from users.links import PASSWORD_RESET
from users.models import User

KNOWN = "correct horse battery 9"
# SHA-1 of KNOWN, of which no more than the beginning is ever told.
PREFIX, SUFFIX = "CB6DB", "C675F103E5E92A0BE659C512BE0A3C36BE6"


class _Breaches(http.server.ThreadingHTTPServer):
    """Knows one password; notes what it was asked."""

    status = 200
    body = b""
    delay = 0.0
    asked: list[str]

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that did not wait."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Breaches

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        time.sleep(self.server.delay)
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def breaches(
    status: int = 200,
    body: bytes | None = None,
    delay: float = 0,
    seconds: float = 20,
) -> Iterator[_Breaches]:
    """Run a service; it knows ``KNOWN`` unless it answers something else.

    Args:
        status: Of each answer.
        body: Of each answer.
        delay: Seconds that an answer takes.
        seconds: For which the shop waits.
    """
    with _Breaches(("127.0.0.1", 0), _Handler) as server:
        listed = f"{'0' * 35}:0\r\n{SUFFIX}:12\r\n".encode()
        server.status, server.delay, server.asked = status, delay, []
        server.body = listed if body is None else body
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/range/"
        try:
            with override_settings(
                BREACHED_PASSWORDS_URL=url, BREACHED_PASSWORDS_SECONDS=seconds
            ):
                yield server
        finally:
            server.shutdown()
            thread.join()


class AskTests(SimpleTestCase):
    """users.breaches.is_breached"""

    def test_five_characters_are_told_and_no_more(self) -> None:
        with breaches() as server:
            self.assertIs(is_breached(KNOWN), True)
            self.assertIs(is_breached(PASSWORD), False)
        self.assertEqual(server.asked[0], f"/range/{PREFIX}")
        self.assertEqual({len(path) for path in server.asked}, {len("/range/12345")})

    def test_padding_is_no_password(self) -> None:
        with breaches(body=f"{SUFFIX}:0\r\n".encode()):
            self.assertIs(is_breached(KNOWN), False)

    def test_nobody_is_asked_unless_the_settings_say_whom(self) -> None:
        self.assertIs(is_breached(KNOWN), False)

    def test_it_passes_when_nobody_answers(self) -> None:
        for trouble in (
            {"status": 503},
            {"status": 302},
            {"body": b"<html>"},
            {"body": b"\xff"},
            {"body": b"", "delay": 0.5, "seconds": 0.1},
        ):
            with (
                self.subTest(trouble),
                breaches(**trouble),
                capture_logs() as logs,
            ):
                self.assertIs(is_breached(KNOWN), False)
                (line,) = logs
                self.assertEqual(line["event"], "breached_passwords_unasked")
                self.assertNotIn(KNOWN, repr(line))
                self.assertNotIn(PREFIX, repr(line))
        gone = override_settings(BREACHED_PASSWORDS_URL="http://127.0.0.1:1/")
        with gone, capture_logs():
            self.assertIs(is_breached(KNOWN), False)

    def test_text_without_bytes_is_no_trouble(self) -> None:
        with breaches():
            self.assertIs(is_breached("\ud800"), False)


class TransactionTests(TransactionTestCase):
    """Transactions, in which nobody is asked"""

    def test_nobody_waits_for_others_inside_one(self) -> None:
        with breaches() as server, transaction.atomic():  # noqa: TID251
            self.assertIs(is_breached(KNOWN), False)
        self.assertEqual(server.asked, [])

    def test_the_admin_asks_before_its_page_opens_one(self) -> None:
        self.client.force_login(UserFactory(is_staff=True, is_superuser=True))
        body = {"email": "new@example.com", "password1": KNOWN, "password2": KNOWN}
        with breaches() as server:
            answer = self.client.post(reverse("admin:users_user_add"), body)
        self.assertContains(answer, "This password is known from a breach")
        self.assertEqual(len(server.asked), 1)
        self.assertFalse(User.objects.with_email("new@example.com").exists())


class RuleTests(APITestCase):
    """Everywhere a password is chosen"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = UserFactory(email="ada@example.com")
        _, cls.secret = create_token(cls.user)

    def test_registration_change_and_reset_refuse_it_with_a_pointer(self) -> None:
        header = {"Authorization": f"Token {self.secret}"}
        with breaches():
            for path, body in (
                ("", {"email": "new@example.com"}),
                ("password/change/", {"current_password": PASSWORD}),
                ("password/reset/confirm/", {"token": PASSWORD_RESET.make(self.user)}),
            ):
                answer = self.client.post(
                    f"/api/user/{path}", {**body, "password": KNOWN}, headers=header
                )
                self.assertEqual(answer.status_code, 400, answer.content)
                (fault,) = answer.json()["errors"]
                self.assertEqual(fault["pointer"], "#/password")
                self.assertEqual(fault["code"], "password-breached")
        self.user.refresh_from_db()
        self.assertTrue(self.user.check_password(PASSWORD))
        self.assertEqual(User.objects.count(), 1)

    def test_common_ones_and_those_like_oneself_are_refused_too(
        self,
    ) -> None:
        for password, code in (
            ("iloveyou123", "password-too-common"),
            ("ada@example.co", "password-too-similar"),
            ("918273645546", "password-entirely-numeric"),
        ):
            body = {"email": "ada@example.com", "password": password}
            answer = self.client.post("/api/user/", body)
            codes = {fault["code"] for fault in answer.json()["errors"]}
            self.assertIn(code, codes)

    def test_the_admins_forms_refuse_it(self) -> None:
        root = UserFactory(is_staff=True, is_superuser=True)
        browser = Client()
        browser.force_login(root)
        for path, body in (
            (
                reverse("admin:password_change"),
                {
                    "old_password": PASSWORD,
                    "new_password1": KNOWN,
                    "new_password2": KNOWN,
                },
            ),
            (
                reverse("admin:auth_user_password_change", args=[self.user.pk]),
                {"password1": KNOWN, "password2": KNOWN},
            ),
        ):
            with breaches():
                answer = browser.post(path, body)
            self.assertContains(answer, "This password is known from a breach")


class CheckTests(TestCase):
    """users.checks.check_breaches"""

    def test_others_are_asked_by_https_alone(self) -> None:
        for url in ("http://breaches.example/", "https://breaches.example/range"):
            with override_settings(BREACHED_PASSWORDS_URL=url):
                self.assertEqual([each.id for each in check_breaches()], ["users.E003"])
        for url in ("", "https://api.pwnedpasswords.com/range/"):
            with override_settings(BREACHED_PASSWORDS_URL=url):
                self.assertEqual(check_breaches(), [])
