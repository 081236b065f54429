from datetime import UTC, datetime, timedelta
from io import StringIO

import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.db.models import F
from django.test import TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalogue.errors import InvalidWindowError
from catalogue.models import (
    ListingCount,
    Product,
    ProductChange,
    ProductListing,
    ProductSummary,
    Variant,
)
from catalogue.querysets import WHOLE_SHOP
from catalogue.services import (
    NewProduct,
    NewVariant,
    create_product,
    create_products,
    follow_windows,
    update_product,
    verify_catalogue,
)
from catalogue.tasks import follow_windows as follow_windows_task
from catalogue.windows import PublishWindow
from custom.models import OutboxMessage
from tests.catalogue.factories import (
    CategoryFactory,
    ProductFactory,
    ProductTypeFactory,
    VariantFactory,
)
from tests.processes import race

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


def at(moment: datetime) -> time_machine.travel:
    return time_machine.travel(moment, tick=False)


def listed() -> set[int]:
    rows = ProductListing.objects.in_scope(WHOLE_SHOP)
    return set(rows.values_list("product_id", flat=True))


class WindowTests(TestCase):
    """A product with a window is shown inside it alone."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.war = CategoryFactory(name="War")
        with at(NOON - HOUR):
            cls.product = ProductFactory(
                publish_from=NOON, publish_until=NOON + HOUR, categories=[cls.war]
            )
            cls.variant = VariantFactory(product=cls.product)
            cls.always = ProductFactory()

    def is_public(self, moment: datetime) -> bool:
        with at(moment):
            product = Product.objects.public().filter(pk=self.product.pk).exists()
            variant = Variant.objects.public().filter(pk=self.variant.pk).exists()
        self.assertEqual(product, variant)
        return product

    def test_the_first_moment_is_inside_and_the_last_is_not(self) -> None:
        for moment, is_public in (
            (NOON - INSTANT, False),
            (NOON, True),
            (NOON + HOUR - INSTANT, True),
            (NOON + HOUR, False),
        ):
            with self.subTest(moment):
                self.assertIs(self.is_public(moment), is_public)

    def test_each_side_may_be_open(self) -> None:
        Product.objects.update(publish_from=None)
        self.assertTrue(self.is_public(NOON - HOUR))
        self.assertFalse(self.is_public(NOON + HOUR))
        Product.objects.update(publish_from=NOON, publish_until=None)
        self.assertFalse(self.is_public(NOON - HOUR))
        self.assertTrue(self.is_public(NOON + 1000 * HOUR))

    def test_a_hidden_product_stays_hidden(self) -> None:
        Product.objects.update(is_public=False)
        self.assertFalse(self.is_public(NOON))
        self.product.refresh_from_db()
        self.assertIsNone(self.product.boundary_after(NOON - HOUR))

    def test_next_boundary(self) -> None:
        for moment, boundary in (
            (NOON - HOUR, NOON),
            (NOON - INSTANT, NOON),
            (NOON, NOON + HOUR),
            (NOON + HOUR, None),
        ):
            with self.subTest(moment):
                self.assertEqual(self.product.boundary_after(moment), boundary)
        self.assertIsNone(self.always.boundary_after(NOON))


class FollowTests(TestCase):
    """Lists, counts and search follow windows that nobody saves."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.war = CategoryFactory(name="War")
        with at(NOON - HOUR):
            cls.product = ProductFactory(
                publish_from=NOON, publish_until=NOON + HOUR, categories=[cls.war]
            )
            cls.always = ProductFactory(categories=[cls.war])

    def setUp(self) -> None:
        ProductChange.objects.all().delete()
        OutboxMessage.objects.all().delete()

    def follow(self, moment: datetime, *, expected: int) -> None:
        with at(moment):
            self.assertEqual(follow_windows(), expected)
            self.assertEqual(verify_catalogue(), [])

    def assert_listed(self, *products: Product) -> None:
        self.assertEqual(listed(), {product.pk for product in products})
        counts = ListingCount.objects.filter(scope__in=(WHOLE_SHOP, self.war.pk))
        self.assertEqual(
            set(counts.values_list("product_count", flat=True)), {len(products)}
        )

    def test_opens_and_closes(self) -> None:
        self.follow(NOON - INSTANT, expected=0)
        self.assert_listed(self.always)
        self.follow(NOON, expected=1)
        self.assert_listed(self.always, self.product)
        change = ProductChange.objects.get()
        self.assertEqual((change.product_id, change.is_listed), (self.product.pk, True))
        topics = OutboxMessage.objects.values_list("topic", flat=True)
        self.assertEqual(set(topics), {"product.changed"})
        self.follow(NOON, expected=0)
        self.follow(NOON + HOUR, expected=1)
        self.assert_listed(self.always)
        self.assertIsNone(self.summary().boundary_at)
        self.follow(NOON + 2 * HOUR, expected=0)

    def test_catches_up_after_downtime(self) -> None:
        self.follow(NOON + 5 * HOUR, expected=1)
        self.assert_listed(self.always)

    def test_nothing_due_costs_one_query(self) -> None:
        with at(NOON - HOUR), self.assertNumQueries(1):
            follow_windows_task()

    def test_saves_move_the_boundary(self) -> None:
        with at(NOON):
            update_product(
                self.product.pk, window=PublishWindow(publish_until=NOON + 3 * HOUR)
            )
            self.assertEqual(self.summary().boundary_at, NOON + 3 * HOUR)
            self.assert_listed(self.always, self.product)
            update_product(self.product.pk, is_public=False)
            self.assertIsNone(self.summary().boundary_at)
            update_product(self.product.pk, is_public=True, window=PublishWindow())
            self.assertIsNone(self.summary().boundary_at)
            self.product.refresh_from_db()
            self.product.publish_from = NOON + HOUR
            self.product.save(update_fields=["publish_from"])
            self.assertEqual(self.summary().boundary_at, NOON + HOUR)
            self.assert_listed(self.always)

    def test_figures_of_offers_keep_the_boundary(self) -> None:
        ProductSummary.objects.filter(pk=self.product.pk).update(in_stock=True)
        self.follow(NOON, expected=1)
        self.assertTrue(self.summary().in_stock)

    def test_many_take_as_many_statements_as_one(self) -> None:
        def statements() -> int:
            with at(NOON), CaptureQueriesContext(connection) as captured:
                follow_windows()
            return len(captured)

        self.assertGreater(statements(), 1)
        with at(NOON - HOUR):
            ProductFactory(publish_from=NOON, categories=[self.war])
        one = statements()
        with at(NOON - HOUR):
            for _ in range(5):
                ProductFactory(publish_from=NOON, categories=[self.war])
        self.assertEqual(statements(), one)

    def summary(self) -> ProductSummary:
        return ProductSummary.objects.get(pk=self.product.pk)


