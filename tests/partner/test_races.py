from django.test import TransactionTestCase

from catalogue.models import ProductListing, ProductSummary
from partner.selectors import find_discrepancies
from tests.catalogue.factories import ProductFactory, VariantFactory
from tests.partner.factories import PartnerFactory, StockRecordFactory
from tests.processes import race

PRODUCTS = 20


class SellOutTests(TransactionTestCase):
    """Two processes sell the last unit of two variants of one product at once."""

    def test_lists_show_that_nothing_is_left(self) -> None:
        partner = PartnerFactory()
        pairs: list[list[int]] = []
        for _ in range(PRODUCTS):
            product = ProductFactory()
            pairs.append(
                [
                    StockRecordFactory(
                        variant=VariantFactory(product=product),
                        partner=partner,
                        num_in_stock=1,
                    ).pk
                    for _ in range(2)
                ]
            )

        outcomes = race(
            "tests.partner.racers.sell",
            [
                {"stock_records": list(records), "source": f"order:{number}"}
                for number, records in enumerate(zip(*pairs, strict=True))
            ],
        )

        self.assertEqual([outcome.value for outcome in outcomes], [PRODUCTS] * 2)
        self.assertEqual(ProductSummary.objects.filter(in_stock=True).count(), 0)
        self.assertEqual(ProductListing.objects.filter(in_stock=True).count(), 0)
        self.assertEqual(find_discrepancies(), [])
