from unittest import TestCase

from django.test import SimpleTestCase, override_settings

from custom.ids import new_public_id
from orders.guests import guest_token, is_guest_token
from orders.numbers import new_number


class NewNumberTests(TestCase):
    """orders.numbers.new_number"""

    def test_a_thousand_numbers_differ_and_are_never_ids(self) -> None:
        numbers = {new_number() for _ in range(1000)}
        self.assertEqual(len(numbers), 1000)
        for number in numbers:
            self.assertRegex(number, r"^SO-[0-9A-HJKMNP-TV-Z]{13}$")


class GuestTokenTests(SimpleTestCase):
    """orders.guests"""

    def test_a_token_opens_its_own_order_only(self) -> None:
        mine, other = new_public_id(), new_public_id()
        token = guest_token(mine)
        self.assertRegex(token, "^[0-9a-f]{64}$")
        self.assertIs(is_guest_token(mine, token), True)
        self.assertIs(is_guest_token(other, token), False)
        self.assertIs(is_guest_token(mine, token[:-1] + "é"), False)
        self.assertIs(is_guest_token(mine, ""), False)

    def test_it_depends_on_the_secret_key_or_a_former_one(self) -> None:
        mine = new_public_id()
        with override_settings(SECRET_KEY="old"):
            token = guest_token(mine)
        self.assertIs(is_guest_token(mine, token), False)
        with override_settings(SECRET_KEY_FALLBACKS=["old"]):
            self.assertIs(is_guest_token(mine, token), True)
