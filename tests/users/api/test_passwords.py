from datetime import timedelta

import time_machine
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIClient, APITestCase

from custom.models import OutboxMessage
from tests.custom.throttling.limits import FreshLimits
from tests.users.factories import PASSWORD, UserFactory, create_token
from users.links import PASSWORD_RESET, VERIFICATION
from users.models import AuthToken, User

NEW = "another-way-home-88"


def pointers(response: Response) -> list[str]:
    return [fault["pointer"] for fault in response.json()["errors"]]


class ChangeTests(APITestCase):
    """POST /api/user/password/change/"""

    url = "/api/user/password/change/"

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = UserFactory(email="ada@example.com")
        cls.token, cls.secret = create_token(cls.user)
        create_token(cls.user)
        cls.stranger, _ = create_token()

    def change(self, **changes: str) -> Response:
        body = {"current_password": PASSWORD, "password": NEW} | changes
        return self.client.post(
            self.url, body, headers={"Authorization": f"Token {self.secret}"}
        )

    def opens(self, password: str) -> bool:
        self.user.refresh_from_db()
        return self.user.check_password(password)

    def test_other_devices_are_signed_out(self) -> None:
        response = self.change()
        self.assertEqual((response.status_code, response.content), (204, b""))
        self.assertTrue(self.opens(NEW))
        left = set(AuthToken.objects.values_list("pk", flat=True))
        self.assertEqual(left, {self.token.pk, self.stranger.pk})

    def test_a_session_goes_on(self) -> None:
        self.client.force_login(self.user)
        body = {"current_password": PASSWORD, "password": NEW}
        self.assertEqual(self.client.post(self.url, body).status_code, 204)
        self.assertEqual(self.client.get("/api/user/me/").status_code, 200)
        self.assertEqual(AuthToken.objects.get(), self.stranger)

    def test_other_sessions_end(self) -> None:
        browser = APIClient()
        browser.force_login(self.user)
        self.assertEqual(self.change().status_code, 204)
        self.assertEqual(browser.get("/api/user/me/").status_code, 401)

    @override_settings(PASSWORD_HASHERS=["tests.users.hashers.ReplacingHasher"])
    def test_of_two_at_once_one_succeeds(self) -> None:
        """What the other has chosen meanwhile stays."""
        response = self.change()
        self.assertEqual(response.status_code, 422)
        self.assertEqual(response.json()["code"], "password-wrong")
        self.assertEqual(User.objects.get(pk=self.user.pk).password, "!replaced")
        self.assertEqual(AuthToken.objects.count(), 3)

    def test_the_present_password_is_wanted(self) -> None:
        response = self.change(current_password="wrong")
        self.assertEqual(response.status_code, 422)
        self.assertEqual(response.json()["code"], "password-wrong")
        (fault,) = response.json()["errors"]
        self.assertEqual(fault["pointer"], "#/current_password")
        self.assertTrue(self.opens(PASSWORD))
        self.assertEqual(AuthToken.objects.count(), 3)

    def test_bad_input_is_pointed_at(self) -> None:
        for changes, pointer in (
            ({"password": "short"}, "#/password"),
            ({"password": "ada@example.com"}, "#/password"),
            ({"secret": NEW}, "#/secret"),
        ):
            response = self.change(**changes)
            self.assertEqual(response.status_code, 400)
            self.assertIn(pointer, pointers(response))
        self.assertTrue(self.opens(PASSWORD))

    def test_anonymous_callers_are_refused(self) -> None:
        body = {"current_password": PASSWORD, "password": NEW}
        self.assertEqual(self.client.post(self.url, body).status_code, 401)


class ResetTests(APITestCase):
    """POST /api/user/password/reset/"""

    url = "/api/user/password/reset/"

    def test_the_answer_tells_nothing(self) -> None:
        user = UserFactory(email="ada@example.com")
        UserFactory(email="closed@example.com", is_active=False)
        wanted = []
        for email in (
            "ADA@example.com",
            "nobody@example.com",
            "closed@example.com",
            "not an address",
        ):
            OutboxMessage.objects.all().delete()
            with self.assertNumQueries(4):  # savepoint, account, message, release
                response = self.client.post(self.url, {"email": email})
            self.assertEqual((response.status_code, response.content), (204, b""))
            wanted.append(OutboxMessage.objects.get())
        self.assertEqual(
            [message.payload["user"] for message in wanted],
            [str(user.public_id), "", "", ""],
        )
        self.assertEqual({row.topic for row in wanted}, {"user.password_reset_wanted"})

    def test_bad_input_is_pointed_at(self) -> None:
        for body, pointer in (
            ({}, "#/email"),
            ({"email": ""}, "#/email"),
            ({"email": "a@example.com", "mail": "x"}, "#/mail"),
        ):
            response = self.client.post(self.url, body)
            self.assertEqual(response.status_code, 400)
            self.assertEqual(pointers(response), [pointer])
        self.assertFalse(OutboxMessage.objects.exists())