class VerifyTests(TestCase):
    """manage.py catalogue verify, of windows"""

    @classmethod
    def setUpTestData(cls) -> None:
        with at(NOON - HOUR):
            cls.product = ProductFactory(publish_from=NOON)

    def faults(self, moment: datetime) -> list[str]:
        with at(moment):
            return verify_catalogue()

    def test_lists_have_a_minute_to_follow(self) -> None:
        minute = timedelta(minutes=1)
        self.assertEqual(self.faults(NOON + minute), [])
        self.assertEqual(
            self.faults(NOON + minute + INSTANT),
            [f"product {self.product.pk}: its lists have not followed {NOON}"],
        )

    def test_a_boundary_nobody_waits_for(self) -> None:
        ProductSummary.objects.update(boundary_at=None)
        told = f"product {self.product.pk}: lists wait for None, not {NOON}"
        self.assertEqual(self.faults(NOON - HOUR), [told])
        told = f"product {self.product.pk}: in lists [] instead of [0]"
        self.assertEqual(self.faults(NOON), [told])

    def test_repair(self) -> None:
        with at(NOON + HOUR):
            with self.assertRaises(CommandError):
                call_command("catalogue", "verify", stdout=StringIO())
            call_command("catalogue", "verify", repair=True, stdout=StringIO())
            self.assertEqual(verify_catalogue(), [])
            self.assertEqual(listed(), {self.product.pk})


class BadWindowTests(TestCase):
    """A product that would be withdrawn before it is published"""

    bad = (
        PublishWindow(NOON, NOON),
        PublishWindow(NOON + INSTANT, NOON),
    )

    def test_services_refuse_it(self) -> None:
        kind, product = ProductTypeFactory(), ProductFactory()
        new = {"title": "A", "variants": [NewVariant(sku="a")]}
        for window in self.bad:
            with self.assertRaises(InvalidWindowError):
                create_product(product_type=kind, window=window, **new)
            with self.assertRaises(InvalidWindowError):
                create_products([NewProduct(window=window, **new)], product_type=kind)
            with self.assertRaises(InvalidWindowError):
                update_product(product.pk, title="New", window=window)
        self.assertEqual(Product.objects.exclude(title="New").get(), product)

    def test_the_database_refuses_it(self) -> None:
        product = ProductFactory(publish_from=NOON)
        with self.assertRaises(IntegrityError):
            Product.objects.filter(pk=product.pk).update(
                publish_until=F("publish_from")
            )

    def test_bulks_store_windows(self) -> None:
        window = PublishWindow(NOON, NOON + HOUR)
        with at(NOON - HOUR):
            (product,) = create_products(
                [NewProduct(title="A", variants=[NewVariant(sku="a")], window=window)],
                product_type=ProductTypeFactory(),
            )
        product.refresh_from_db()
        self.assertEqual(
            (product.publish_from, product.publish_until), (NOON, NOON + HOUR)
        )
        self.assertEqual(product.summary.boundary_at, NOON)
        self.assertEqual(listed(), set())


class FollowRaceTests(TransactionTestCase):
    """Four processes follow the same windows at once."""

    def test_lists_and_counts_are_right_afterwards(self) -> None:
        now = timezone.now()  # the processes' own clock
        with at(now - HOUR):
            war = CategoryFactory()
            opened = [
                ProductFactory(publish_from=now - HOUR / 2, categories=[war])
                for _ in range(10)
            ]
            for _ in range(10):
                ProductFactory(publish_until=now - HOUR / 2, categories=[war])

        outcomes = race("tests.catalogue.racers.follow", [{}] * 4)

        self.assertEqual([outcome.error for outcome in outcomes], [None] * 4)
        self.assertEqual(verify_catalogue(), [])
        self.assertEqual(listed(), {product.pk for product in opened})
