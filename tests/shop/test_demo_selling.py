from decimal import Decimal

from django.test import TestCase, override_settings

from address.destinations import Destination
from basket.quotes import make_quote
from basket.requests import LineRequest, QuoteRequest
from promotions.models import Voucher, VoucherCounter
from shipping.models import ShippingMethod, ShippingRate, ShippingZone
from shipping.offers import Parcel
from shipping.selectors import shipping_offers
from shop.demo.selling import load_selling
from tax.models import TaxClass, TaxRate
from tax.selectors import tax_table
from tests.orders.factories import VariantFactory, make_offer

MODELS = (TaxClass, TaxRate, ShippingZone, ShippingMethod, ShippingRate, Voucher)


class LoadSellingTests(TestCase):
    """shop.demo.selling.load_selling"""

    def counts(self) -> list[int]:
        return [model.objects.count() for model in MODELS]

    def test_a_second_load_changes_nothing(self) -> None:
        load_selling()
        first = self.counts()
        self.assertEqual(first, [2, 24, 4, 3, 14, 3])
        self.assertEqual(VoucherCounter.objects.count(), 3)
        load_selling()
        self.assertEqual(self.counts(), first)

    def test_what_staff_have_set_up_stays(self) -> None:
        TaxClass.objects.create(code="own", name="Own")
        ShippingMethod.objects.create(code="own", name="Own")
        load_selling()
        self.assertEqual(self.counts(), [1, 0, 0, 1, 0, 3])

    def test_rates_are_those_of_the_page(self) -> None:
        load_selling()
        table = tax_table(["DE", "US"])
        self.assertEqual(table.rate(None, Destination("DE")), Decimal("0.19"))
        self.assertEqual(table.rate(None, Destination("US")), 0)

    def test_shipping_is_that_of_the_page(self) -> None:
        load_selling()
        every = ("standard", "express", "pick-up")
        for country, postcode, value, grams, *prices in (
            ("DE", "25849", 10, 100, "9.90"),
            ("DE", "10119", 10, 100, "4.90", "9.90", "3.90"),
            ("AT", "1010", 50, 2001, "0", "14.90", "0"),
            ("FR", "75001", 60, 2001, "12.90", "29.90"),
            ("US", "20500", 60, 2000, "14.90"),
        ):
            with self.subTest(country=country, postcode=postcode):
                parcel = Parcel(Decimal(value), grams)
                offers = shipping_offers(Destination(country, postcode), parcel)
                self.assertEqual(
                    {offer.code: offer.price for offer in offers},
                    dict(zip(every, map(Decimal, prices), strict=False)),
                )

    def test_its_vouchers_work(self) -> None:
        load_selling()
        record = make_offer(price="30.00", variant=VariantFactory(weight_grams=110))
        for codes, total in (
            (("welcome10",), "30.90"),
            (("fiveoff",), "28.90"),
            (("freeship", "welcome10"), "27.00"),
        ):
            with self.subTest(codes=codes):
                quote = make_quote(
                    QuoteRequest(
                        lines=(LineRequest(record.variant_id, 1),),
                        country="AT",
                        postcode="1010",
                        vouchers=codes,
                    )
                )
                self.assertEqual(quote.totals.total_amount, Decimal(total))

    @override_settings(SHOP_CURRENCY="JPY")
    def test_amounts_are_the_currencys(self) -> None:
        load_selling()
        prices = set(ShippingRate.objects.values_list("price", "currency"))
        self.assertIn((Decimal(5), "JPY"), prices)
        self.assertTrue(all(price == int(price) for price, _ in prices))
