from datetime import UTC, datetime, timedelta
from decimal import Decimal

import time_machine
from django.test import TestCase, override_settings

from custom.prepared import read_together
from partner.services import take_stock, update_partner, update_stock_record
from partner.strategy import ask_lowest_prices, pick_offers
from tests.catalogue.factories import VariantFactory
from tests.partner.factories import PartnerFactory, StockRecordFactory

NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


class PickOffersTests(TestCase):
    """Which stock record is picked of a variant."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.variant = VariantFactory()

    def picked(self) -> int | None:
        offer = pick_offers([self.variant.pk]).get(self.variant.pk)
        return offer and offer.stock_record_id

    def offer(self, price: str, **fields: object) -> int:
        record = StockRecordFactory(
            variant=self.variant, price=Decimal(price), **fields
        )
        return record.pk

    def test_nobody_offers_it(self) -> None:
        self.assertEqual(pick_offers([self.variant.pk]), {})

    def test_lowest_price_wins(self) -> None:
        self.offer("9.90")
        cheap = self.offer("9.80")
        self.offer("10.00")
        self.assertEqual(self.picked(), cheap)

    def test_free_unit_beats_lower_price(self) -> None:
        self.offer("1.00", num_in_stock=0)
        ready = self.offer("9.90", num_in_stock=1)
        self.assertEqual(self.picked(), ready)

    def test_backorder_counts_as_purchasable(self) -> None:
        self.offer("9.90", num_in_stock=1)
        backorder = self.offer("9.00", num_in_stock=0, backorder=True)
        self.assertEqual(self.picked(), backorder)

    def test_promised_units_are_not_free(self) -> None:
        sold_out = self.offer("1.00", num_in_stock=1)
        ready = self.offer("9.90", num_in_stock=1)
        take_stock({sold_out: 1}, source="order")
        self.assertEqual(self.picked(), ready)

    def test_lowest_id_breaks_a_tie(self) -> None:
        first = self.offer("9.90")
        self.offer("9.90")
        self.assertEqual(self.picked(), first)

    def test_nothing_purchasable_still_shows_a_price(self) -> None:
        self.offer("9.90", num_in_stock=0)
        cheap = self.offer("9.80", num_in_stock=0)
        self.assertEqual(self.picked(), cheap)

    def test_inactive_partner_does_not_sell(self) -> None:
        partner = PartnerFactory()
        self.offer("1.00", partner=partner)
        other = self.offer("9.90")
        update_partner(partner.pk, is_active=False)
        self.assertEqual(self.picked(), other)

    def test_other_currency_is_not_sold(self) -> None:
        self.offer("1.00", currency="USD")
        self.assertIsNone(self.picked())
        with override_settings(SHOP_CURRENCY="USD"):
            self.assertIsNotNone(self.picked())

    def test_one_query_for_many_variants(self) -> None:
        records = StockRecordFactory.create_batch(5)
        with self.assertNumQueries(1):
            offers = pick_offers([record.variant_id for record in records])
        self.assertEqual(len(offers), 5)

    def test_offer_says_what_the_record_says(self) -> None:
        record = StockRecordFactory(
            variant=self.variant, compare_at_price=Decimal("12.00"), num_in_stock=3
        )
        offer = pick_offers([self.variant.pk])[self.variant.pk]
        self.assertEqual(
            (
                offer.partner_name,
                offer.price,
                offer.compare_at_price,
                offer.currency,
                offer.num_available,
                offer.in_stock,
                offer.purchasable,
                offer.backorder,
            ),
            (
                record.partner.name,
                Decimal("9.90"),
                Decimal("12.00"),
                "EUR",
                3,
                True,
                True,
                False,
            ),
        )


class LowestPricesTests(TestCase):
    """The lowest price of the last 30 days."""

    def priced(self, *changes: tuple[int, str]) -> Decimal:
        """Return the lowest price now, after changes so many days ago."""
        (days, price), *others = changes
        with time_machine.travel(NOW - timedelta(days=days), tick=False):
            record = StockRecordFactory(price=Decimal(price))
        for days, price in others:
            with time_machine.travel(NOW - timedelta(days=days), tick=False):
                update_stock_record(record.pk, price=Decimal(price))
        with time_machine.travel(NOW, tick=False):
            (rows,) = read_together(ask_lowest_prices(record.variant.product_id))
        (lowest,) = rows
        self.assertEqual(lowest[0], record.pk)
        return lowest[1]

    def test_present_price_that_never_changed(self) -> None:
        self.assertEqual(self.priced((400, "9.90")), Decimal("9.90"))

    def test_price_that_ended_within_the_period(self) -> None:
        self.assertEqual(
            self.priced((400, "5.00"), (29, "9.90"), (1, "8.00")), Decimal("5.00")
        )

    def test_price_that_ended_before_the_period(self) -> None:
        self.assertEqual(
            self.priced((400, "5.00"), (31, "9.90"), (1, "8.00")), Decimal("8.00")
        )
