from decimal import Decimal

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from basket.holders import guest_of_token, new_guest
from basket.models import Basket, BasketLine
from catalogue.models import Variant
from orders.models import Order
from partner.services import adjust_stock, update_stock_record
from tests.basket.api.calls import BasketTestCase
from tests.catalogue.factories import ProductImageFactory
from tests.orders.factories import ADDRESS, VariantFactory, make_offer
from tests.users.factories import UserFactory

NO_TOTALS = {
    "subtotal": "0.00",
    "discount_amount": "0.00",
    "shipping_amount": "0.00",
    "included_tax": "0.00",
    "additional_tax": "0.00",
    "total_amount": "0.00",
}


class ShowBasketTests(BasketTestCase):
    """GET /api/basket/"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = make_offer(
            num_in_stock=5, variant=VariantFactory(sku="DVD-1", title="DVD")
        )
        cls.variant = cls.record.variant_id
        cls.user = UserFactory()

    def warnings(self) -> list[dict[str, object]]:
        (line,) = self.call("get").json()["lines"]
        return line["warnings"]

    def test_a_new_guest_is_shown_an_empty_basket_and_a_token(self) -> None:
        answer = self.call("get")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(
            answer.json(),
            {
                "token": self.token,
                "version": 0,
                "currency": "EUR",
                "lines": [],
                "vouchers": [],
            }
            | NO_TOTALS,
        )
        self.assertEqual(answer["Cache-Control"], "private, no-store")
        self.assertEqual(Basket.objects.count(), 0)
        again = self.call("get")
        self.assertEqual(again.json()["token"], answer.json()["token"])

    def test_the_whole_basket(self) -> None:
        image = ProductImageFactory(product=self.record.variant.product)
        self.add(self.variant, 2)
        answer = self.call("get").json()
        line = BasketLine.objects.get()
        (shown,) = answer["lines"]
        self.assertEqual(shown["image"]["id"], image.pk)
        self.assertEqual(
            shown["image"]["url"], f"http://testserver/media/{image.file.name}"
        )
        del shown["image"]
        self.assertEqual(
            answer,
            {
                "token": self.token,
                "version": 1,
                "currency": "EUR",
                "lines": [
                    {
                        "id": line.pk,
                        "variant": self.variant,
                        "sku": "DVD-1",
                        "title": "Metropolis - DVD",
                        "quantity": 2,
                        "unit_price": "9.90",
                        "line_total": "19.80",
                        "warnings": [],
                    }
                ],
                "vouchers": [],
            }
            | NO_TOTALS
            | {"subtotal": "19.80", "included_tax": "3.30", "total_amount": "19.80"},
        )

    def test_totals_are_those_of_the_order(self) -> None:
        other = make_offer(price="7.77")
        self.add(self.variant, 2)
        shown = self.add(other.variant_id, 3)
        lines = [
            {"variant": line["variant"], "quantity": line["quantity"]}
            for line in shown["lines"]
        ]
        placed = self.client.post(
            "/api/order/",
            {"lines": lines, "shipping_address": ADDRESS, "email": "g@example.com"},
            headers={"Idempotency-Key": "k"},
        ).json()
        for name in ("subtotal", "discount_amount"):
            self.assertEqual(shown[name], placed[name])
        self.assertEqual(
            [line["line_total"] for line in shown["lines"]],
            [line["line_total"] for line in placed["lines"]],
        )
        self.assertEqual(Order.objects.count(), 1)

    def test_a_token_opens_its_own_basket_only(self) -> None:
        self.add(self.variant)
        mine = self.token
        for stranger in (
            new_guest().token,
            mine[:-1] + ("0" if mine[-1] != "0" else "1"),
            mine.upper(),
            "é",
            "",
        ):
            with self.subTest(stranger):
                answer = self.call("get", **{"X-Basket-Token": stranger})
                self.assertEqual(answer.status_code, 200)
                self.assertEqual(answer.json()["lines"], [])
                self.assertNotEqual(answer.json()["token"], mine)
        self.assertNotIn(mine[:32], str(Basket.objects.values_list("public_id")))
        self.assertNotIn(mine[32:], str(Basket.objects.values()))

    def test_an_account_has_a_basket_without_token(self) -> None:
        self.client.force_authenticate(self.user)
        self.add(self.variant)
        answer = self.call("get")
        self.assertNotIn("X-Basket-Token", answer)
        self.assertIsNone(answer.json()["token"])
        self.assertEqual(len(answer.json()["lines"]), 1)
        self.client.force_authenticate(UserFactory())
        self.assertEqual(self.call("get").json()["lines"], [])

    def test_a_bad_credential_is_refused(self) -> None:
        answer = self.call("get", Authorization="Token nonsense")
        self.assert_problem(answer, 401, "token-invalid")

    def test_a_price_that_moved_is_told_until_the_line_is_written(self) -> None:
        self.add(self.variant, 2)
        update_stock_record(self.record.pk, price=Decimal("8.50"))
        self.assertEqual(
            self.warnings(),
            [
                {
                    "code": "price-changed",
                    "detail": "The price has changed from 9.90 to 8.50 EUR.",
                    "old_price": "9.90",
                    "new_price": "8.50",
                }
            ],
        )
        self.assertEqual(self.call("get").json()["total_amount"], "17.00")
        line = BasketLine.objects.get().pk
        self.call("patch", f"line/{line}/", {"quantity": 2})
        self.assertEqual(self.warnings(), [])

    def test_what_is_short_or_gone_is_told(self) -> None:
        self.add(self.variant, 3)
        adjust_stock(self.record.pk, num_in_stock=2, source="a")
        (warning,) = self.warnings()
        self.assertEqual(warning["code"], "insufficient-stock")
        self.assertEqual(warning["num_available"], 2)
        adjust_stock(self.record.pk, num_in_stock=0, source="b")
        (warning,) = self.warnings()
        self.assertEqual(warning["code"], "out-of-stock")
        self.assertEqual(warning["num_available"], 0)
        adjust_stock(self.record.pk, num_in_stock=0, backorder=True, source="c")
        self.assertEqual(self.warnings(), [])

    def test_what_is_not_for_sale_counts_for_nothing(self) -> None:
        other = make_offer(price="5.00")
        self.add(self.variant, 2)
        self.add(other.variant_id)
        Variant.objects.filter(pk=self.variant).update(is_public=False)
        answer = self.call("get").json()
        hidden, shown = answer["lines"]
        self.assertEqual(
            [warning["code"] for warning in hidden["warnings"]], ["not-for-sale"]
        )
        self.assertEqual(hidden["unit_price"], "9.90")
        self.assertEqual(hidden["line_total"], "0.00")
        self.assertEqual(shown["line_total"], "5.00")
        self.assertEqual(answer["total_amount"], "5.00")

    def test_the_tag_changes_with_the_basket_and_with_what_it_costs(self) -> None:
        self.add(self.variant)
        first = self.call("get")
        self.assertEqual(self.call("get")["ETag"], first["ETag"])
        again = self.call("get", **{"If-None-Match": first["ETag"]})
        self.assertEqual(again.status_code, 304)
        update_stock_record(self.record.pk, price=Decimal("8.50"))
        dearer = self.call("get", **{"If-None-Match": first["ETag"]})
        self.assertEqual(dearer.status_code, 200)
        self.assertNotEqual(dearer["ETag"], first["ETag"])

    def test_query_count_does_not_grow_with_lines(self) -> None:
        counts = []
        for lines in (1, 4, 20):
            for _ in range(lines):
                record = make_offer()
                ProductImageFactory(product=record.variant.product)
                basket = Basket.objects.first()
                if basket is None:
                    self.add(record.variant_id)
                    continue
                BasketLine.objects.create(
                    basket=basket,
                    variant_id=record.variant_id,
                    quantity=1,
                    seen_price=record.price,
                    currency="EUR",
                )
            with CaptureQueriesContext(connection) as queries:
                answer = self.call("get")
            counts.append(len(queries))
        self.assertEqual(len(answer.json()["lines"]), 25)
        self.assertEqual(counts, counts[:1] * 3)

    def test_fields_and_unknown_parameters(self) -> None:
        answer = self.call("get", "?fields=version,lines")
        self.assertEqual(answer.json(), {"version": 0, "lines": []})
        self.assert_faults(
            self.call("get", "?nonsense=1"), ("#/query/nonsense", "unknown-parameter")
        )


class ClearBasketTests(BasketTestCase):
    """DELETE /api/basket/"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.variant = make_offer().variant_id

    def test_everything_is_taken_out(self) -> None:
        self.add(self.variant)
        answer = self.call("delete")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["lines"], [])
        self.assertEqual(answer.json()["version"], 2)
        self.assertEqual(BasketLine.objects.count(), 0)

    def test_a_basket_that_is_not_there_is_empty_already(self) -> None:
        answer = self.call("delete")
        self.assertEqual((answer.status_code, answer.json()["version"]), (200, 0))
        self.assertEqual(Basket.objects.count(), 0)

    def test_a_stale_client_is_refused(self) -> None:
        self.add(self.variant)
        tag = self.call("get")["ETag"]
        self.add(self.variant)
        answer = self.call("delete", **{"If-Match": tag})
        self.assert_problem(answer, 412, "precondition-failed")
        self.assert_untouched(version=2)
        now = self.call("get")["ETag"]
        self.assertEqual(
            self.call("delete", **{"If-Match": f"W/{now}"}).status_code, 200
        )

    def test_a_stranger_empties_nothing(self) -> None:
        self.add(self.variant)
        self.call("delete", **{"X-Basket-Token": new_guest().token})
        self.assertEqual(BasketLine.objects.count(), 1)


class TokenTests(BasketTestCase):
    """X-Basket-Token"""

    def test_a_token_stays_from_basket_to_basket(self) -> None:
        self.add(make_offer().variant_id)
        token = self.token
        Basket.objects.update(state="merged", holder=None)
        self.assertEqual(self.call("get").json()["lines"], [])
        self.add(make_offer().variant_id)
        self.assertEqual(self.token, token)
        self.assertEqual(Basket.objects.count(), 2)

    def test_tokens_of_a_former_secret_key_go_on_working(self) -> None:
        token = new_guest().token
        former = settings.SECRET_KEY
        with self.settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[]):
            self.assertIsNone(guest_of_token(token))
        with self.settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[former]):
            self.assertIsNotNone(guest_of_token(token))
