from unittest import mock

from basket.holders import new_guest
from basket.models import Basket, BasketLine
from custom.models import IdempotencyKey
from partner.models import Partner
from tests.basket.api.calls import BasketTestCase
from tests.orders.factories import VariantFactory, make_offer
from tests.users.factories import UserFactory


class AddLineTests(BasketTestCase):
    """POST /api/basket/line/"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = make_offer(num_in_stock=5)
        cls.variant = cls.record.variant_id
        cls.user = UserFactory()

    def post(self, **fields: object) -> object:
        return self.call("post", "line/", {"variant": self.variant} | fields)

    def assert_nothing_stored(self) -> None:
        self.assertEqual(Basket.objects.count(), 0)
        self.assertEqual(IdempotencyKey.objects.count(), 0)

    def test_the_whole_basket_is_answered(self) -> None:
        answer = self.post(quantity=2)
        self.assertEqual(answer.status_code, 201)
        self.assertEqual(answer.json(), self.call("get").json())
        self.assertEqual(answer["ETag"], self.call("get")["ETag"])
        self.assertEqual(answer["X-Basket-Token"], answer.json()["token"])

    def test_the_same_again_sums(self) -> None:
        self.add(self.variant, 2)
        basket = self.add(self.variant, 3)
        self.assertEqual([line["quantity"] for line in basket["lines"]], [5])
        self.assertEqual(basket["version"], 2)

    def test_another_offer_is_another_line(self) -> None:
        other = make_offer(price="12.00", variant=self.record.variant)
        self.add(self.variant, 1)
        self.add(self.variant, 1, offer=other.pk)
        basket = self.add(self.variant, 1, offer=other.pk)
        self.assertEqual(
            [(line["quantity"], line["unit_price"]) for line in basket["lines"]],
            [(1, "9.90"), (2, "12.00")],
        )
        self.assertEqual(basket["subtotal"], "33.90")

    def test_lines_of_one_offer_share_what_there_is(self) -> None:
        self.add(self.variant, 3)
        basket = self.add(self.variant, 3, offer=self.record.pk)
        for line in basket["lines"]:
            (warning,) = line["warnings"]
            self.assertEqual(warning["code"], "insufficient-stock")
            self.assertEqual(warning["detail"], "5 of 6 are available.")
        self.assertEqual(
            [line["line_total"] for line in basket["lines"]], ["29.70"] * 2
        )
        self.assertEqual(basket["subtotal"], "59.40")

    def test_an_account_fills_its_own_basket(self) -> None:
        self.client.force_authenticate(self.user)
        self.add(self.variant)
        self.assertEqual(Basket.objects.get().user, self.user)

    def test_bad_bodies(self) -> None:
        for fields, *faults in (
            ({}, ("#/quantity", "required")),
            ({"quantity": 0}, ("#/quantity", "min-value")),
            ({"quantity": 10_000}, ("#/quantity", "max-value")),
            ({"quantity": "x"}, ("#/quantity", "invalid")),
            ({"quantity": 1, "variant": 0}, ("#/variant", "min-value")),
            ({"quantity": 1, "offer": -1}, ("#/offer", "min-value")),
            ({"quantity": 1, "qty": 1}, ("#/qty", "unknown-field")),
        ):
            with self.subTest(fields):
                self.assert_faults(self.post(**fields), *faults)
        self.assert_nothing_stored()

    def test_what_nobody_sells_is_refused(self) -> None:
        hidden = make_offer(variant=VariantFactory(is_public=False)).variant_id
        other = make_offer().pk
        for fields in ({"variant": 2**62}, {"variant": hidden}, {"offer": other}):
            with self.subTest(fields):
                answer = self.post(quantity=1, **fields)
                problem = self.assert_problem(answer, 422, "not-for-sale")
                self.assertEqual(
                    [error["pointer"] for error in problem["errors"]], ["#/variant"]
                )
        Partner.objects.update(is_active=False)
        self.assert_problem(self.post(quantity=1), 422, "not-for-sale")
        self.assert_nothing_stored()

    def test_a_line_has_a_largest_quantity(self) -> None:
        self.add(self.variant, 9_999)
        problem = self.assert_problem(self.post(quantity=1), 422, "quantity-too-large")
        self.assertEqual(problem["most"], 9_999)
        self.assertEqual(problem["errors"][0]["pointer"], "#/quantity")
        self.assertEqual(BasketLine.objects.get().quantity, 9_999)
        self.assert_untouched(version=1)

    def test_a_basket_has_a_largest_number_of_lines(self) -> None:
        self.add(self.variant)
        other = make_offer().variant_id
        with mock.patch("basket.services.lines.MAX_LINES", 1):
            self.add(self.variant)
            answer = self.post(variant=other, quantity=1)
        problem = self.assert_problem(answer, 422, "basket-full")
        self.assertEqual(problem["errors"][0]["pointer"], "#/variant")
        self.assert_untouched(version=2)

    def test_a_repeated_request_adds_once(self) -> None:
        body = {"variant": self.variant, "quantity": 2}
        key = {"Idempotency-Key": "k"}
        first = self.client.post("/api/basket/line/", body, headers=key)
        again = self.client.post("/api/basket/line/", body, headers=key)
        self.assertEqual((first.status_code, again.status_code), (201, 201))
        self.assertEqual(again.json(), first.json())
        self.assertEqual(again["X-Basket-Token"], first["X-Basket-Token"])
        self.assertEqual(again["Idempotent-Replayed"], "true")
        self.assertNotIn("Idempotent-Replayed", first)
        self.assertEqual(BasketLine.objects.get().quantity, 2)
        other = self.client.post(
            "/api/basket/line/", body | {"quantity": 3}, headers=key
        )
        self.assert_problem(other, 422, "idempotency-key-reused")

    def test_guests_do_not_share_keys(self) -> None:
        for _ in range(2):
            answer = self.call(
                "post",
                "line/",
                {"variant": self.variant, "quantity": 1},
                **{"Idempotency-Key": "k", "X-Basket-Token": new_guest().token},
            )
            self.assertNotIn("Idempotent-Replayed", answer)
        self.assertEqual(Basket.objects.count(), 2)


class ChangeLineTests(BasketTestCase):
    """PATCH and DELETE /api/basket/line/{id}/"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.variant = make_offer().variant_id

    def setUp(self) -> None:
        self.line = self.add(self.variant, 2)["lines"][0]["id"]
        self.path = f"line/{self.line}/"

    def test_units_are_set(self) -> None:
        answer = self.call("patch", self.path, {"quantity": 7})
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json(), self.call("get").json())
        self.assertEqual(answer.json()["lines"][0]["quantity"], 7)
        self.assertEqual(answer.json()["version"], 2)

    def test_a_line_is_taken_out(self) -> None:
        answer = self.call("delete", self.path)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["lines"], [])
        self.assertEqual(BasketLine.objects.count(), 0)

    def test_bad_bodies(self) -> None:
        for body, *faults in (
            ({}, ("#/quantity", "required")),
            ({"quantity": 0}, ("#/quantity", "min-value")),
            ({"quantity": 1, "variant": 1}, ("#/variant", "unknown-field")),
        ):
            with self.subTest(body):
                self.assert_faults(self.call("patch", self.path, body), *faults)
        self.assert_untouched(version=1)

    def test_strangers_find_nothing(self) -> None:
        for stranger in (new_guest().token, "nonsense"):
            headers = {"X-Basket-Token": stranger}
            for method, body in (("patch", {"quantity": 1}), ("delete", None)):
                with self.subTest(method):
                    answer = self.call(method, self.path, body, **headers)
                    self.assert_problem(answer, 404, "not-found")
        self.client.force_authenticate(UserFactory())
        self.add(self.variant)
        answer = self.call("delete", self.path)
        self.assert_problem(answer, 404, "not-found")
        self.assertEqual(BasketLine.objects.get(pk=self.line).quantity, 2)

    def test_a_line_that_is_not_there(self) -> None:
        for number in (self.line + 1, 2**64):
            with self.subTest(number):
                answer = self.call("delete", f"line/{number}/")
                self.assert_problem(answer, 404, "not-found")

    def test_a_stale_client_is_refused(self) -> None:
        tag = self.call("get")["ETag"]
        self.add(self.variant)
        headers = {"If-Match": tag}
        for method, body in (("patch", {"quantity": 1}), ("delete", None)):
            with self.subTest(method):
                answer = self.call(method, self.path, body, **headers)
                self.assert_problem(answer, 412, "precondition-failed")
        self.assert_untouched(version=2)
        fresh = {"If-Match": f'"x", {self.call("get")["ETag"]}'}
        answer = self.call("patch", self.path, {"quantity": 1}, **fresh)
        self.assertEqual(answer.status_code, 200)
