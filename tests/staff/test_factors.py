import io
import time

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, TestCase, TransactionTestCase, override_settings

from staff import secrets
from tests.processes import race
from tests.staff.codes import STEP, code_at, enrol, recovery_codes
from tests.users.factories import UserFactory
from users.models import User


class SecretTests(SimpleTestCase):
    """What the database holds of a secret"""

    def test_it_is_read_again_and_never_the_same(self) -> None:
        once, again = secrets.encrypt("secret"), secrets.encrypt("secret")
        self.assertNotEqual(once, again)
        self.assertNotIn("secret", once)
        self.assertEqual(secrets.decrypt(once), "secret")

    def test_keys_of_the_setting_come_before_the_secret_key(self) -> None:
        old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
        derived = secrets.encrypt("secret")
        with override_settings(STAFF_MFA_KEYS=[old]):
            kept = secrets.encrypt("secret")
            with self.assertRaises(InvalidToken):
                secrets.decrypt(derived)
        with override_settings(STAFF_MFA_KEYS=[new, old]):
            self.assertEqual(secrets.decrypt(kept), "secret")
        with override_settings(STAFF_MFA_KEYS=[new]), self.assertRaises(InvalidToken):
            secrets.decrypt(kept)


class ResetCommandTests(TestCase):
    """A lost factor, when no superuser is left who could reset it"""

    def test_it_takes_the_factor_and_the_sessions_away(self) -> None:
        user = UserFactory(email="root@example.com", is_staff=True)
        enrol(user)
        self.client.force_login(user)
        told = io.StringIO()
        call_command("staff", "reset", "Root@example.com", stdout=told)
        self.assertFalse(Authenticator.objects.exists())
        self.assertEqual(self.client.get("/admin/").status_code, 302)
        self.assertIn("enrols anew", told.getvalue())

    def test_an_unknown_address_is_told(self) -> None:
        with self.assertRaises(CommandError):
            call_command("staff", "reset", "nobody@example.com")


class SpendingRaceTests(TransactionTestCase):
    """One code, at the same time in several processes"""

    def test_a_code_of_an_app_works_once(self) -> None:
        user = UserFactory(is_staff=True)
        enrol(user)
        # Of the next step: it counts until the one after is over.
        code = code_at(time.time() + STEP)
        self.assertEqual(self.count_right(user, code), 1)

    def test_a_recovery_code_works_once(self) -> None:
        user = UserFactory(is_staff=True)
        enrol(user)
        self.assertEqual(self.count_right(user, recovery_codes(user)[0]), 1)

    def test_exactly_as_many_are_looked_at_as_are_allowed(self) -> None:
        user = UserFactory(is_staff=True)
        enrol(user)
        outcomes = race("tests.staff.racers.guess_codes", [{"user": user.pk}] * 4)
        self.assertEqual([outcome.error for outcome in outcomes], [None] * 4)
        self.assertEqual(sum(sum(outcome.value) for outcome in outcomes), 7)

    def count_right(self, user: User, code: str) -> int:
        calls = [{"user": user.pk, "code": code}] * 4
        outcomes = race("tests.staff.racers.spend", calls)
        self.assertEqual([outcome.error for outcome in outcomes], [None] * 4)
        return sum(outcome.value for outcome in outcomes)
