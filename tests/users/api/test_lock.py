import re
from datetime import timedelta

import time_machine
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import (
    Client,
    SimpleTestCase,
    TestCase,
    TransactionTestCase,
    override_settings,
)
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APITestCase

from custom.models import OutboxMessage
from custom.outbox import consume
from script.lib.lint import APPS
from tests.processes import race
from tests.users.factories import PASSWORD, UserFactory, create_token
from tests.users.hashers import CountingHasher
from users.checks import check_locks
from users.links import PASSWORD_RESET, UNLOCK
from users.models import SignInTries
from users.services import forget_tries
from users.services.tries import purge_tries

WRONG = "not-the-one"
HERE, THERE = "192.0.2.1", "198.51.100.2"
TOKEN = re.compile(r"^[0-9a-f]{32}\.\S+$", re.MULTILINE)
LOCKS = {
    "SIGN_IN_LOCK": "3/hour",
    "SIGN_IN_LOCK_ACCOUNT": "6/day",
    "SIGN_IN_LOCK_ADDRESS": "8/hour",
}


@override_settings(**LOCKS)
class LockTestCase(APITestCase):
    """Three wrong passwords lock an account for a client address"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = UserFactory(email="ada@example.com")

    def log_in(
        self, password: str = WRONG, email: str = "", address: str = HERE
    ) -> Response:
        body = {"email": email or "ada@example.com", "password": password}
        return self.client.post("/api/user/login/", body, REMOTE_ADDR=address)

    def codes(self, times: int, **tried: str) -> list[str]:
        return [self.log_in(**tried).json()["code"] for _ in range(times)]

    def told(self) -> list[str]:
        """Return whom messages of locks name."""
        found = OutboxMessage.objects.filter(topic="user.sign_in_locked")
        return [message.payload["user"] for message in found.order_by("pk")]


class LockTests(LockTestCase):
    """POST /api/user/login/, too often"""

    def test_after_the_last_try_not_even_the_right_one_is_taken(self) -> None:
        with time_machine.travel(timezone.now(), tick=False):
            self.assertEqual(self.codes(3), ["credentials-invalid"] * 3)
            answer = self.log_in(PASSWORD)
        self.assertEqual(answer.status_code, 429)
        self.assertEqual(answer.json()["code"], "sign-in-locked")
        self.assertEqual(answer.json()["title"], "Sign-in locked")
        self.assertEqual(answer.headers["Retry-After"], "3600")

    def test_the_refusal_is_the_same_in_xml(self) -> None:
        self.codes(3)
        answer = self.client.post(
            "/api/user/login/",
            f"<root><email>ada@example.com</email><password>{PASSWORD}</password></root>",
            content_type="application/xml",
            headers={"Accept": "application/xml"},
            REMOTE_ADDR=HERE,
        )
        self.assertEqual(answer.status_code, 429)
        self.assertIn(b"<code>sign-in-locked</code>", answer.content)

    def test_refused_tries_lengthen_nothing(self) -> None:
        self.codes(3)
        before = list(SignInTries.objects.values())
        self.assertEqual(self.codes(3), ["sign-in-locked"] * 3)
        self.assertEqual(list(SignInTries.objects.values()), before)

    def test_it_opens_after_a_quiet_hour(self) -> None:
        moment = timezone.now()
        with time_machine.travel(moment, tick=False):
            self.codes(3)
        with time_machine.travel(moment + timedelta(hours=1), tick=False):
            self.assertEqual(self.log_in(PASSWORD).status_code, 200)

    def test_slow_tries_lock_too(self) -> None:
        moment = timezone.now()
        for minutes in (0, 50, 100):
            with time_machine.travel(moment + timedelta(minutes=minutes), tick=False):
                self.assertEqual(self.log_in().status_code, 401)
        with time_machine.travel(moment + timedelta(minutes=150), tick=False):
            self.assertEqual(self.log_in().json()["code"], "sign-in-locked")

    def test_the_right_password_begins_anew(self) -> None:
        for _ in range(3):
            self.codes(2)
            self.assertEqual(self.log_in(PASSWORD).status_code, 200)

    def test_spellings_of_an_address_count_together(self) -> None:
        self.codes(2)
        self.codes(1, email="ADA@EXAMPLE.com")
        self.assertEqual(self.log_in().json()["code"], "sign-in-locked")

    def test_its_owner_still_gets_in_from_elsewhere(self) -> None:
        self.codes(3)
        self.assertEqual(self.log_in(PASSWORD, address=THERE).status_code, 200)

    def test_many_client_addresses_lock_the_account(self) -> None:
        for number in range(6):
            self.codes(1, address=f"203.0.113.{number}")
        self.assertEqual(
            self.log_in(PASSWORD, address=THERE).json()["code"], "sign-in-locked"
        )
        self.assertEqual(self.told(), [str(self.user.public_id)])

    def test_many_accounts_lock_the_client_address(self) -> None:
        for number in range(8):
            self.codes(1, email=f"user{number}@example.com")
        self.assertEqual(self.log_in(PASSWORD).json()["code"], "sign-in-locked")
        self.assertEqual(self.log_in(PASSWORD, address=THERE).status_code, 200)
        self.assertEqual(self.told(), [])

    def test_ones_own_account_wins_no_tries_of_others(self) -> None:
        UserFactory(email="mine@example.com")
        for number in range(8):
            self.codes(1, email=f"user{number % 4}-{number}@example.com")
            answer = self.log_in(PASSWORD, email="mine@example.com")
        self.assertEqual(answer.json()["code"], "sign-in-locked")

    def test_devices_that_are_signed_in_are_not_affected(self) -> None:
        _, secret = create_token(self.user)
        self.codes(4)
        header = {"Authorization": f"Token {secret}"}
        answer = self.client.get("/api/user/me/", headers=header, REMOTE_ADDR=HERE)
        self.assertEqual(answer.status_code, 200)

    def test_no_row_names_anybody(self) -> None:
        self.codes(1)
        stored = repr(list(SignInTries.objects.values()))
        self.assertNotIn("ada", stored)
        self.assertNotIn(HERE, stored)
        self.assertEqual(SignInTries.objects.count(), 3)


class UnknownTests(LockTestCase):
    """What a stranger can find out by trying: nothing"""

    def trace(self, email: str) -> list[tuple[int, str, int, list[str]]]:
        """Return of four tries the status, code, hashes and statements of each."""
        traced = []
        for _ in range(4):
            CountingHasher.runs = 0
            with CaptureQueriesContext(connection) as queries:
                answer = self.log_in(email=email, address=THERE)
            statements = [re.sub(r"'[^']*'|\d+", "?", q["sql"]) for q in queries]
            # Rows of a digest come in its order; each has the same statement.
            statements = [
                " ".join(sorted(re.split(r"[ ,()]+", each))) for each in statements
            ]
            code = answer.json()["code"]
            traced.append((answer.status_code, code, CountingHasher.runs, statements))
        return traced

    @override_settings(PASSWORD_HASHERS=["tests.users.hashers.CountingHasher"])
    def test_an_unknown_address_is_counted_locked_and_answered_alike(self) -> None:
        UserFactory(email="known@example.com")
        UserFactory(email="closed@example.com", is_active=False)
        known = self.trace("known@example.com")
        SignInTries.objects.all().delete()
        for email in ("nobody@example.com", "closed@example.com"):
            with self.subTest(email):
                self.assertEqual(self.trace(email), known)
                SignInTries.objects.all().delete()
        self.assertEqual(
            [(status, code, hashes) for status, code, hashes, _ in known],
            [(401, "credentials-invalid", 1)] * 3 + [(429, "sign-in-locked", 0)],
        )
        self.assertEqual([bool(name) for name in self.told()], [True, False, False])

    def test_text_that_is_no_address_is_counted_too(self) -> None:
        for email in ("x" * 254, "🦊@example.com", "ada"):
            self.assertEqual(self.codes(3, email=email), ["credentials-invalid"] * 3)
            self.assertEqual(self.codes(1, email=email), ["sign-in-locked"])
            SignInTries.objects.all().delete()


class ReauthenticationTests(LockTestCase):
    """Passwords asked for again, too often"""

    def test_they_count_with_those_of_the_login(self) -> None:
        _, secret = create_token(self.user)
        self.codes(1)
        header = {"Authorization": f"Token {secret}"}
        for path, body in (
            ("password/change/", {"password": "another-way-home-88"}),
            ("email/change/", {"email": "ada@new.example"}),
            ("key/", {"name": "x", "scopes": ["stock:read"]}),
        ):
            answer = self.client.post(
                f"/api/user/{path}",
                {**body, "current_password": "wrong"},
                headers=header,
                REMOTE_ADDR=HERE,
            )
        self.assertEqual(answer.status_code, 429, answer.content)
        self.assertEqual(answer.json()["code"], "sign-in-locked")
        self.assertEqual(self.log_in(PASSWORD).status_code, 429)
        self.assertEqual(len(self.told()), 1)

    def test_the_admins_login_counts_and_locks_too(self) -> None:
        self.user.is_staff = True
        self.user.save()
        browser, url = Client(), reverse("account_login")
        body = {"login": "ada@example.com", "password": "wrong"}
        for _ in range(3):
            answer = browser.post(url, body, REMOTE_ADDR=HERE)
        body["password"] = PASSWORD
        answer = browser.post(url, body, REMOTE_ADDR=HERE)
        self.assertEqual(answer.status_code, 200)
        self.assertContains(answer, "Too many failed login attempts")
        self.assertEqual(self.log_in(PASSWORD).json()["code"], "sign-in-locked")

    def test_the_admins_change_of_passwords_counts_too(self) -> None:
        self.user.is_staff = True
        self.user.save()
        browser, url = Client(), reverse("admin:password_change")
        browser.force_login(self.user)
        new = "another-way-home-88"
        body = {"old_password": WRONG, "new_password1": new, "new_password2": new}
        for _ in range(3):
            answer = browser.post(url, body, REMOTE_ADDR=HERE)
            self.assertContains(answer, "The current password is not right.")
        body["old_password"] = PASSWORD
        answer = browser.post(url, body, REMOTE_ADDR=HERE)
        self.assertContains(answer, "Too many passwords were tried.")
        answer = browser.post(url, body, REMOTE_ADDR=THERE)
        self.assertRedirects(answer, reverse("admin:password_change_done"))
        self.user.refresh_from_db()
        self.assertTrue(self.user.check_password(new))


class UnlockTests(LockTestCase):
    """POST /api/user/unlock/"""

    def unlock(self, token: str) -> Response:
        return self.client.post("/api/user/unlock/", {"token": token})

    def mailed(self) -> list[str]:
        for message in OutboxMessage.objects.filter(topic="user.sign_in_locked"):
            consume(message.pk)
        mails, mail.outbox[:] = [*mail.outbox], []
        self.assertEqual({one.to[0] for one in mails} - {"ada@example.com"}, set())
        return [TOKEN.findall(one.body)[0] for one in mails]

    def test_one_mail_a_lock_lets_its_owner_in_once(self) -> None:
        self.codes(5)
        (token,) = self.mailed()
        answer = self.unlock(token)
        self.assertEqual((answer.status_code, answer.content), (204, b""))
        again = self.unlock(token)
        self.assertEqual(again.status_code, 422)
        self.assertEqual(again.json()["code"], "link-invalid")
        self.assertEqual(again.json()["errors"][0]["pointer"], "#/token")
        self.assertEqual(self.log_in(PASSWORD).status_code, 200)

    def test_the_next_lock_is_another_mail(self) -> None:
        self.codes(3)
        (first,) = self.mailed()
        self.unlock(first)
        self.codes(4)
        (second,) = self.mailed()
        self.assertEqual(self.unlock(first).json()["code"], "link-invalid")
        self.assertEqual(self.unlock(second).status_code, 204)

    def test_it_opens_the_account_from_everywhere(self) -> None:
        for number in range(6):
            self.codes(1, address=f"203.0.113.{number}")
        (token,) = self.mailed()
        self.unlock(token)
        self.assertEqual(self.log_in(PASSWORD, address=THERE).status_code, 200)

    def test_other_tokens_and_old_ones_open_nothing(self) -> None:
        self.codes(3)
        (token,) = self.mailed()
        for wrong in (PASSWORD_RESET.make(self.user), "x", token[:-1]):
            self.assertEqual(self.unlock(wrong).json()["code"], "link-invalid")
        self.assertEqual(self.unlock("").status_code, 400)
        with time_machine.travel(timezone.now() + timedelta(days=1, seconds=2)):
            self.assertEqual(self.unlock(token).json()["code"], "link-invalid")

    def test_a_password_reset_by_mail_opens_it_too(self) -> None:
        self.codes(3)
        new = "another-way-home-88"
        body = {"token": PASSWORD_RESET.make(self.user), "password": new}
        self.client.post("/api/user/password/reset/confirm/", body)
        self.assertEqual(self.log_in(new).status_code, 200)

    def test_nobody_gets_no_mail(self) -> None:
        self.codes(4, email="nobody@example.com")
        self.assertEqual(self.mailed(), [])


class PurgeTests(LockTestCase):
    """users.services.tries.purge_tries"""

    def test_what_is_quiet_goes_once_no_mail_of_it_works(self) -> None:
        moment = timezone.now()
        with time_machine.travel(moment, tick=False):
            self.codes(3)
            token = UNLOCK.make(self.user)
            forget_tries(self.user)  # as a first link does
        with time_machine.travel(moment + timedelta(hours=47), tick=False):
            self.assertEqual(purge_tries(), 0)
            self.assertFalse(UNLOCK.check_token(self.user, token))
        with time_machine.travel(moment + timedelta(days=3), tick=False):
            self.assertEqual(purge_tries(), 3)


class CheckTests(TestCase):
    """users.checks.check_locks"""

    def test_every_setting_is_a_rate_or_empty(self) -> None:
        for name in LOCKS:
            with override_settings(**{name: "often"}):
                self.assertEqual([each.id for each in check_locks()], ["users.E002"])
            with override_settings(**{name: ""}):
                self.assertEqual(check_locks(), [])

    def test_without_any_nothing_is_counted(self) -> None:
        with override_settings(**dict.fromkeys(LOCKS, "")):
            answer = self.client.post(
                "/api/user/login/",
                {"email": "nobody@example.com", "password": "x"},
                content_type="application/json",
            )
        self.assertEqual(answer.status_code, 401)
        self.assertEqual(SignInTries.objects.count(), 0)


class OneDoorTests(SimpleTestCase):
    """Where passwords are checked"""

    def test_nobody_checks_a_password_uncounted(self) -> None:
        checks = re.compile(r"(?<![.\w])authenticate\(|\.check_password\(")
        found = {
            str(path.relative_to(settings.BASE_DIR))
            for app in APPS
            for path in (settings.BASE_DIR / app).rglob("*.py")
            if checks.search(re.sub(r"def \w+\(", "", path.read_text()))
        }
        counted = {"users/services/tries.py", "users/services/passwords.py"}
        self.assertEqual(found, counted)


class LockRaceTests(TransactionTestCase):
    """Passwords tried by many at once"""

    def guess(self, calls: list[dict[str, object]]) -> list[str]:
        """Return what each try of every process came to; ten of each."""
        outcomes = race("tests.users.calls.guess", calls)
        self.assertEqual([each.error for each in outcomes], [None] * len(calls))
        return [code for each in outcomes for code in each.value]

    def test_exactly_as_many_are_checked_as_are_allowed(self) -> None:
        UserFactory(email="ada@example.com")
        for email in ("ada@example.com", "nobody@example.com"):
            codes = self.guess([{"email": email, "address": HERE}] * 8)
            self.assertEqual(codes.count("credentials-invalid"), 10, email)
            self.assertEqual(codes.count("sign-in-locked"), 70, email)
        told = OutboxMessage.objects.filter(topic="user.sign_in_locked")
        self.assertEqual(told.count(), 2)

    def test_a_client_address_is_counted_across_accounts(self) -> None:
        calls = [
            {"email": f"u{n}@example.com", "address": HERE, "limit": "25/hour"}
            for n in range(8)
        ]
        codes = self.guess(calls)
        self.assertEqual(codes.count("credentials-invalid"), 25)

    def test_an_account_is_counted_across_client_addresses(self) -> None:
        calls = [
            {"email": "a@example.com", "address": f"203.0.113.{n}", "limit": "25/hour"}
            for n in range(8)
        ]
        codes = self.guess(calls)
        self.assertEqual(codes.count("credentials-invalid"), 25)

    def test_a_link_works_once_however_often_it_is_sent(self) -> None:
        user = UserFactory(email="ada@example.com")
        self.guess([{"email": "ada@example.com", "address": HERE}])
        token = UNLOCK.make(user)
        outcomes = race("tests.users.calls.unlock", [{"token": token}] * 6)
        codes = sorted(each.code or "" for each in outcomes)
        self.assertEqual(codes, [""] + ["link-invalid"] * 5)
