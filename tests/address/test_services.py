from django.db import IntegrityError
from django.test import TestCase

from address.errors import AddressFormatError
from address.services import change_address
from custom.transactions import run_in_transaction
from tests.address.factories import AddressFactory
from tests.users.factories import UserFactory


class ChangeTests(TestCase):
    """Changes of one address"""

    def test_two_changes_that_do_not_fit_together(self) -> None:
        address = AddressFactory()
        with self.assertRaises(AddressFormatError) as refused:
            change_address(address.user_id, address.public_id, {"country": "DE"})
        (error,) = refused.exception.extra["errors"]
        self.assertEqual((error["pointer"], error["code"]), ("#/postcode", "invalid"))
        address.refresh_from_db()
        self.assertEqual((address.country, address.version), ("AT", 1))


class ConstraintTests(TestCase):
    """What the database itself refuses"""

    def assert_refused(self, **fields: object) -> None:
        with self.assertRaises(IntegrityError):
            run_in_transaction(lambda: AddressFactory(**fields))

    def test_a_second_default_of_an_account(self) -> None:
        for name in ("is_default_shipping", "is_default_billing"):
            with self.subTest(name):
                first = AddressFactory(**{name: True})
                AddressFactory(**{name: True})  # of another account
                AddressFactory.create_batch(2, user=first.user)
                self.assert_refused(user=first.user, **{name: True})

    def test_a_default_is_true_or_null(self) -> None:
        for name in ("is_default_shipping", "is_default_billing"):
            with self.subTest(name):
                self.assert_refused(user=UserFactory(), **{name: False})
