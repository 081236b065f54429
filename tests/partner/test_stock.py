from decimal import Decimal

from django.db import IntegrityError, OperationalError
from django.test import TestCase

from catalogue.models import ProductSummary
from custom.transactions import run_in_transaction
from partner.errors import (
    BelowAllocatedError,
    InsufficientStockError,
    NotPromisedError,
)
from partner.models import StockLevel, StockMovement, StockRecord
from partner.selectors import find_discrepancies
from partner.services import (
    NewMovement,
    adjust_stock,
    record_movements,
    release_stock,
    return_stock,
    ship_stock,
    take_stock,
)
from tests.partner.factories import StockRecordFactory
from tests.users.factories import UserFactory

Reason = StockMovement.Reason


def level(pk: int) -> tuple[int, int]:
    row = StockLevel.objects.get(pk=pk)
    return row.num_in_stock, row.num_allocated


class TakeStockTests(TestCase):
    """Units are promised all together or not at all."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.first = StockRecordFactory(num_in_stock=5).pk
        cls.second = StockRecordFactory(num_in_stock=2).pk

    def test_levels_and_ledger_change_together(self) -> None:
        actor = UserFactory()
        take_stock({self.second: 2, self.first: 3}, source="order:1", actor=actor)
        self.assertEqual(level(self.first), (5, 3))
        self.assertEqual(level(self.second), (2, 2))
        movements = StockMovement.objects.filter(source="order:1").order_by("pk")
        self.assertEqual(
            list(
                movements.values_list(
                    "stock_record", "in_stock_delta", "allocated_delta", "reason"
                )
            ),
            [(self.first, 0, 3, "sold"), (self.second, 0, 2, "sold")],
        )
        self.assertEqual({row.actor for row in movements}, {actor})
        self.assertEqual(find_discrepancies(), [])

    def test_shortage_names_every_short_record_and_changes_nothing(self) -> None:
        third = StockRecordFactory(num_in_stock=5).pk
        with self.assertRaises(InsufficientStockError) as caught:
            run_in_transaction(
                lambda: take_stock(
                    {self.first: 3, self.second: 3, third: 6}, source="order:1"
                )
            )
        self.assertEqual(
            caught.exception.extra["shortages"],
            [
                {"stock_record": self.second, "requested": 3, "available": 2},
                {"stock_record": third, "requested": 6, "available": 5},
            ],
        )
        self.assertEqual(caught.exception.code, "insufficient-stock")
        self.assertEqual(level(self.first), (5, 0))
        self.assertFalse(StockMovement.objects.filter(source="order:1").exists())

    def test_record_without_a_level_is_short(self) -> None:
        StockLevel.objects.filter(pk=self.first).delete()
        with self.assertRaises(InsufficientStockError) as caught:
            take_stock({self.first: 1}, source="order:1")
        self.assertEqual(
            caught.exception.extra["shortages"],
            [{"stock_record": self.first, "requested": 1, "available": 0}],
        )

    def test_backorder_sells_beyond_the_stock(self) -> None:
        pk = StockRecordFactory(num_in_stock=1, backorder=True).pk
        take_stock({pk: 4}, source="order:1")
        self.assertEqual(level(pk), (1, 4))

    def test_same_source_twice_is_refused_by_the_database(self) -> None:
        take_stock({self.first: 1}, source="order:1")
        with self.assertRaises(IntegrityError):
            run_in_transaction(lambda: take_stock({self.first: 1}, source="order:1"))

    def test_quantities_are_at_least_one(self) -> None:
        with self.assertRaises(ValueError):
            take_stock({self.first: 0}, source="order:1")

    def test_statements_do_not_grow_with_lines(self) -> None:
        pks = [StockRecordFactory(num_in_stock=5).pk for _ in range(10)]
        # Savepoint of the TestCase's transaction and its release, the one for a
        # shortage, movements, the levels' update, a look for what has sold out.
        for wanted in (pks[:2], pks):
            with self.assertNumQueries(6):
                take_stock(dict.fromkeys(wanted, 1), source=f"order:{len(wanted)}")

    def test_update_of_levels_is_one_statement_in_key_order(self) -> None:
        with self.assertNumQueries(6) as captured:
            take_stock({self.second: 1, self.first: 1}, source="order:1")
        updates = [
            query["sql"]
            for query in captured.captured_queries
            if query["sql"].startswith("UPDATE `partner_stocklevel`")
        ]
        self.assertEqual(len(updates), 1)
        self.assertIn("ORDER BY `partner_stocklevel`.`stock_record_id` ASC", updates[0])


class ReleaseStockTests(TestCase):
    """Promises are taken back all together or not at all."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.first = StockRecordFactory(num_in_stock=5).pk
        cls.second = StockRecordFactory(num_in_stock=2).pk
        take_stock({cls.first: 3, cls.second: 2}, source="order:1")

    def test_levels_and_ledger_change_together(self) -> None:
        actor = UserFactory()
        release_stock({self.second: 2, self.first: 1}, source="cancel:1", actor=actor)
        self.assertEqual((level(self.first), level(self.second)), ((5, 2), (2, 0)))
        movements = StockMovement.objects.filter(source="cancel:1").order_by("pk")
        self.assertEqual(
            list(
                movements.values_list(
                    "stock_record", "in_stock_delta", "allocated_delta", "reason"
                )
            ),
            [(self.first, 0, -1, "released"), (self.second, 0, -2, "released")],
        )
        self.assertEqual({row.actor for row in movements}, {actor})
        self.assertEqual(find_discrepancies(), [])

    def test_more_than_is_promised_changes_nothing(self) -> None:
        with self.assertRaises(NotPromisedError) as caught:
            release_stock({self.first: 1, self.second: 3}, source="cancel:1")
        self.assertEqual(caught.exception.code, "not-promised")
        self.assertEqual(
            caught.exception.extra["shortages"],
            [{"stock_record": self.second, "requested": 3, "promised": 2}],
        )
        self.assertEqual((level(self.first), level(self.second)), ((5, 3), (2, 2)))
        self.assertFalse(StockMovement.objects.filter(source="cancel:1").exists())

    def test_same_source_twice_is_refused_by_the_database(self) -> None:
        release_stock({self.first: 1}, source="cancel:1")
        with self.assertRaises(IntegrityError):
            run_in_transaction(
                lambda: release_stock({self.first: 1}, source="cancel:1")
            )
        self.assertEqual(level(self.first), (5, 2))

    def test_lists_show_that_a_unit_is_free_again(self) -> None:
        product = StockRecord.objects.get(pk=self.second).variant.product
        self.assertFalse(ProductSummary.objects.get(product=product).in_stock)
        release_stock({self.second: 1}, source="cancel:1")
        self.assertTrue(ProductSummary.objects.get(product=product).in_stock)

    def test_statements_do_not_grow_with_lines(self) -> None:
        pks = [StockRecordFactory(num_in_stock=5).pk for _ in range(10)]
        take_stock(dict.fromkeys(pks, 2), source="order:2")
        for some in (pks[:2], pks):
            with self.assertNumQueries(6):  # as when they were taken
                release_stock(dict.fromkeys(some, 1), source=f"cancel:{len(some)}")


