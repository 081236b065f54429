from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APITestCase

from basket.holders import holder_of_user, new_guest
from basket.requests import LineRequest
from basket.services import add_line, add_voucher
from tests.orders.factories import VariantFactory, make_offer
from tests.promotions.factories import Kind, make_voucher
from tests.shipping.factories import make_method, make_rate, make_zone
from tests.users.factories import UserFactory


class ShippingListTests(APITestCase):
    """GET /api/shipping/"""

    url = "/api/shipping/"

    @classmethod
    def setUpTestData(cls) -> None:
        cls.variant = VariantFactory(weight_grams=600)
        make_offer(variant=cls.variant, price="20.00")
        zone = make_zone("AT", postcodes="1*", position=0)
        cls.method = make_method(min_days=2, max_days=3)
        make_rate(zone, cls.method, "4.90", max_weight_grams=1000)
        make_rate(zone, cls.method, "6.90", min_weight_grams=1001, free_from=50)
        make_rate(make_zone(position=1), make_method("express"), "12.00")

    def get(self, headers: dict[str, str] | None = None, **query: object) -> object:
        return self.client.get(
            self.url, {"country": "AT", "postcode": "1010"} | query, headers=headers
        )

    def prices(self, answer: object) -> list[tuple[str, str]]:
        self.assertEqual(answer.status_code, 200, answer.content)
        return [(row["code"], row["price"]) for row in answer.json()["results"]]

    def test_variants_may_be_named(self) -> None:
        answer = self.get(variant=self.variant.pk)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(
            answer.json(),
            {
                "results": [
                    {
                        "code": "standard",
                        "name": "Standard",
                        "price": "4.90",
                        "currency": "EUR",
                        "estimate": {"min_days": 2, "max_days": 3},
                    }
                ]
            },
        )
        self.assertEqual(answer["Cache-Control"], "private, no-store")

    def test_a_variant_named_twice_is_sent_twice(self) -> None:
        pk = self.variant.pk
        self.assertEqual(
            self.prices(self.get(variant=f"{pk},{pk}")), [("standard", "6.90")]
        )
        self.assertEqual(
            self.prices(self.get(variant=f"{pk},{pk},{pk}")), [("standard", "0.00")]
        )

    def test_the_place_decides(self) -> None:
        answer = self.get(variant=self.variant.pk, postcode="8010")
        self.assertEqual(self.prices(answer), [("express", "12.00")])
        self.assertIsNone(answer.json()["results"][0]["estimate"])
        answer = self.get(variant=self.variant.pk, country="fr", postcode="")
        self.assertEqual(self.prices(answer), [("express", "12.00")])

    def test_a_guests_basket(self) -> None:
        guest = new_guest()
        add_line(guest, LineRequest(self.variant.pk, 2))
        answer = self.get({"X-Basket-Token": guest.token})
        self.assertEqual(self.prices(answer), [("standard", "6.90")])

    def test_a_users_basket_less_its_discounts(self) -> None:
        user = UserFactory()
        add_line(holder_of_user(user), LineRequest(self.variant.pk, 3))
        make_voucher("NINE", amount=9)
        make_voucher("TWO", amount=2)
        make_voucher("FREE", kind=Kind.FREE_SHIPPING)
        self.client.force_authenticate(user)
        for code, price in (("NINE", "0.00"), ("TWO", "6.90"), ("FREE", "6.90")):
            add_voucher(holder_of_user(user), code)
            with self.subTest(code=code):
                self.assertEqual(self.prices(self.get()), [("standard", price)])

    def test_nobodys_basket_is_a_strangers(self) -> None:
        add_line(new_guest(), LineRequest(self.variant.pk, 2))
        for headers in ({}, {"X-Basket-Token": new_guest().token}):
            answer = self.get(headers)
            self.assertEqual(answer.status_code, 422)
            self.assertEqual(answer.json()["code"], "empty-basket")

    def test_a_basket_of_which_nothing_is_for_sale(self) -> None:
        guest = new_guest()
        add_line(guest, LineRequest(self.variant.pk, 2))
        self.variant.is_public = False
        self.variant.save()
        answer = self.get({"X-Basket-Token": guest.token})
        self.assertEqual(answer.json()["code"], "empty-basket")

    @override_settings(SHOP_COUNTRIES=["AT", "FR"])
    def test_bad_parameters_are_named(self) -> None:
        for query, name, code in (
            ({"country": ""}, "country", "blank"),
            ({"country": "AUT"}, "country", "max-length"),
            ({"country": "XX"}, "country", "unknown-country"),
            ({"country": "DE"}, "country", "not-shipped-to"),
            ({"variant": "a"}, "variant", "invalid"),
            ({"variant": "1;2"}, "variant", "invalid"),
            ({"variant": ",".join(["1"] * 101)}, "variant", "too-many"),
            ({"postcode": "1" * 17}, "postcode", "max-length"),
            ({"nonsense": "1"}, "nonsense", "unknown-parameter"),
        ):
            with self.subTest(query=query):
                answer = self.get(**query)
                self.assertEqual(answer.status_code, 400)
                (error,) = answer.json()["errors"]
                self.assertEqual(error["pointer"], f"#/query/{name}")
                self.assertEqual(error["code"], code)

    def test_a_country_must_be_named(self) -> None:
        answer = self.client.get(self.url, {"variant": self.variant.pk})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(answer.json()["errors"][0]["pointer"], "#/query/country")

    def test_what_is_not_for_sale_is_refused(self) -> None:
        for variant in ("999999", f"{self.variant.pk},999999"):
            answer = self.get(variant=variant)
            self.assertEqual(answer.status_code, 422)
            self.assertEqual(answer.json()["code"], "not-for-sale")
            (error,) = answer.json()["errors"]
            self.assertEqual(error["pointer"], "#/query/variant")

    def test_fields_may_be_picked(self) -> None:
        answer = self.get(variant=self.variant.pk, fields="code")
        self.assertEqual(answer.json(), {"results": [{"code": "standard"}]})

    def test_nothing_goes_there(self) -> None:
        self.method.rates.all().delete()
        self.assertEqual(self.prices(self.get(variant=self.variant.pk)), [])

    def test_queries_do_not_grow_with_variants_or_rates(self) -> None:
        pks = [make_offer(price="1.00").variant_id for _ in range(25)]
        counts = []
        for number in (1, 5, 25):
            make_rate(make_zone("AT"), make_method(f"method-{number}"))
            guest = new_guest()
            for pk in pks[:number]:
                add_line(guest, LineRequest(pk, 1))
            with CaptureQueriesContext(connection) as named:
                self.get(variant=",".join(map(str, pks[:number])))
            with CaptureQueriesContext(connection) as basket:
                self.get({"X-Basket-Token": guest.token})
            counts.append((len(named), len(basket)))
        # offers, variants and rates; the basket, its lines and its vouchers
        self.assertEqual(counts, [(3, 5)] * 3)

    @override_settings(SHOP_CURRENCY="JPY")
    def test_amounts_have_the_currencys_own_places(self) -> None:
        record = make_offer(price="1200", currency="JPY")
        make_rate(make_zone("FR"), self.method, "800", currency="JPY")
        answer = self.get(variant=record.variant_id, country="FR", postcode="")
        self.assertEqual(self.prices(answer), [("standard", "800")])
