from django.test import TransactionTestCase

from catalogue.models import ProductListing, ProductSummary
from partner.models import StockLevel, StockMovement
from partner.selectors import find_discrepancies
from tests.catalogue.factories import ProductFactory, VariantFactory
from tests.outbox import messages
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


class CompareAndSwapTests(TransactionTestCase):
    """Several write one record, each believing that nobody else does."""

    def test_one_writer_wins(self) -> None:
        pk = StockRecordFactory(num_in_stock=100).pk
        calls = [
            {"stock_record": pk, "num_in_stock": number, "expected": 100}
            for number in range(1, 9)
        ]
        outcomes = race("tests.partner.racers.count", calls)
        (winner,) = [outcome.value for outcome in outcomes if outcome.error is None]
        self.assertEqual(
            [outcome.code for outcome in outcomes if outcome.error],
            ["stock-changed"] * 7,
        )
        level = StockLevel.objects.get(pk=pk)
        self.assertEqual(level.num_in_stock, winner)
        self.assertEqual(StockMovement.objects.filter(stock_record=pk).count(), 2)
        self.assertEqual(find_discrepancies(), [])

    def test_bulks_and_sales_leave_the_ledger_right(self) -> None:
        partner = PartnerFactory()
        records = StockRecordFactory.create_batch(20, partner=partner, num_in_stock=100)
        pks = [record.pk for record in records]
        skus = [record.partner_sku for record in records]
        calls = [
            {
                "name": "write_rows",
                "partner": partner.pk,
                "rows": [{"partner_sku": sku, "num_in_stock": units} for sku in order],
                "source": f"import:{units}",
            }
            for units, order in ((90, skus), (80, skus[::-1]))
        ] + [
            {"name": "sell_many", "stock_record": pk, "times": 5, "seller": number}
            for number, pk in enumerate((pks[0], pks[0], pks[19], pks[19]))
        ]
        outcomes = race("tests.partner.racers.act", calls)
        self.assertEqual(
            [outcome.value for outcome in outcomes], [["updated"] * 20] * 2 + [5] * 4
        )
        level = StockLevel.objects.get(pk=pks[0])
        self.assertIn(level.num_in_stock, (80, 90))
        self.assertEqual(level.num_allocated, 10)
        self.assertEqual(find_discrepancies(), [])


class LowStockTests(TransactionTestCase):
    """Many sell one record at once; its threshold is crossed but once."""

    def test_one_message(self) -> None:
        pk = StockRecordFactory(num_in_stock=20, low_stock_threshold=5).pk
        calls = [{"stock_record": pk, "times": 2, "seller": at} for at in range(8)]
        outcomes = race("tests.partner.racers.sell_many", calls)
        self.assertEqual([outcome.value for outcome in outcomes], [2] * 8)
        (message,) = messages()
        self.assertEqual(
            message.payload, {"stock_record": pk, "num_free": 5, "threshold": 5}
        )
