from django.test import TestCase

from address.models import Address
from address.services import change_address, remove_address
from custom.history import recorded
from custom.history.reading import values_of, versions_of
from custom.history.reverting import deleted_of, recover, revert
from tests.address.factories import AddressFactory


class AddressTests(TestCase):
    """address.history"""

    def setUp(self) -> None:
        with recorded("Made."):
            self.address = AddressFactory(is_default_shipping=True)

    def test_parts_go_back_and_defaults_stay(self) -> None:
        first = versions_of(Address, self.address.pk).get()
        change_address(
            self.address.user_id,
            self.address.public_id,
            {"city": "Graz", "is_default_shipping": False},
        )
        revert(first)
        self.address.refresh_from_db()
        self.assertEqual(self.address.city, "Wien")
        self.assertIsNone(self.address.is_default_shipping)

    def test_the_default_that_is_replaced_is_recorded_too(self) -> None:
        other = AddressFactory(user=self.address.user, is_default_billing=True)
        for each, name in (
            (self.address, "is_default_billing"),
            (other, "is_default_shipping"),
        ):
            change_address(each.user_id, each.public_id, {name: True})
        self.address.refresh_from_db()
        self.assertEqual(
            (self.address.is_default_shipping, self.address.version), (None, 3)
        )
        last = versions_of(Address, self.address.pk)[0]
        self.assertIsNone(values_of(last)["is_default_shipping"])
        self.assertIs(values_of(last)["is_default_billing"], True)
        self.assertEqual(last.revision, versions_of(Address, other.pk)[0].revision)

    def test_a_deleted_one_comes_back_as_no_default(self) -> None:
        pk, public_id = self.address.pk, self.address.public_id
        remove_address(self.address.user_id, public_id)
        recover(deleted_of(Address).get())
        stored = Address.objects.get(pk=pk)
        self.assertEqual(stored.public_id, public_id)
        self.assertIsNone(stored.is_default_shipping)
