from decimal import Decimal

from django.test import TestCase

from custom.history.reading import versions_of
from custom.history.reverting import revert
from custom.history.rules import NothingToRevertError
from custom.history.undoing import BatchUndoneError, start_undo
from custom.models import HistoryBatch
from partner.models import StockLevel, StockPrice, StockRecord
from partner.services import (
    StockRow,
    adjust_stock,
    update_partner,
    update_stock_record,
    write_stock_rows,
)
from tests.catalogue.factories import VariantFactory
from tests.custom.history.undone import faults, undo
from tests.partner.factories import PartnerFactory, StockRecordFactory
from tests.users.factories import UserFactory


class StockRecordTests(TestCase):
    def setUp(self) -> None:
        self.record = StockRecordFactory(price=Decimal("9.90"))
        self.first = versions_of(StockRecord, self.record.pk).get()

    def test_a_former_price_is_asked_as_a_new_one(self) -> None:
        update_stock_record(self.record.pk, price=Decimal(12))
        revert(self.first, names=["price"])
        self.record.refresh_from_db()
        self.assertEqual(self.record.price, Decimal("9.90"))
        prices = StockPrice.objects.order_by("pk").values_list("price", flat=True)
        self.assertEqual(list(prices), [Decimal("9.90"), Decimal(12), Decimal("9.90")])
        self.assertEqual(StockPrice.objects.open().count(), 1)
        self.assertEqual(
            self.record.variant.product.summary.price_from, Decimal("9.90")
        )

    def test_stock_is_never_set_back(self) -> None:
        adjust_stock(self.record.pk, num_in_stock=3, reason="counted", source="count")
        with self.assertRaises(NothingToRevertError):
            revert(self.first)
        self.assertEqual(StockLevel.objects.get().num_in_stock, 3)

    def test_a_price_that_breaks_a_rule_is_refused(self) -> None:
        update_stock_record(
            self.record.pk, price=Decimal(1), compare_at_price=Decimal(5)
        )
        with self.assertRaises(Exception) as refused:
            revert(self.first, names=["price"])
        self.assertEqual(refused.exception.code, "invalid-price")
        self.record.refresh_from_db()
        self.assertEqual(self.record.price, 1)


class PartnerTests(TestCase):
    def test_going_back_to_active_sells_again(self) -> None:
        record = StockRecordFactory()
        partner, product = record.partner, record.variant.product
        update_partner(partner.pk, name="First")
        first = versions_of(type(partner), partner.pk).first()
        update_partner(partner.pk, is_active=False)
        self.assertIsNone(type(product.summary).objects.get(product=product).price_from)
        revert(first)
        self.assertIsNotNone(
            type(product.summary).objects.get(product=product).price_from
        )


class UndoTests(TestCase):
    """custom.history.undoing"""

    def setUp(self) -> None:
        self.partner = PartnerFactory()
        self.records = [
            StockRecordFactory(
                partner=self.partner, partner_sku=f"S-{number}", price=Decimal(10)
            )
            for number in range(3)
        ]
        self.actor = UserFactory()

    def write(self, *rows: StockRow) -> HistoryBatch:
        numbered = dict(enumerate(rows))
        write_stock_rows(self.partner, numbered, source="import:1", actor=self.actor)
        return HistoryBatch.objects.get()

    def reprice(self) -> HistoryBatch:
        return self.write(
            *(
                StockRow(partner_sku=f"S-{number}", price=Decimal(20 + number))
                for number in range(3)
            )
        )

    def prices(self) -> list[Decimal]:
        return list(StockRecord.objects.order_by("pk").values_list("price", flat=True))

    def test_a_step_of_many_rows_is_undone_as_one(self) -> None:
        batch = self.reprice()
        self.assertEqual(batch.first_revision.user, self.actor)
        self.assertEqual(self.prices(), [20, 21, 22])
        self.assertEqual(undo(batch.pk, actor=self.actor).num_restored, 3)
        self.assertEqual(self.prices(), [10, 10, 10])
        batch.refresh_from_db()
        self.assertEqual(batch.undone_by.reason, "Undone: Offers written in bulk.")
        with self.assertRaises(BatchUndoneError):
            start_undo(batch.pk)
        undo(batch.undone_by.pk)
        self.assertEqual(self.prices(), [20, 21, 22])

    def test_what_somebody_changed_since_stays_and_is_told(self) -> None:
        batch = self.reprice()
        update_stock_record(self.records[1].pk, price=Decimal(99))
        done = undo(batch.pk)
        self.assertEqual(self.prices(), [10, 99, 10])
        self.assertEqual(faults(done), [("S-1", "It has been changed since: price.")])
        self.assertEqual((done.num_restored, done.num_refused), (2, 1))

    def test_other_fields_changed_since_stay(self) -> None:
        batch = self.reprice()
        update_stock_record(self.records[1].pk, low_stock_threshold=7)
        undo(batch.pk)
        self.records[1].refresh_from_db()
        self.assertEqual(self.records[1].low_stock_threshold, 7)
        self.assertEqual(self.records[1].price, 10)

    def test_offers_it_made_stay_if_units_have_moved(self) -> None:
        variant = VariantFactory()
        batch = self.write(
            StockRow(
                partner_sku="NEW",
                variant_id=variant.pk,
                price=Decimal(5),
                num_in_stock=4,
            )
        )
        made = StockRecord.objects.get(partner_sku="NEW")
        adjust_stock(made.pk, num_in_stock=3, reason="counted", source="count")
        ((_name, told),) = faults(undo(batch.pk))
        self.assertIn("have moved", told)
        self.assertTrue(StockRecord.objects.filter(pk=made.pk).exists())

    def test_offers_it_made_go(self) -> None:
        variant = VariantFactory()
        row = StockRow(partner_sku="NEW", variant_id=variant.pk, price=Decimal(5))
        batch = self.write(row)
        undo(batch.pk)
        self.assertFalse(StockRecord.objects.filter(partner_sku="NEW").exists())
