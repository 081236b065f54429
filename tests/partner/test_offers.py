from decimal import Decimal

from django.db import IntegrityError
from django.test import TestCase
from reversion.models import Version

from custom.transactions import run_in_transaction
from partner.errors import AlreadyOfferedError, PriceError, SkuTakenError
from partner.models import StockRecord
from partner.services import (
    NewStockRecord,
    create_stock_records,
    update_stock_record,
)
from tests.catalogue.factories import VariantFactory
from tests.partner.factories import PartnerFactory, StockRecordFactory


class CreateStockRecordTests(TestCase):
    """An offer is a record, its level, its first movement and its price."""

    def test_all_of_it_is_stored(self) -> None:
        record = StockRecordFactory(num_in_stock=7)
        level = record.level
        self.assertEqual((level.num_in_stock, level.num_allocated), (7, 0))
        self.assertEqual(
            list(record.movements.values_list("in_stock_delta", "reason", "source")),
            [(7, "initial", "factory")],
        )
        self.assertEqual(
            list(record.prices.values_list("price", "currency", "valid_until")),
            [(Decimal("9.90"), "EUR", None)],
        )
        self.assertEqual(Version.objects.get_for_object(record).count(), 1)

    def test_partner_offers_a_variant_once(self) -> None:
        record = StockRecordFactory()
        with self.assertRaises(AlreadyOfferedError):
            StockRecordFactory(partner=record.partner, variant=record.variant)
        with self.assertRaises(SkuTakenError):
            StockRecordFactory(partner=record.partner, partner_sku=record.partner_sku)
        self.assertEqual(StockRecord.objects.count(), 1)

    def test_database_keeps_offers_apart(self) -> None:
        first, second = StockRecordFactory(), StockRecordFactory()
        for name in ("variant", "partner_sku"):
            twin = {"partner": first.partner, name: getattr(first, name)}
            with self.subTest(name), self.assertRaises(IntegrityError):
                run_in_transaction(
                    lambda twin=twin: StockRecord.objects.filter(pk=second.pk).update(
                        **twin
                    )
                )

    def test_bulk_takes_as_many_statements_for_many(self) -> None:
        partner = PartnerFactory()
        small, large = VariantFactory.create_batch(2), VariantFactory.create_batch(20)
        for variants in (small, large):
            rows = [
                NewStockRecord(
                    partner_id=partner.pk,
                    variant_id=variant.pk,
                    partner_sku=variant.sku,
                    price=Decimal("1.00"),
                    currency="EUR",
                )
                for variant in variants
            ]
            # Savepoint and release; records, levels, movements, prices; variants'
            # products; summaries locked, variants, offers, summaries, lists.
            with self.assertNumQueries(16):
                create_stock_records(rows, source="import")
        self.assertEqual(StockRecord.objects.count(), 22)


class PriceTests(TestCase):
    """Prices that no buyer may be shown are refused."""

    def refuse(self, price: str, **fields: object) -> None:
        with self.assertRaises(PriceError):
            StockRecordFactory(price=Decimal(price), **fields)
        self.assertEqual(StockRecord.objects.count(), 0)

    def test_below_zero(self) -> None:
        self.refuse("-0.01")

    def test_finer_than_the_currency(self) -> None:
        self.refuse("9.999")

    def test_finer_than_yen(self) -> None:
        self.refuse("9.9", currency="JPY")

    def test_above_the_former_price(self) -> None:
        self.refuse("9.90", compare_at_price=Decimal("9.89"))

    def test_three_places_of_dinars(self) -> None:
        record = StockRecordFactory(price=Decimal("9.999"), currency="KWD")
        self.assertEqual(record.price, Decimal("9.999"))


class UpdateStockRecordTests(TestCase):
    """A changed price is kept, and what it was before."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = StockRecordFactory(compare_at_price=Decimal("12.00"))

    def test_new_price_closes_the_old(self) -> None:
        record = update_stock_record(self.record.pk, price=Decimal("8.00"))
        self.assertEqual(record.version, 2)
        spans = list(record.prices.order_by("pk"))
        self.assertEqual([span.price for span in spans], [Decimal("9.90"), Decimal(8)])
        self.assertEqual(spans[0].valid_until, spans[1].valid_from)
        self.assertIsNone(spans[1].valid_until)

    def test_same_price_opens_no_span(self) -> None:
        record = update_stock_record(self.record.pk, price=Decimal("9.90"))
        self.assertEqual(record.prices.count(), 1)

    def test_left_out_stays_and_none_empties(self) -> None:
        record = update_stock_record(self.record.pk, low_stock_threshold=3)
        self.assertEqual(record.compare_at_price, Decimal("12.00"))
        record = update_stock_record(self.record.pk, compare_at_price=None)
        self.assertIsNone(record.compare_at_price)
        self.assertEqual(record.low_stock_threshold, 3)

    def test_refusal_changes_nothing(self) -> None:
        with self.assertRaises(PriceError):
            update_stock_record(self.record.pk, price=Decimal("13.00"))
        self.record.refresh_from_db()
        self.assertEqual((self.record.price, self.record.version), (Decimal("9.90"), 1))
