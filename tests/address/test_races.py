from django.test import TransactionTestCase

from address.models import MAX_ADDRESSES, Address
from tests.address.factories import AddressFactory
from tests.processes import race
from tests.users.factories import UserFactory

PROCESSES = 4
TIMES = 10


class BookRaceTests(TransactionTestCase):
    """Four processes and one book"""

    def test_racing_defaults_leave_one_of_each(self) -> None:
        user = UserFactory()
        book = AddressFactory.create_batch(PROCESSES, user=user)
        calls = [
            {"owner": user.pk, "address": str(each.public_id), "times": TIMES}
            for each in book
        ]
        outcomes = race("tests.address.racers.make_default", calls)
        self.assertEqual([each.error for each in outcomes], [None] * PROCESSES)
        (default,) = Address.objects.filter(is_default_shipping=True)
        self.assertEqual(Address.objects.get(is_default_billing=True), default)
        self.assertGreaterEqual(default.version, 1 + TIMES)

    def test_racing_adds_do_not_pass_the_limit(self) -> None:
        user = UserFactory()
        AddressFactory.create_batch(MAX_ADDRESSES - 1, user=user)
        calls = [{"owner": user.pk}] * PROCESSES
        outcomes = race("tests.address.racers.add", calls)
        self.assertCountEqual(
            [each.code for each in outcomes],
            [None] + ["address-book-full"] * (PROCESSES - 1),
        )
        self.assertEqual(Address.objects.count(), MAX_ADDRESSES)
