from cryptography.fernet import Fernet
from django.core.checks import run_checks
from django.test import SimpleTestCase, override_settings

from staff.checks import check_second_factor


class SecondFactorCheckTests(SimpleTestCase):
    """Settings of the second factor"""

    def ids(self) -> list[str | None]:
        return [message.id for message in check_second_factor()]

    def test_it_is_among_the_checks(self) -> None:
        with override_settings(STAFF_MFA_RATE="often"):
            found = [message.id for message in run_checks()]
        self.assertIn("staff.E002", found)

    def test_good_settings_pass(self) -> None:
        with override_settings(STAFF_MFA_KEYS=[Fernet.generate_key().decode()]):
            self.assertEqual(self.ids(), [])

    @override_settings(STAFF_MFA_KEYS=["short"])
    def test_a_key_that_is_none_is_told_without_showing_it(self) -> None:
        (message,) = check_second_factor()
        self.assertEqual(message.id, "staff.E001")
        self.assertNotIn("short", message.msg)

    @override_settings(STAFF_MFA_RATE="often")
    def test_a_rate_that_is_none_is_told(self) -> None:
        self.assertEqual(self.ids(), ["staff.E002"])
