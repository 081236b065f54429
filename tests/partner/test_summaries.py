from decimal import Decimal

from django.core.management import call_command
from django.test import TestCase

from catalogue.models import ListingCount, ProductListing, ProductSummary
from catalogue.services import update_variant
from partner.services import (
    adjust_stock,
    refresh_summaries,
    take_stock,
    update_partner,
    update_stock_record,
)
from tests.catalogue.factories import CategoryFactory, ProductFactory, VariantFactory
from tests.partner.factories import StockRecordFactory


class SummaryTests(TestCase):
    """What lists show of a product follows every change of its offers."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.product = ProductFactory(categories=[CategoryFactory()])
        cls.cheap = StockRecordFactory(
            variant=VariantFactory(product=cls.product),
            price=Decimal("5.00"),
            compare_at_price=Decimal("6.00"),
            num_in_stock=1,
        )
        cls.dear = StockRecordFactory(
            variant=VariantFactory(product=cls.product), price=Decimal("8.00")
        )

    def assertSummary(self, price: str | None, *, in_stock: bool) -> None:  # noqa: N802
        summary = ProductSummary.objects.get(pk=self.product.pk)
        expected = None if price is None else Decimal(price)
        self.assertEqual((summary.price_from, summary.in_stock), (expected, in_stock))
        listed = self.product.listings.values_list("price_from", "in_stock")
        self.assertEqual(list(listed), [(expected, in_stock)] * 2)
        rank = Decimal("999999999.999") if expected is None else expected
        ranks = set(self.product.listings.values_list("price_rank", flat=True))
        self.assertEqual(ranks, {rank})

    def test_best_offer(self) -> None:
        self.assertSummary("5.00", in_stock=True)
        summary = ProductSummary.objects.get(pk=self.product.pk)
        self.assertEqual(summary.compare_at_price, Decimal("6.00"))
        self.assertEqual(summary.currency, "EUR")

    def test_price_change(self) -> None:
        update_stock_record(self.dear.pk, price=Decimal("4.00"))
        self.assertSummary("4.00", in_stock=True)

    def test_last_unit_sold(self) -> None:
        take_stock({self.cheap.pk: 1}, source="order:1")
        self.assertSummary("8.00", in_stock=True)
        take_stock({self.dear.pk: 10}, source="order:1")
        self.assertSummary("5.00", in_stock=False)

    def test_other_units_sold_cost_no_refresh(self) -> None:
        with self.assertNumQueries(6) as captured:
            take_stock({self.dear.pk: 9}, source="order:1")
        touched = [row for row in captured.captured_queries if "summary" in row["sql"]]
        self.assertEqual(touched, [])

    def test_units_arrive(self) -> None:
        take_stock({self.cheap.pk: 1}, source="order:1")
        adjust_stock(self.cheap.pk, delta=1, source="delivery")
        self.assertSummary("5.00", in_stock=True)

    def test_hidden_variant(self) -> None:
        update_variant(self.cheap.variant_id, is_public=False)
        self.assertSummary("8.00", in_stock=True)

    def test_partner_stops(self) -> None:
        update_partner(self.cheap.partner_id, is_active=False)
        self.assertSummary("8.00", in_stock=True)
        update_partner(self.dear.partner_id, is_active=False)
        self.assertSummary(None, in_stock=False)
        update_partner(self.cheap.partner_id, is_active=True)
        self.assertSummary("5.00", in_stock=True)

    def test_backorder_is_not_in_stock(self) -> None:
        adjust_stock(self.cheap.pk, num_in_stock=0, backorder=True, source="count")
        take_stock({self.dear.pk: 10}, source="order:1")
        self.assertSummary("5.00", in_stock=False)

    def test_statements_do_not_grow_with_products(self) -> None:
        products = [StockRecordFactory().variant.product_id for _ in range(10)]
        for wanted in (products[:2], products):
            ProductSummary.objects.filter(pk__in=wanted).update(price_from=None)
            # Savepoint and release; locked, variants, offers, summaries, lists.
            with self.assertNumQueries(11):
                refresh_summaries(wanted)


class CommandTests(TestCase):
    """What staff run by hand."""

    def test_lists_are_rebuilt(self) -> None:
        category = CategoryFactory()
        record = StockRecordFactory()
        record.variant.product.categories.add(category)
        ProductListing.objects.all().delete()
        ListingCount.objects.all().delete()
        ProductSummary.objects.all().delete()
        call_command("rebuild_lists", verbosity=0, stdout=_Nowhere())
        listed = ProductListing.objects.order_by("scope")
        self.assertEqual(
            list(listed.values_list("scope", "price_from")),
            [(0, Decimal("9.90")), (category.pk, Decimal("9.90"))],
        )
        counts = ListingCount.objects.order_by("scope")
        self.assertEqual(
            list(counts.values_list("scope", "product_count")),
            [(0, 1), (category.pk, 1)],
        )


class _Nowhere:
    """Output nobody reads."""

    def write(self, text: str) -> None:
        pass
