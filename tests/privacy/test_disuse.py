from datetime import timedelta

import time_machine
from django.core import mail
from django.test import TestCase, override_settings
from django.utils import timezone

from tests.orders.stories import run_outbox
from tests.privacy.people import EMAIL
from tests.users.factories import PASSWORD, UserFactory, create_key, create_token
from users.links import ERASURE
from users.models import ApiKey, AuthToken, Erasure, User
from users.selectors import unused_accounts
from users.services import (
    advance_erasures,
    log_in,
    request_erasure,
    start_erasure,
    warn_unused,
    withdraw_erasure,
)

LONG_AGO = timedelta(days=3 * 365 + 1)


@override_settings(
    RETENTION_ACCOUNT_YEARS=3, RETENTION_NOTICE_DAYS=30, ERASURE_SETTLE_SECONDS=0
)
class DisuseTests(TestCase):
    """Accounts that nobody uses any more"""

    def setUp(self) -> None:
        self.then = timezone.now() - LONG_AGO
        self.user = UserFactory(
            email=EMAIL, date_joined=self.then, last_login=self.then
        )

    def test_their_owners_are_warned_and_then_they_are_erased(self) -> None:
        self.assertEqual(warn_unused(), 1)
        self.assertEqual(warn_unused(), 0)
        erasure = Erasure.objects.get()
        self.assertTrue(erasure.is_for_disuse)
        run_outbox()
        (sent,) = mail.outbox
        self.assertEqual(sent.to, [EMAIL])
        for text in (sent.body, sent.alternatives[0][0]):
            self.assertIn("nobody has used your account", text)
            self.assertIn(ERASURE.make(erasure), text)
        with time_machine.travel(timezone.now() + timedelta(days=29)):
            self.assertEqual(advance_erasures(), 0)
        with time_machine.travel(timezone.now() + timedelta(days=31)):
            self.assertEqual(advance_erasures(), 1)
        self.user.refresh_from_db()
        self.assertTrue(self.user.is_erased)
        with time_machine.travel(timezone.now() + 2 * LONG_AGO):
            self.assertFalse(unused_accounts().exists())

    def test_who_never_signed_in_counts_from_the_registration(self) -> None:
        User.objects.update(last_login=None)
        self.assertEqual(list(unused_accounts()), [self.user])
        User.objects.update(date_joined=timezone.now())
        self.assertFalse(unused_accounts().exists())

    def test_every_use_counts(self) -> None:
        create_key(self.user)
        ApiKey.objects.update(last_used_at=self.then)
        self.assertEqual(list(unused_accounts()), [self.user])
        ApiKey.objects.update(last_used_at=timezone.now())
        self.assertFalse(unused_accounts().exists())
        ApiKey.objects.update(last_used_at=self.then)
        for column in ("is_staff", "is_superuser"):
            User.objects.update(**{column: True})
            self.assertFalse(unused_accounts().exists())
            User.objects.update(**{column: False})
        User.objects.update(last_login=timezone.now())
        self.assertFalse(unused_accounts().exists())

    def test_a_device_that_was_signed_out_has_been_used(self) -> None:
        secret = self.signed_in_long_ago()
        self.use(secret)
        AuthToken.objects.all().delete()
        self.assertFalse(unused_accounts().exists())

    def test_to_use_a_device_keeps_the_account_though_it_is_signed_out(self) -> None:
        secret = self.signed_in_long_ago()
        warn_unused()
        self.use(secret)
        AuthToken.objects.all().delete()
        with time_machine.travel(timezone.now() + timedelta(days=31)):
            self.assertEqual(advance_erasures(), 0)
        self.assertEqual(Erasure.objects.get().state, "withdrawn")

    def signed_in_long_ago(self) -> str:
        """Sign a device in; return the secret, which opens the account still."""
        _token, secret = create_token(self.user)
        AuthToken.objects.update(last_used_at=self.then)
        return secret

    def use(self, secret: str) -> None:
        headers = {"Authorization": f"Token {secret}"}
        answer = self.client.get("/api/user/me/", headers=headers)
        self.assertEqual(answer.status_code, 200)

    def test_to_sign_in_keeps_the_account(self) -> None:
        warn_unused()
        log_in(email=EMAIL, password=PASSWORD)
        with time_machine.travel(timezone.now() + timedelta(days=31)):
            self.assertEqual(advance_erasures(), 0)
        self.user.refresh_from_db()
        self.assertTrue(self.user.is_active)
        self.assertEqual(Erasure.objects.get().state, "withdrawn")

    def test_so_does_the_mails_token_and_nobody_is_warned_again_soon(self) -> None:
        warn_unused()
        withdraw_erasure(ERASURE.make(Erasure.objects.get()))
        self.assertEqual(warn_unused(), 0)
        with time_machine.travel(timezone.now() + LONG_AGO):
            self.assertEqual(warn_unused(), 1)

    def test_a_wish_of_the_owner_is_not_undone_by_signing_in(self) -> None:
        warn_unused()
        log_in(email=EMAIL, password=PASSWORD)
        self.user.refresh_from_db()
        erasure = request_erasure(self.user, password=PASSWORD, address="192.0.2.1")
        self.assertEqual(Erasure.objects.get(), erasure)
        self.assertFalse(Erasure.objects.get().is_for_disuse)
        self.assertEqual((erasure.due_at - erasure.asked_at).days, 14)
        with time_machine.travel(timezone.now() + timedelta(days=15)):
            self.assertEqual(advance_erasures(), 1)

    def test_a_wish_that_is_open_stays_what_it_is(self) -> None:
        erasure = start_erasure(self.user)
        self.assertEqual(warn_unused(), 0)
        erasure.refresh_from_db()
        self.assertFalse(erasure.is_for_disuse)

    @override_settings(RETENTION_ACCOUNT_YEARS=0)
    def test_it_can_be_turned_off(self) -> None:
        self.assertEqual(warn_unused(), 0)