class ShipStockTests(TestCase):
    """Promised units leave all together or not at all."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.first = StockRecordFactory(num_in_stock=5).pk
        cls.backorder = StockRecordFactory(num_in_stock=1, backorder=True).pk
        take_stock({cls.first: 3, cls.backorder: 2}, source="order:1")

    def test_levels_and_ledger_change_together(self) -> None:
        ship_stock({self.first: 2, self.backorder: 1}, source="shipment:1")
        self.assertEqual((level(self.first), level(self.backorder)), ((3, 1), (0, 1)))
        movements = StockMovement.objects.filter(source="shipment:1").order_by("pk")
        self.assertEqual(
            list(
                movements.values_list(
                    "stock_record", "in_stock_delta", "allocated_delta", "reason"
                )
            ),
            [(self.first, -2, -2, "shipped"), (self.backorder, -1, -1, "shipped")],
        )
        self.assertEqual(find_discrepancies(), [])

    def test_more_than_is_promised_changes_nothing(self) -> None:
        with self.assertRaises(NotPromisedError) as caught:
            ship_stock({self.first: 4, self.backorder: 1}, source="shipment:1")
        self.assertEqual(
            caught.exception.extra["shortages"],
            [{"stock_record": self.first, "requested": 4, "promised": 3}],
        )
        self.assertEqual((level(self.first), level(self.backorder)), ((5, 3), (1, 2)))
        self.assertFalse(StockMovement.objects.filter(source="shipment:1").exists())

    def test_what_was_sold_beyond_the_stock_waits_for_its_arrival(self) -> None:
        with self.assertRaises(InsufficientStockError) as caught:
            ship_stock({self.first: 1, self.backorder: 2}, source="shipment:1")
        self.assertEqual(
            caught.exception.extra["shortages"],
            [{"stock_record": self.backorder, "requested": 2, "available": 1}],
        )
        self.assertEqual((level(self.first), level(self.backorder)), ((5, 3), (1, 2)))
        adjust_stock(self.backorder, delta=1, reason=Reason.RECEIVED, source="delivery")
        ship_stock({self.first: 1, self.backorder: 2}, source="shipment:1")
        self.assertEqual((level(self.first), level(self.backorder)), ((4, 2), (0, 0)))

    def test_same_source_twice_is_refused_by_the_database(self) -> None:
        ship_stock({self.first: 1}, source="shipment:1")
        with self.assertRaises(IntegrityError):
            run_in_transaction(lambda: ship_stock({self.first: 1}, source="shipment:1"))
        self.assertEqual(level(self.first), (4, 2))


class ReturnStockTests(TestCase):
    """Shipped units come back."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.pk = StockRecordFactory(num_in_stock=2).pk
        take_stock({cls.pk: 2}, source="order:1")
        ship_stock({cls.pk: 2}, source="shipment:1")

    def test_level_and_ledger_change_together(self) -> None:
        return_stock({self.pk: 1}, source="return:1")
        self.assertEqual(level(self.pk), (1, 0))
        movement = StockMovement.objects.get(source="return:1")
        self.assertEqual((movement.in_stock_delta, movement.reason), (1, "returned"))
        self.assertEqual(find_discrepancies(), [])
        product = StockRecord.objects.get(pk=self.pk).variant.product
        self.assertTrue(ProductSummary.objects.get(product=product).in_stock)

    def test_record_without_a_level_changes_nothing(self) -> None:
        lost = StockRecordFactory().pk
        StockLevel.objects.filter(pk=lost).delete()
        with self.assertRaises(StockLevel.DoesNotExist):
            return_stock({self.pk: 1, lost: 1}, source="return:1")
        self.assertEqual(level(self.pk), (0, 0))
        self.assertFalse(StockMovement.objects.filter(source="return:1").exists())

    def test_same_source_twice_is_refused_by_the_database(self) -> None:
        return_stock({self.pk: 1}, source="return:1")
        with self.assertRaises(IntegrityError):
            run_in_transaction(lambda: return_stock({self.pk: 1}, source="return:1"))
        self.assertEqual(level(self.pk), (1, 0))