@override_settings(RATE_PASSWORD_RESET="2/hour,4/hour")
class MailLimitTests(FreshLimits, APITestCase):
    """How many mails may be asked for"""

    def ask(self, email: str, address: str = "192.0.2.1") -> int:
        urls = ("/api/user/password/reset/", "/api/user/verify/resend/")
        url = urls[OutboxMessage.objects.count() % 2]  # both count together
        body = {"email": email}
        return self.client.post(url, body, REMOTE_ADDR=address).status_code

    def test_one_account_gets_a_few_whoever_asks(self) -> None:
        for number in (1, 2):
            self.assertEqual(self.ask("ada@example.com", f"192.0.2.{number}"), 204)
        self.assertEqual(self.ask("ADA@example.com", "192.0.2.3"), 429)
        self.assertEqual(OutboxMessage.objects.count(), 2)

    def test_one_address_asks_for_a_few_accounts(self) -> None:
        told = [self.ask(f"user{number}@example.com") for number in range(5)]
        self.assertEqual(told, [204] * 4 + [429])


class ResetConfirmTests(APITestCase):
    """POST /api/user/password/reset/confirm/"""

    url = "/api/user/password/reset/confirm/"

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = UserFactory(email="ada@example.com")
        create_token(cls.user)

    def confirm(self, token: str, password: str = NEW) -> Response:
        return self.client.post(self.url, {"token": token, "password": password})

    def assert_refused(self, response: Response) -> None:
        self.assertEqual(response.status_code, 422)
        self.assertEqual(response.json()["code"], "link-invalid")
        (fault,) = response.json()["errors"]
        self.assertEqual(fault["pointer"], "#/token")
        self.user.refresh_from_db()
        self.assertTrue(self.user.check_password(PASSWORD))

    def test_a_token_works_once(self) -> None:
        token = PASSWORD_RESET.make(self.user)
        response = self.confirm(token)
        self.assertEqual((response.status_code, response.content), (204, b""))
        self.user.refresh_from_db()
        self.assertTrue(self.user.check_password(NEW))
        self.assertTrue(self.user.is_email_verified)
        self.assertFalse(AuthToken.objects.exists())
        self.assertEqual(self.confirm(token, "yet-another-99").status_code, 422)
        self.user.refresh_from_db()
        self.assertTrue(self.user.check_password(NEW))

    def test_the_account_is_locked_before_the_token_is_used(self) -> None:
        """Of two requests with one token the second finds it used."""
        with CaptureQueriesContext(connection) as asked:
            self.confirm(PASSWORD_RESET.make(self.user))
        reads = [each["sql"] for each in asked if "FROM `users_user`" in each["sql"]]
        self.assertIn("FOR UPDATE", reads[-1])

    def test_sessions_end(self) -> None:
        browser = APIClient()
        browser.force_login(self.user)
        self.confirm(PASSWORD_RESET.make(User.objects.get(pk=self.user.pk)))
        self.assertEqual(browser.get("/api/user/me/").status_code, 401)

    def test_whatever_is_not_a_token_is_refused(self) -> None:
        token = PASSWORD_RESET.make(self.user)
        name, _, signature = token.partition(".")
        other = UserFactory(email="grace@example.com")
        for false in (
            "x",
            ".",
            f"{name}.",
            f"{name}.x-y",
            f"{other.public_id.hex}.{signature}",
            VERIFICATION.make(self.user),
            "é" * 40,
        ):
            with self.subTest(token=false):
                self.assert_refused(self.confirm(false))

    def test_an_old_token_is_refused(self) -> None:
        token = PASSWORD_RESET.make(self.user)
        later = timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT + 1)
        with time_machine.travel(later):
            self.assert_refused(self.confirm(token))

    def test_a_closed_account_stays_closed(self) -> None:
        token = PASSWORD_RESET.make(self.user)
        type(self.user).objects.update(is_active=False)
        self.assert_refused(self.confirm(token))

    def test_a_weak_password_is_pointed_at(self) -> None:
        for password in ("short", "ada@example.com"):
            response = self.confirm(PASSWORD_RESET.make(self.user), password)
            self.assertEqual(response.status_code, 400)
            self.assertIn("#/password", pointers(response))
        self.user.refresh_from_db()
        self.assertTrue(self.user.check_password(PASSWORD))
