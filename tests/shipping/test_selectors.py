from collections.abc import Callable
from decimal import Decimal

from django.db import IntegrityError
from django.test import TestCase

from address.destinations import Destination
from custom.transactions import run_in_transaction
from shipping.errors import NotShippedError, ShippingMethodError
from shipping.offers import Estimate, Parcel, ShippingOffer
from shipping.selectors import pick_shipping, shipping_offers
from tests.shipping.factories import make_method, make_rate, make_zone

VIENNA = Destination("AT", "1010")
PARCEL = Parcel(value=Decimal("19.80"), weight_grams=500)


def prices(
    destination: Destination = VIENNA, parcel: Parcel = PARCEL
) -> list[tuple[str, Decimal]]:
    offers = shipping_offers(destination, parcel)
    return [(offer.code, offer.price) for offer in offers]


class ShippingOffersTests(TestCase):
    """shipping.selectors.shipping_offers"""

    def test_an_offer_tells_all_of_its_method(self) -> None:
        make_rate(method=make_method(min_days=2, max_days=4))
        self.assertEqual(
            shipping_offers(VIENNA, PARCEL),
            [
                ShippingOffer(
                    code="standard",
                    name="Standard",
                    price=Decimal("4.90"),
                    currency="EUR",
                    estimate=Estimate(2, 4),
                    tax_class_id=None,
                )
            ],
        )

    def test_the_cheapest_comes_first_then_the_lower_position(self) -> None:
        zone = make_zone()
        for code, price, position in (
            ("express", "9.90", 0),
            ("late", "4.90", 2),
            ("early", "4.90", 1),
        ):
            make_rate(zone, make_method(code, position=position), price)
        self.assertEqual([code for code, _ in prices()], ["early", "late", "express"])

    def test_only_the_first_zone_that_holds_the_place_counts(self) -> None:
        method, express = make_method(), make_method("express")
        islands = make_zone("DE", postcodes="2599*\n\n 25 849 ", position=1)
        germany = make_zone("DE", position=2)
        world = make_zone(position=3)
        make_rate(islands, method, "9.90")
        make_rate(germany, method, "4.90")
        make_rate(germany, express, "8.90")
        make_rate(world, method, "14.90")
        for postcode, country, found in (
            ("25999", "DE", [("standard", Decimal("9.90"))]),
            ("25849", "DE", [("standard", Decimal("9.90"))]),
            (
                "10119",
                "DE",
                [("standard", Decimal("4.90")), ("express", Decimal("8.90"))],
            ),
            ("25999", "FR", [("standard", Decimal("14.90"))]),
        ):
            with self.subTest(postcode=postcode, country=country):
                self.assertEqual(prices(Destination(country, postcode)), found)

    def test_spelling_of_a_postcode_does_not_matter(self) -> None:
        make_rate(make_zone("GB", postcodes="bt1 *"), price="1.00")
        self.assertEqual(len(prices(Destination("GB", "BT1 1AA"))), 1)
        self.assertEqual(len(prices(Destination("GB", "bt11aa"))), 1)
        self.assertEqual(len(prices(Destination("GB", "SW1A 1AA"))), 0)

    def test_nothing_goes_to_a_zone_without_rates(self) -> None:
        make_zone("AT", position=0)
        make_rate(make_zone(position=1))
        self.assertEqual(prices(), [])
        self.assertEqual(len(prices(Destination("FR"))), 1)

    def test_bands_of_weight_include_both_ends(self) -> None:
        zone, method = make_zone(), make_method()
        make_rate(zone, method, "4.90", max_weight_grams=2000)
        make_rate(zone, method, "6.90", min_weight_grams=2001, max_weight_grams=9000)
        for grams, price in (
            (0, "4.90"),
            (2000, "4.90"),
            (2001, "6.90"),
            (9000, "6.90"),
        ):
            with self.subTest(grams=grams):
                parcel = Parcel(Decimal(1), grams)
                self.assertEqual(prices(parcel=parcel), [("standard", Decimal(price))])
        self.assertEqual(prices(parcel=Parcel(Decimal(1), 9001)), [])

    def test_bands_of_value_include_both_ends(self) -> None:
        zone, method = make_zone(), make_method()
        make_rate(zone, method, "6.90", max_value=Decimal("29.99"))
        make_rate(zone, method, "3.90", min_value=Decimal(30), max_value=Decimal(90))
        for value, price in (("29.99", "6.90"), ("30.00", "3.90"), ("90", "3.90")):
            with self.subTest(value=value):
                parcel = Parcel(Decimal(value), 0)
                self.assertEqual(prices(parcel=parcel), [("standard", Decimal(price))])
        self.assertEqual(prices(parcel=Parcel(Decimal("90.01"), 0)), [])

    def test_of_several_rates_that_fit_the_lowest_counts(self) -> None:
        zone, method = make_zone(), make_method()
        for price in ("5.90", "4.90", "6.90"):
            make_rate(zone, method, price)
        self.assertEqual(prices(), [("standard", Decimal("4.90"))])

    def test_a_parcel_may_go_free(self) -> None:
        make_rate(free_from=Decimal(50))
        for value, price in (("49.99", "4.90"), ("50", "0")):
            with self.subTest(value=value):
                parcel = Parcel(Decimal(value), 0)
                self.assertEqual(prices(parcel=parcel), [("standard", Decimal(price))])

    def test_what_is_switched_off_or_foreign_is_not_offered(self) -> None:
        zone = make_zone()
        make_rate(zone, make_method("off", is_active=False))
        make_rate(zone, make_method("dollars"), currency="USD")
        self.assertEqual(prices(), [])

    def test_one_query_however_many_rates(self) -> None:
        for number in range(5):
            make_rate(make_zone("AT"), make_method(f"method-{number}"))
            with self.assertNumQueries(1):
                prices()


