from decimal import Decimal

from django.test import TestCase, override_settings

from address.destinations import Destination
from tax.models import TaxClass, TaxRate
from tax.selectors import tax_table
from tests.tax.factories import make_tax_class


@override_settings(SHOP_TAX_RATE="0.5", SHOP_HOME_COUNTRY="AT")
class TaxTableTests(TestCase):
    """tax.selectors.tax_table"""

    def rate(
        self, tax_class: TaxClass | None, country: str = "", region: str = ""
    ) -> Decimal:
        with self.assertNumQueries(1):
            table = tax_table([country])
            pk = tax_class.pk if tax_class else None
            return table.rate(pk, Destination(country, region=region))

    def test_without_any_rate_the_setting_applies(self) -> None:
        self.assertEqual(self.rate(None, "AT"), Decimal("0.5"))
        self.assertEqual(self.rate(make_tax_class(), "AT"), Decimal("0.5"))

    def test_no_class_means_the_default_one(self) -> None:
        standard = make_tax_class(AT="20", DE="19")
        make_tax_class("reduced", AT="10", DE="7")
        self.assertEqual(self.rate(None, "DE"), Decimal("0.19"))
        self.assertEqual(self.rate(standard, "DE"), Decimal("0.19"))

    def test_a_class_has_rates_of_its_own(self) -> None:
        make_tax_class(AT="20", DE="19")
        reduced = make_tax_class("reduced", AT="10", DE="7")
        self.assertEqual(self.rate(reduced, "DE"), Decimal("0.07"))

    def test_a_region_is_one_by_any_of_its_names(self) -> None:
        goods = make_tax_class(US="0")
        for region, percent in (("CA", "7.25"), ("new york", "4")):
            TaxRate.objects.create(
                tax_class=goods, country="US", region=region, percent=Decimal(percent)
            )
        for region, rate in (
            ("CA", "0.0725"),
            ("California", "0.0725"),
            ("california", "0.0725"),
            ("NY", "0.04"),
            ("TX", "0"),
            ("", "0"),
        ):
            with self.subTest(region):
                self.assertEqual(self.rate(goods, "US", region), Decimal(rate))

    def test_anywhere_else_counts_where_the_country_has_no_rate(self) -> None:
        reduced = make_tax_class(AT="10", other="3")
        self.assertEqual(self.rate(reduced, "CH"), Decimal("0.03"))

    def test_a_class_without_any_rate_there_bears_the_defaults(self) -> None:
        make_tax_class(CH="8.1", other="0")
        reduced = make_tax_class("reduced", AT="10")
        self.assertEqual(self.rate(reduced, "CH"), Decimal("0.081"))

    def test_a_regions_own_rate_counts_first(self) -> None:
        standard = make_tax_class(US="0")
        TaxRate.objects.create(
            tax_class=standard, country="US", region="New York", percent=Decimal(4)
        )
        self.assertEqual(self.rate(None, "US", "new york"), Decimal("0.04"))
        self.assertEqual(self.rate(None, "US", "Texas"), 0)
        self.assertEqual(self.rate(None, "US"), 0)

    def test_an_unknown_country_is_the_shops_own(self) -> None:
        make_tax_class(AT="20", other="0")
        self.assertEqual(self.rate(None), Decimal("0.2"))
