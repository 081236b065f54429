from datetime import timedelta

import time_machine
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse_lazy
from rest_framework.response import Response
from rest_framework.test import APITestCase

from tests.users.factories import UserFactory, create_key, create_token
from users.models import ApiKey, AuthToken, User


class TokenAuthenticationTests(APITestCase):
    """The ``Authorization`` header, on an address that needs a caller"""

    url = reverse_lazy("users:me")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = UserFactory()
        cls.token, cls.secret = create_token(cls.user)

    def get(self, header: str, **extra: str) -> Response:
        return self.client.get(self.url, HTTP_AUTHORIZATION=header, **extra)

    def assert_refused(self, response: Response, code: str) -> None:
        self.assertEqual(response.status_code, 401)
        self.assertEqual(response.json()["code"], code)
        self.assertEqual(response.headers["WWW-Authenticate"], "Token")

    def test_both_schemes_in_any_case(self) -> None:
        for scheme in ("Token", "Bearer", "token", "BEARER"):
            with self.subTest(scheme):
                response = self.get(f"{scheme} {self.secret}")
                self.assertEqual(response.status_code, 200)
                self.assertEqual(response.json()["id"], str(self.user.public_id))

    def test_one_query_however_many_tokens_there_are(self) -> None:
        with self.assertNumQueries(1):  # token and user
            self.get(f"Token {self.secret}")
        for _ in range(5):
            create_token(self.user)
        with self.assertNumQueries(1):
            self.get(f"Token {self.secret}")

    def test_whatever_opens_nothing_is_a_401(self) -> None:
        digest = self.token.digest
        for header in (
            "Token",
            "Token ",
            "Bearer",
            f"Token {self.secret} {self.secret}",
            f"Token {self.secret}, Token {self.secret}",
            f"Token {self.secret[:-1]}",
            f"Token {self.secret}0",
            f"Token {self.secret.upper()}x",
            f"Token {digest}",
            f"Token {self.secret[:15]}",
            "Token \xff\xfe",
            "Token \x00",
            f"Token {self.secret}\x00",
            "Token \udcff",
            "Token 🍎",
            "Token %",
            "Token " + "a" * 10_000,
        ):
            with self.subTest(header[:40]):
                self.assert_refused(self.get(header), "token-invalid")

    def test_what_cannot_be_a_secret_costs_no_query(self) -> None:
        with self.assertNumQueries(0):
            self.get("Token \xff")

    def test_the_refusal_is_the_same_in_xml(self) -> None:
        response = self.get("Token wrong", HTTP_ACCEPT="application/xml")
        self.assertEqual(response.status_code, 401)
        self.assertIn(b"<code>token-invalid</code>", response.content)

    def test_no_header_and_a_foreign_scheme_are_nobody(self) -> None:
        self.assert_refused(self.client.get(self.url), "not-authenticated")
        self.assert_refused(self.get("Basic YTpi"), "not-authenticated")

    def test_a_closed_account_is_not_told_apart(self) -> None:
        _, secret = create_token(UserFactory(is_active=False))
        self.assert_refused(self.get(f"Token {secret}"), "token-invalid")

    def test_an_expired_token_says_so(self) -> None:
        with time_machine.travel(self.token.expiry, tick=False):
            self.assert_refused(self.get(f"Token {self.secret}"), "token-expired")

    def test_use_keeps_a_token_alive(self) -> None:
        use = self.token.last_used_at + timedelta(days=29)
        with time_machine.travel(use, tick=False):
            self.get(f"Token {self.secret}")
        with time_machine.travel(use + timedelta(days=29), tick=False):
            self.assertEqual(self.get(f"Token {self.secret}").status_code, 200)

    def test_a_use_is_written_at_most_once_in_fifteen_minutes(self) -> None:
        use = self.token.last_used_at + timedelta(minutes=15)
        with time_machine.travel(use, tick=False):
            with self.assertNumQueries(5):  # look-up, savepoint, 2 updates, release
                self.get(f"Token {self.secret}")
            with self.assertNumQueries(1):
                self.get(f"Token {self.secret}")
        self.assertEqual(AuthToken.objects.get(pk=self.token.pk).last_used_at, use)
        again = use + timedelta(minutes=15)
        with time_machine.travel(again, tick=False), self.assertNumQueries(4):
            self.get(f"Token {self.secret}")  # of the account, one use a day is noted
        self.assertEqual(User.objects.get(pk=self.token.user_id).used_at, use)

    def test_an_expired_token_is_not_brought_back(self) -> None:
        before = AuthToken.objects.filter(pk=self.token.pk).values().get()
        with time_machine.travel(self.token.expiry + timedelta(days=1)):
            self.get(f"Token {self.secret}")
        after = AuthToken.objects.filter(pk=self.token.pk).values().get()
        self.assertEqual(after, before)


class IndexTests(TestCase):
    """What is looked up at every request"""

    def test_one_row_is_read_by_its_digest(self) -> None:
        create_token()
        create_key()
        for model in (AuthToken, ApiKey):
            table = model._meta.db_table
            found = model.objects.for_authentication("0" * 128)
            with CaptureQueriesContext(connection) as asked:
                list(found)
            with connection.cursor() as cursor:
                cursor.execute(f"SHOW INDEX FROM {table}")
                unique = {row[4] for row in cursor.fetchall() if not row[1]}
            self.assertEqual(len(asked), 1)
            self.assertIn("digest", unique)
            self.assertIn(f"WHERE `{table}`.`digest` = ", asked[0]["sql"])
