from decimal import Decimal

from django.test import TestCase, override_settings

from basket.items import choose_items
from basket.quotes import Quote, make_quote, offer_shipping, price_items
from basket.requests import LineRequest, QuoteRequest
from custom.errors import DomainError
from shipping.offers import ShippingOffer
from tests.orders.factories import VariantFactory, make_offer
from tests.promotions.factories import Kind, make_voucher
from tests.shipping.factories import make_method, make_rate, make_zone
from tests.tax.factories import make_tax_class


class MakeQuoteTests(TestCase):
    """basket.quotes.make_quote"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.standard = make_tax_class(AT="20", DE="19")
        cls.reduced = make_tax_class("reduced", AT="10", DE="7")
        cls.film = make_offer(price="12.00", variant=VariantFactory(weight_grams=100))
        cls.book = make_offer(price="11.00", variant=VariantFactory(weight_grams=800))
        product = cls.book.variant.product
        product.tax_class = cls.reduced
        product.save()

    def quote(self, **options: object) -> Quote:
        lines = (
            LineRequest(self.film.variant_id, 1),
            LineRequest(self.book.variant_id, 2),
        )
        return make_quote(QuoteRequest(lines=lines, **{"country": "AT"} | options))

    def refuse(self, code: str, **options: object) -> None:
        with self.assertRaises(DomainError) as caught:
            self.quote(**options)
        self.assertEqual(caught.exception.code, code)

    def make_shipping(self) -> None:
        zone = make_zone("AT")
        method = make_method()
        make_rate(zone, method, "4.80", max_weight_grams=1000)
        make_rate(zone, method, "6.00", min_weight_grams=1001)
        express = make_method("express", tax_class=self.standard)
        make_rate(zone, express, "9.60")

    def test_the_included_tax_follows_the_destination_and_the_price_stays(self) -> None:
        for country, taxes in (
            ("AT", ("2.00", "2.00")),
            ("DE", ("1.92", "1.44")),
            ("", ("2.00", "2.00")),
        ):
            with self.subTest(country=country):
                totals = self.quote(country=country).totals
                self.assertEqual(totals.total_amount, Decimal("34.00"))
                self.assertEqual(totals.line_taxes, tuple(map(Decimal, taxes)))
                self.assertEqual(totals.included_tax, sum(totals.line_taxes))
                self.assertEqual(totals.additional_tax, 0)

    @override_settings(SHOP_PRICES_INCLUDE_TAX=False)
    def test_the_additional_tax_follows_the_destination(self) -> None:
        totals = self.quote(country="DE").totals
        self.assertEqual(totals.line_taxes, (Decimal("2.28"), Decimal("1.54")))
        self.assertEqual(totals.additional_tax, Decimal("3.82"))
        self.assertEqual(totals.total_amount, Decimal("37.82"))

    def test_the_cheapest_method_for_the_weight_is_taken(self) -> None:
        self.make_shipping()
        quote = self.quote()
        self.assertEqual(quote.shipping and quote.shipping.code, "standard")
        totals = quote.totals
        self.assertEqual(totals.shipping_amount, Decimal("6.00"))
        self.assertEqual(totals.total_amount, Decimal("40.00"))
        # 12 of 34 at a fifth and 22 of 34 at a tenth: 2.12 and 3.88 of the 6.00
        self.assertEqual(totals.shipping_tax, Decimal("0.70"))

    def test_a_method_with_a_tax_class_bears_its_own_tax(self) -> None:
        self.make_shipping()
        totals = self.quote(shipping_method="express").totals
        self.assertEqual(totals.shipping_amount, Decimal("9.60"))
        self.assertEqual(totals.shipping_tax, Decimal("1.60"))

    def test_without_a_country_shipping_is_unknown(self) -> None:
        self.make_shipping()
        quote = self.quote(country="", shipping_method="express")
        self.assertIsNone(quote.shipping)
        self.assertEqual(quote.totals.shipping_amount, 0)

    def test_where_nothing_goes(self) -> None:
        self.make_shipping()
        self.refuse("not-shipped", country="DE")
        self.refuse("shipping-method-unavailable", shipping_method="drone")

    def test_vouchers_are_listed_as_given_and_applied_in_their_own_order(self) -> None:
        self.make_shipping()
        make_voucher("FIVE", amount=5)
        make_voucher("FREE", kind=Kind.FREE_SHIPPING)
        make_voucher("TENTH", percent=10)
        quote = self.quote(vouchers=("free", "five", "tenth"))
        self.assertEqual(
            [(each.code, each.kind, each.amount) for each in quote.vouchers],
            [
                ("FREE", "free_shipping", Decimal("6.00")),
                ("FIVE", "fixed", Decimal("5.00")),
                ("TENTH", "percent", Decimal("3.40")),
            ],
        )
        totals = quote.totals
        self.assertEqual(totals.subtotal, Decimal("34.00"))
        self.assertEqual(totals.discount_amount, Decimal("8.40"))
        self.assertEqual(totals.line_discounts, (Decimal("2.96"), Decimal("5.44")))
        self.assertEqual(totals.shipping_amount, 0)
        self.assertEqual(totals.shipping_tax, 0)
        self.assertEqual(totals.total_amount, Decimal("25.60"))

    def test_a_free_parcel_is_judged_by_what_is_paid_for_the_goods(self) -> None:
        make_rate(free_from=Decimal(34))
        make_voucher(amount=1)
        self.assertEqual(self.quote().totals.shipping_amount, 0)
        totals = self.quote(vouchers=("SAVE",)).totals
        self.assertEqual(totals.shipping_amount, Decimal("4.90"))

    def test_a_refused_voucher_refuses_the_quote(self) -> None:
        self.refuse("voucher-unknown", vouchers=("NOTHING",))

    def test_a_basket_is_priced_without_the_vouchers_that_do_not_count(self) -> None:
        make_voucher("FIVE", amount=5)
        lines = (LineRequest(self.film.variant_id, 1),)
        wanted = QuoteRequest(lines=lines, vouchers=("nothing", "five"))
        quote = price_items(choose_items(lines), wanted)
        self.assertEqual(quote.totals.total_amount, Decimal("7.00"))
        self.assertEqual([each.code for each in quote.vouchers], ["FIVE"])
        self.assertEqual(
            [(each.code, each.error.code) for each in quote.refusals],
            [("NOTHING", "voucher-unknown")],
        )

    def test_all_of_it_free(self) -> None:
        self.make_shipping()
        make_voucher("ALL", percent=100)
        make_voucher("FREE", kind=Kind.FREE_SHIPPING)
        totals = self.quote(vouchers=("ALL", "FREE")).totals
        self.assertEqual(totals.total_amount, 0)
        self.assertEqual(totals.included_tax, 0)

    def test_queries_are_few_and_do_not_grow_with_lines(self) -> None:
        self.make_shipping()
        make_voucher("A")
        make_voucher("B", amount=1)
        offers = [make_offer() for _ in range(25)]
        for number in (1, 5, 25):
            lines = tuple(LineRequest(each.variant_id, 1) for each in offers[:number])
            with self.assertNumQueries(4):  # offers, variants, shipping, tax rates
                make_quote(QuoteRequest(lines=lines, country="AT"))
            with self.assertNumQueries(5):  # and vouchers
                make_quote(QuoteRequest(lines=lines, country="AT", vouchers=("A", "B")))
            with self.assertNumQueries(3):  # no shipping
                make_quote(QuoteRequest(lines=lines))

    def test_amounts_have_the_currencys_own_places(self) -> None:
        for currency, price, total in (
            ("JPY", "1200", "3200"),
            ("KWD", "1.205", "3.213"),
        ):
            with self.subTest(currency), override_settings(SHOP_CURRENCY=currency):
                record = make_offer(currency=currency, price=price)
                code = f"TENTH-{currency}"
                make_voucher(code, percent="33.33", currency=currency)
                lines = (LineRequest(record.variant_id, 4),)
                quote = make_quote(QuoteRequest(lines=lines, vouchers=(code,)))
                self.assertEqual(quote.currency, currency)
                self.assertEqual(quote.totals.total_amount, Decimal(total))


class OfferShippingTests(TestCase):
    """basket.quotes.offer_shipping"""

    def test_the_parcel_is_all_that_is_wanted(self) -> None:
        record = make_offer(price="20.00", variant=VariantFactory(weight_grams=600))
        zone, method = make_zone("AT"), make_method()
        make_rate(zone, method, "4.90", max_weight_grams=1000)
        make_rate(zone, method, "6.90", min_weight_grams=1001, free_from=Decimal(50))
        for quantity, price in ((1, "4.90"), (2, "6.90"), (3, "0")):
            lines = (LineRequest(record.variant_id, quantity),)
            self.assertEqual(
                offer_shipping(
                    choose_items(lines), QuoteRequest(lines=lines, country="AT")
                ),
                [
                    ShippingOffer(
                        code="standard",
                        name="Standard",
                        price=Decimal(price),
                        currency="EUR",
                        estimate=None,
                        tax_class_id=None,
                    )
                ],
            )
