from datetime import timedelta
from itertools import chain

import time_machine
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import TestCase, TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from custom.idempotency import KeyReusedError, RequestKey
from custom.transactions import DEADLOCK
from tests.processes import race
from tests.users.factories import PASSWORD, UserFactory, create_token
from tests.users.hashers import CountingHasher
from users.errors import AccountGoneError, CredentialsInvalidError, EmailTakenError
from users.models import AuthToken, User
from users.services import (
    extend_token,
    forget_tries,
    log_in,
    log_out,
    register_user,
    update_profile,
)


class RegisterTests(TestCase):
    """users.services.register_user"""

    def test_an_account_is_stored_with_a_password_that_opens_it(self) -> None:
        user, is_replay = register_user(
            email=" Ada@Example.com ", password=PASSWORD, first_name="Ada"
        )
        stored = User.objects.get()
        self.assertEqual(user.pk, stored.pk)
        self.assertIs(is_replay, False)
        self.assertEqual(stored.email, "Ada@Example.com")
        self.assertEqual(stored.email_normalized, "ada@example.com")
        self.assertEqual((stored.first_name, stored.last_name), ("Ada", ""))
        self.assertIs(stored.check_password(PASSWORD), True)
        self.assertEqual(
            (stored.is_active, stored.is_staff, stored.is_superuser),
            (True, False, False),
        )

    def test_a_taken_address_changes_nothing(self) -> None:
        UserFactory(email="ada@example.com", first_name="First")
        before = User.objects.values().get()
        with self.assertRaises(EmailTakenError):
            register_user(
                email="ADA@example.com", password="another-1", first_name="Second"
            )
        self.assertEqual(User.objects.values().get(), before)

    def test_statements_inside_the_transaction(self) -> None:
        ContentType.objects.get_for_model(User)  # read once in a process
        with self.assertNumQueries(12):
            # savepoint, insert, read back; its groups and permissions, that it is
            # there, its revision, version, note and mark; message, release
            register_user(email="ada@example.com", password=PASSWORD)


class RegisterOnceTests(TransactionTestCase):
    """users.services.register_user with a request key"""

    @staticmethod
    def key(body: object = None) -> RequestKey:
        return RequestKey.of("k", caller="", endpoint="user.register", body=body)

    def test_a_repeated_request_finds_the_account_it_made(self) -> None:
        first = register_user(
            email="a@x.org", password=PASSWORD, request_key=self.key()
        )
        again = register_user(
            email="a@x.org", password=PASSWORD, request_key=self.key()
        )
        self.assertEqual(again.user, first.user)
        self.assertEqual((first.is_replay, again.is_replay), (False, True))
        self.assertEqual(User.objects.count(), 1)

    def test_another_body_is_refused(self) -> None:
        register_user(email="a@x.org", password=PASSWORD, request_key=self.key(1))
        with self.assertRaises(KeyReusedError):
            register_user(email="b@x.org", password=PASSWORD, request_key=self.key(2))
        self.assertEqual(User.objects.count(), 1)

    def test_a_refusal_leaves_the_key_free(self) -> None:
        UserFactory(email="a@x.org")
        with self.assertRaises(EmailTakenError):
            register_user(email="a@x.org", password=PASSWORD, request_key=self.key())
        User.objects.all().delete()
        made = register_user(email="a@x.org", password=PASSWORD, request_key=self.key())
        self.assertIs(made.is_replay, False)

    def test_an_account_deleted_since_is_named_as_gone(self) -> None:
        register_user(email="a@x.org", password=PASSWORD, request_key=self.key())
        User.objects.all().delete()
        with self.assertRaises(AccountGoneError):
            register_user(email="a@x.org", password=PASSWORD, request_key=self.key())


class RaceTests(TransactionTestCase):
    """Accounts under concurrency"""

    def test_eight_processes_register_one_address_once(self) -> None:
        spellings = ["ada@example.com", "ADA@example.com"] * 4
        outcomes = race(
            "tests.users.calls.register", [{"email": email} for email in spellings]
        )
        winners = [outcome.value for outcome in outcomes if outcome.error is None]
        self.assertEqual(len(winners), 1)
        self.assertEqual(
            [outcome.code for outcome in outcomes if outcome.error],
            ["email-taken"] * 7,
        )
        self.assertEqual(str(User.objects.get().public_id), winners[0])

    def test_log_ins_of_one_account_do_not_deadlock(self) -> None:
        user = UserFactory()
        outcomes = race(
            "tests.users.calls.sign_in",
            [{"email": user.email, "password": PASSWORD}] * 4,
        )
        self.assertEqual([outcome.error for outcome in outcomes], [None] * 4)
        # Who waits too long, on a machine that does much else, begins anew as well.
        self.assertNotIn(DEADLOCK, chain.from_iterable(each.value for each in outcomes))
        self.assertEqual(AuthToken.objects.filter(user=user).count(), 80)


