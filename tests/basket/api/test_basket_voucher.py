from datetime import timedelta
from unittest import mock

from django.utils import timezone

from basket.holders import new_guest
from basket.models import Basket, BasketVoucher
from promotions.models import Voucher, VoucherCounter
from tests.basket.api.calls import BasketTestCase
from tests.custom.throttling.limits import FreshLimits
from tests.orders.factories import make_offer
from tests.promotions.factories import make_voucher
from tests.users.factories import UserFactory


class AddVoucherTests(FreshLimits, BasketTestCase):
    """POST /api/basket/voucher/"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.variant = make_offer(price="10.00").variant_id
        cls.voucher = make_voucher("TENTH", percent=10)

    def setUp(self) -> None:
        super().setUp()
        self.add(self.variant, 2)

    def use(self, code: object = "TENTH") -> object:
        return self.call("post", "voucher/", {"code": code})

    def assert_refused(self, answer: object, status: int, code: str) -> None:
        problem = self.assert_problem(answer, status, code)
        self.assertEqual(
            [(each["pointer"], each["code"]) for each in problem["errors"]],
            [("#/code", code)],
        )

    def test_a_voucher_counts_at_once(self) -> None:
        answer = self.use(" tenth ")
        self.assertEqual(answer.status_code, 201, answer.content)
        basket = answer.json()
        self.assertEqual(
            basket["vouchers"], [{"code": "TENTH", "discount": "2.00", "warnings": []}]
        )
        self.assertEqual(basket["discount_amount"], "2.00")
        self.assertEqual(basket["total_amount"], "18.00")
        self.assertEqual(basket, self.call("get").json())

    def test_the_same_again_changes_nothing(self) -> None:
        self.use()
        self.assertEqual(self.use("Tenth").status_code, 201)
        self.assertEqual(BasketVoucher.objects.count(), 1)
        self.assert_untouched(version=2)

    def test_a_useless_one_is_refused(self) -> None:
        yesterday = timezone.now() - timedelta(days=1)
        make_voucher("OLD", ends_at=yesterday)
        make_voucher("LATER", starts_at=timezone.now() + timedelta(days=1))
        make_voucher("RICH", minimum_subtotal=21)
        make_voucher("GONE", max_uses=1)
        VoucherCounter.objects.filter(voucher__code="GONE").update(num_used=1)
        for code, status, problem in (
            ("NOSUCH", 422, "voucher-unknown"),
            ("OLD", 422, "voucher-expired"),
            ("LATER", 422, "voucher-not-started"),
            ("RICH", 422, "voucher-minimum"),
            ("GONE", 409, "voucher-used-up"),
        ):
            with self.subTest(code):
                self.assert_refused(self.use(code), status, problem)
        self.assert_untouched(version=1)
        self.assertEqual(BasketVoucher.objects.count(), 0)

    def test_an_exclusive_one_stays_alone(self) -> None:
        make_voucher("ONLY", is_exclusive=True)
        self.use("ONLY")
        self.assert_refused(self.use(), 422, "voucher-not-combinable")
        self.call("delete", "voucher/only/")
        self.use()
        self.assert_refused(self.use("ONLY"), 422, "voucher-not-combinable")

    def test_one_that_counts_no_longer_says_why(self) -> None:
        self.use()
        Voucher.objects.update(ends_at=timezone.now())
        basket = self.call("get").json()
        (shown,) = basket["vouchers"]
        self.assertEqual(shown["discount"], "0.00")
        self.assertEqual(
            [each["code"] for each in shown["warnings"]], ["voucher-expired"]
        )
        self.assertEqual(basket["total_amount"], "20.00")
        make_voucher("FRESH", percent=50)
        self.assertEqual(self.use("FRESH").json()["total_amount"], "10.00")

    def test_an_empty_basket_takes_one(self) -> None:
        self.token = new_guest().token
        answer = self.use()
        self.assertEqual(answer.status_code, 201)
        self.assertEqual(answer.json()["vouchers"][0]["discount"], "0.00")

    def test_bad_bodies(self) -> None:
        for body, fault in (
            ({}, ("#/code", "required")),
            ({"code": ""}, ("#/code", "blank")),
            ({"code": "x" * 65}, ("#/code", "max-length")),
            ({"code": "x", "cod": "y"}, ("#/cod", "unknown-field")),
        ):
            with self.subTest(body):
                self.assert_faults(self.call("post", "voucher/", body), fault)
        self.assert_untouched(version=1)

    def test_a_basket_has_a_largest_number_of_vouchers(self) -> None:
        make_voucher("OTHER")
        with mock.patch("basket.services.vouchers.MAX_VOUCHERS", 1):
            self.use()
            problem = self.assert_problem(self.use("OTHER"), 422, "basket-full")
        self.assertEqual(problem["errors"][0]["pointer"], "#/code")
        self.assert_untouched(version=2)

    def test_tries_are_limited(self) -> None:
        with self.settings(RATE_VOUCHER="2/min,3/min"):
            statuses = [self.use("NOSUCH").status_code for _ in range(4)]
        self.assertIn(429, statuses)


class RemoveVoucherTests(BasketTestCase):
    """DELETE /api/basket/voucher/{code}/"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.variant = make_offer(price="10.00").variant_id
        make_voucher("TENTH", percent=10)

    def setUp(self) -> None:
        self.add(self.variant, 2)
        self.call("post", "voucher/", {"code": "TENTH"})

    def test_a_voucher_is_taken_out(self) -> None:
        answer = self.call("delete", "voucher/tenth/")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["vouchers"], [])
        self.assertEqual(answer.json()["total_amount"], "20.00")

    def test_one_that_is_not_there(self) -> None:
        self.assert_problem(self.call("delete", "voucher/OTHER/"), 404, "not-found")
        self.assert_untouched(version=2)

    def test_strangers_find_nothing(self) -> None:
        stranger = {"X-Basket-Token": new_guest().token}
        answer = self.call("delete", "voucher/TENTH/", **stranger)
        self.assert_problem(answer, 404, "not-found")
        self.client.force_authenticate(UserFactory())
        answer = self.call("delete", "voucher/TENTH/")
        self.assert_problem(answer, 404, "not-found")
        self.assertEqual(BasketVoucher.objects.count(), 1)

    def test_a_stale_client_is_refused(self) -> None:
        tag = self.call("get")["ETag"]
        self.add(self.variant)
        answer = self.call("delete", "voucher/TENTH/", **{"If-Match": tag})
        self.assert_problem(answer, 412, "precondition-failed")
        self.assertEqual(Basket.objects.get().version, 3)
