from django.test import TransactionTestCase

from basket.holders import holder_of_user, new_guest
from basket.models import Basket, BasketLine
from basket.requests import LineRequest
from basket.selectors import contents_of, show_basket
from basket.services import add_line
from tests.orders.factories import make_offer
from tests.processes import race
from tests.users.factories import UserFactory

PROCESSES = 8


class BasketRaceTests(TransactionTestCase):
    """Eight processes and one basket"""

    def assert_all_went_well(self, outcomes: list[object]) -> None:
        self.assertEqual([outcome.error for outcome in outcomes], [None] * PROCESSES)

    def test_racing_first_adds_open_one_basket_and_sum_exactly(self) -> None:
        variants = [make_offer().variant_id for _ in range(3)]
        for holder in (holder_of_user(UserFactory()), new_guest()):
            with self.subTest(holder.key[:5]):
                calls = [
                    {
                        "holder": holder.key,
                        "variants": variants if at % 2 else variants[::-1],
                        "times": 4,
                    }
                    for at in range(PROCESSES)
                ]
                self.assert_all_went_well(race("tests.basket.racers.add", calls))
                basket = Basket.objects.get(holder=holder.key)
                quantities = basket.lines.values_list("variant", "quantity")
                self.assertEqual(
                    dict(quantities), dict.fromkeys(variants, 4 * PROCESSES)
                )
                self.assertEqual(basket.version, 3 * 4 * PROCESSES)

    def test_a_double_sign_in_merges_once(self) -> None:
        record, user, guest = make_offer(num_in_stock=50), UserFactory(), new_guest()
        add_line(guest, LineRequest(record.variant_id, 3))
        add_line(holder_of_user(user), LineRequest(record.variant_id, 2))
        call = {"guest": guest.key, "user_id": user.pk}
        outcomes = race("tests.basket.racers.merge", [call] * PROCESSES)
        self.assert_all_went_well(outcomes)
        self.assertEqual(sum(outcome.value for outcome in outcomes), 1)
        (line,) = show_basket(holder_of_user(user)).lines
        self.assertEqual(line.quantity, 5)

    def test_a_basket_becomes_one_order(self) -> None:
        guest = new_guest()
        add_line(guest, LineRequest(make_offer().variant_id, 1))
        contents_of(guest)
        call = {"holder": guest.key}
        outcomes = race("tests.basket.racers.close", [call] * PROCESSES)
        codes = sorted(outcome.code or "" for outcome in outcomes)
        self.assertEqual(codes[0], "")
        self.assertLessEqual(set(codes[1:]), {"basket-changed", "empty-basket"})
        self.assertEqual(BasketLine.objects.get().basket.state, "ordered")