class LogInTests(TestCase):
    """users.services.log_in"""

    def test_tries_are_locked_in_one_order(self) -> None:
        user = UserFactory()
        for work in (
            lambda: log_in(email=user.email, password=PASSWORD),
            lambda: forget_tries(user),
        ):
            with CaptureQueriesContext(connection) as asked:
                work()
            (changed,) = (
                query["sql"]
                for query in asked
                if query["sql"].startswith("UPDATE `users_signintries`")
                and "ORDER BY" in query["sql"]  # else by key, when a try is counted
            )
            self.assertIn("FORCE INDEX (`digest`) SET", changed)
            self.assertTrue(
                changed.endswith("ORDER BY `users_signintries`.`digest` ASC")
            )

    def test_a_device_is_signed_in(self) -> None:
        user = UserFactory(email="ada@example.com")
        token, secret = log_in(
            email="ADA@example.com", password=PASSWORD, device="phone"
        )
        stored = AuthToken.objects.get()
        self.assertEqual(
            (stored.pk, stored.user_id, stored.device), (token.pk, user.pk, "phone")
        )
        self.assertTrue(secret.startswith(stored.token_key))
        user.refresh_from_db()
        self.assertEqual(user.last_login, stored.last_used_at)

    def test_each_log_in_is_a_device_of_its_own(self) -> None:
        user = UserFactory()
        first = log_in(email=user.email, password=PASSWORD)
        second = log_in(email=user.email, password=PASSWORD)
        self.assertNotEqual(first.secret, second.secret)
        self.assertEqual(AuthToken.objects.count(), 2)

    def test_every_refusal_is_the_same(self) -> None:
        user = UserFactory()
        closed = UserFactory(is_active=False)
        for email, password in (
            (user.email, "wrong"),
            ("nobody@example.com", PASSWORD),
            (closed.email, PASSWORD),
        ):
            with self.subTest(email=email):
                with self.assertRaises(CredentialsInvalidError) as caught:
                    log_in(email=email, password=password)
                self.assertEqual(
                    caught.exception.detail, "The address or the password is not right."
                )
        self.assertEqual(AuthToken.objects.count(), 0)

    @override_settings(PASSWORD_HASHERS=["tests.users.hashers.CountingHasher"])
    def test_every_refusal_takes_as_long(self) -> None:
        user = UserFactory()
        closed = UserFactory(is_active=False)
        without_password = UserFactory(password=None)
        for email, password in (
            (user.email, "wrong"),
            ("nobody@example.com", "wrong"),
            (closed.email, PASSWORD),
            (without_password.email, "wrong"),
        ):
            with self.subTest(email=email):
                CountingHasher.runs = 0
                with self.assertRaises(CredentialsInvalidError):
                    log_in(email=email, password=password)
                self.assertEqual(CountingHasher.runs, 1)

    @override_settings(PASSWORD_HASHERS=["tests.users.hashers.ClosingHasher"])
    def test_an_account_closed_meanwhile_gets_no_token(self) -> None:
        user = UserFactory()
        with self.assertRaises(CredentialsInvalidError):
            log_in(email=user.email, password=PASSWORD)
        self.assertEqual(AuthToken.objects.count(), 0)

    @override_settings(PASSWORD_HASHERS=["tests.users.hashers.ReplacingHasher"])
    def test_a_password_that_ended_meanwhile_gets_no_token(self) -> None:
        user = UserFactory()
        with self.assertRaises(CredentialsInvalidError):
            log_in(email=user.email, password=PASSWORD)
        self.assertEqual(AuthToken.objects.count(), 0)

    def test_no_password_is_hashed_inside_a_transaction(self) -> None:
        user = UserFactory()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            log_in(email=user.email, password=PASSWORD)
        statements = [query["sql"].split()[0] for query in queries]
        self.assertEqual(
            statements,
            [
                *("SAVEPOINT", "INSERT", "SELECT", "UPDATE", "RELEASE"),  # a try
                "SELECT",  # here the password is checked
                *("SAVEPOINT", "UPDATE", "RELEASE"),  # it counts no more
                "SELECT",  # whether there is a second factor
                *("SAVEPOINT", "UPDATE", "DELETE", "INSERT", "RELEASE"),
            ],
        )

    def test_tokens_long_dead_are_dropped_and_no_others(self) -> None:
        user = UserFactory()
        now = timezone.now()
        dead, _ = create_token(user)
        expired, _ = create_token(user)
        foreign, _ = create_token()
        long_ago = now - timedelta(days=30, seconds=1)
        AuthToken.objects.filter(pk__in=[dead.pk, foreign.pk]).update(expiry=long_ago)
        AuthToken.objects.filter(pk=expired.pk).update(expiry=now)
        new = log_in(email=user.email, password=PASSWORD).token
        self.assertEqual(
            set(AuthToken.objects.values_list("pk", flat=True)),
            {expired.pk, foreign.pk, new.pk},
        )


class LogOutTests(TestCase):
    """users.services.log_out"""

    def test_other_devices_stay_signed_in(self) -> None:
        user = UserFactory()
        token, _ = create_token(user)
        other, _ = create_token(user)
        log_out(token)
        self.assertEqual(AuthToken.objects.get(), other)


class ExtendTokenTests(TestCase):
    """users.services.extend_token"""

    def test_a_use_moves_the_expiry(self) -> None:
        token, _ = create_token()
        later = token.last_used_at + timedelta(minutes=15)
        with time_machine.travel(later, tick=False):
            extend_token(token)
        token.refresh_from_db()
        self.assertEqual(token.last_used_at, later)
        self.assertEqual(token.expiry, later + timedelta(days=30))

    def test_a_use_shortly_after_writes_nothing(self) -> None:
        token, _ = create_token()
        before = AuthToken.objects.values().get()
        with time_machine.travel(token.last_used_at + timedelta(minutes=14)):
            extend_token(token)
        self.assertEqual(AuthToken.objects.values().get(), before)


class UpdateProfileTests(TestCase):
    """users.services.update_profile"""

    def test_only_what_was_named_is_written(self) -> None:
        user = UserFactory(first_name="Ada", last_name="Lovelace")
        User.objects.filter(pk=user.pk).update(last_name="King")
        update_profile(user, first_name="Augusta")
        user.refresh_from_db()
        self.assertEqual((user.first_name, user.last_name), ("Augusta", "King"))