class PickShippingTests(TestCase):
    """shipping.selectors.pick_shipping"""

    def pick(self, code: str = "", country: str = "AT") -> str | None:
        with self.assertNumQueries(1):
            offer = pick_shipping(Destination(country), PARCEL, code)
        return offer and offer.code

    def test_a_shop_without_zones_ships_nothing(self) -> None:
        self.assertIsNone(self.pick())

    def test_the_cheapest_or_the_one_named(self) -> None:
        zone = make_zone()
        make_rate(zone, make_method(), "4.90")
        make_rate(zone, make_method("express"), "9.90")
        self.assertEqual(self.pick(), "standard")
        self.assertEqual(self.pick("express"), "express")

    def test_nothing_goes_there(self) -> None:
        make_rate(make_zone("AT"))
        with self.assertRaises(NotShippedError) as caught:
            self.pick(country="FR")
        self.assertEqual(caught.exception.code, "not-shipped")

    def test_a_method_that_does_not_go_there_is_named_beside_those_that_do(
        self,
    ) -> None:
        make_rate(make_zone("AT"))
        with self.assertRaises(ShippingMethodError) as caught:
            self.pick("express")
        self.assertEqual(caught.exception.code, "shipping-method-unavailable")
        self.assertEqual(
            caught.exception.extra,
            {
                "errors": [
                    {
                        "pointer": "#/shipping_method",
                        "code": "shipping-method-unavailable",
                        "detail": "This is not sent that way.",
                    }
                ],
                "methods": ["standard"],
            },
        )

    def test_a_shop_without_zones_knows_no_method(self) -> None:
        with self.assertRaises(ShippingMethodError):
            self.pick("express")


class ShippingTableTests(TestCase):
    """What the database itself refuses"""

    def refuse(self, constraint: str, make: Callable[[], object]) -> None:
        with self.assertRaisesMessage(IntegrityError, constraint):
            run_in_transaction(make)

    def test_days_out_of_order(self) -> None:
        for days in ({"min_days": 3, "max_days": 2}, {"min_days": 3}):
            self.refuse("days_in_order", lambda days=days: make_method(**days))

    def test_bands_out_of_order(self) -> None:
        weights = {"min_weight_grams": 2, "max_weight_grams": 1}
        self.refuse("weights_in_order", lambda: make_rate(**weights))
        values = {"min_value": 2, "max_value": 1}
        self.refuse("values_in_order", lambda: make_rate(**values))

    def test_a_negative_price(self) -> None:
        self.refuse("no_amount_negative", lambda: make_rate(price="-1"))