class AdjustStockTests(TestCase):
    """Staff and partners count, receive and correct."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.pk = StockRecordFactory(num_in_stock=5).pk
        take_stock({cls.pk: 3}, source="order:1")

    def test_new_count(self) -> None:
        adjust_stock(self.pk, num_in_stock=4, reason=Reason.COUNTED, source="count")
        self.assertEqual(level(self.pk), (4, 3))
        movement = StockMovement.objects.get(source="count")
        self.assertEqual((movement.in_stock_delta, movement.reason), (-1, "counted"))
        self.assertEqual(find_discrepancies(), [])

    def test_delta(self) -> None:
        adjust_stock(self.pk, delta=7, reason=Reason.RECEIVED, source="delivery")
        self.assertEqual(level(self.pk), (12, 3))

    def test_count_below_what_is_promised(self) -> None:
        with self.assertRaises(BelowAllocatedError) as caught:
            adjust_stock(self.pk, num_in_stock=2, source="count")
        self.assertEqual(caught.exception.extra, {"num_allocated": 3})
        self.assertEqual(level(self.pk), (5, 3))
        self.assertFalse(StockMovement.objects.filter(source="count").exists())

    def test_backorder_allows_a_count_below_what_is_promised(self) -> None:
        adjust_stock(self.pk, num_in_stock=0, backorder=True, source="count")
        self.assertEqual(level(self.pk), (0, 3))

    def test_count_below_zero(self) -> None:
        with self.assertRaises(BelowAllocatedError):
            adjust_stock(self.pk, delta=-6, backorder=True, source="count")


class RecordMovementsTests(TestCase):
    """Imports bring many movements at once."""

    def test_levels_change_by_the_sum(self) -> None:
        first, second = (record.pk for record in StockRecordFactory.create_batch(2))
        record_movements(
            [
                NewMovement(
                    stock_record_id=first,
                    reason=Reason.RECEIVED,
                    source="in",
                    in_stock_delta=4,
                ),
                NewMovement(
                    stock_record_id=first,
                    reason=Reason.SHIPPED,
                    source="out",
                    in_stock_delta=-1,
                ),
                NewMovement(
                    stock_record_id=second,
                    reason=Reason.SOLD,
                    source="order",
                    allocated_delta=2,
                ),
            ]
        )
        self.assertEqual(level(first), (13, 0))
        self.assertEqual(level(second), (10, 2))
        self.assertEqual(find_discrepancies(), [])

    def test_database_refuses_a_level_below_zero(self) -> None:
        pk = StockRecordFactory().pk
        row = NewMovement(
            stock_record_id=pk,
            reason=Reason.SHIPPED,
            source="out",
            in_stock_delta=-11,
        )
        with self.assertRaises((IntegrityError, OperationalError)):
            run_in_transaction(lambda: record_movements([row]))


class DiscrepancyTests(TestCase):
    """A level that somebody changed by hand is found."""

    def test_it_is_named_with_both_sums(self) -> None:
        pk = StockRecordFactory(num_in_stock=10, price=Decimal(1)).pk
        StockLevel.objects.filter(pk=pk).update(num_in_stock=11)
        (found,) = find_discrepancies()
        self.assertEqual(
            (found.stock_record_id, found.num_in_stock, found.moved_in_stock),
            (pk, 11, 10),
        )
