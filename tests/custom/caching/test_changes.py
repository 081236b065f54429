"""Whatever is written, a kept page is what would be rendered now."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

import time_machine
from django.conf import settings
from django.test import TestCase, override_settings
from django.utils import timezone
from django_redis import get_redis_connection

from catalogue.models import AttributeDefinition, Product
from catalogue.rows import PublicProduct
from catalogue.services import (
    NewVariant,
    add_image,
    add_variant,
    announce_changes,
    create_category,
    create_product,
    delete_category,
    move_category,
    update_category,
    update_product,
    update_variant,
)
from custom.caching.store import PageStore
from partner.models import StockMovement
from partner.services import (
    adjust_stock,
    create_stock_record,
    take_stock,
    update_partner,
    update_stock_record,
)
from reviews.models import Review
from reviews.services import decide_reviews
from tests.catalogue.factories import (
    AttributeDefinitionFactory,
    ProductFactory,
    picture,
)
from tests.custom.caching.kept import KeptPages, remembering
from tests.orders.factories import make_offer
from tests.partner.factories import PartnerFactory
from tests.reviews.factories import ReviewFactory


class ChangeTests(KeptPages, TestCase):
    """Each write there is, on a product that has everything"""

    def setUp(self) -> None:
        super().setUp()
        self.top = create_category(name="Films")
        self.category = create_category(name="Drama", parent=self.top)
        self.empty = create_category(name="Empty")
        self.record = make_offer(num_in_stock=2)
        self.variant = self.record.variant
        self.product = self.variant.product
        self.other = ProductFactory(product_type=self.product.product_type)
        self.colour = AttributeDefinitionFactory(
            product_type=self.product.product_type, code="colour", name="Colour"
        )
        update_product(
            self.product.pk,
            categories=[self.category],
            attributes={"colour": "red"},
        )
        self.review = ReviewFactory(product=self.product)
        decide_reviews([self.review.pk], state=Review.State.PUBLISHED)
        page = f"/api/product/{self.product.pk}/"
        self.pages = (
            page,
            f"/api/product/{self.product.slug}/",
            f"{page}review/",
            "/api/product/",
            "/api/product/?ordering=price&category=drama",
            "/api/product/?in_stock=true",
            "/api/product/?expand=categories,partner,reviews",
            "/api/category/",
            f"/api/category/{self.top.pk}/",
        )
        for path in self.pages:
            self.assertEqual(self.client.get(path).status_code, 200, path)

    def assert_follows(self, write: Callable[[], object]) -> None:
        """Pages are right after a write: kept ones, and those of what is remembered."""
        before = self.look()
        with override_settings(CACHE_PAGES=False):
            self.assertEqual(self.look(), before)
        with self.captureOnCommitCallbacks(execute=True):
            write()
        kept = self.look()
        with override_settings(CACHE_PAGES=False):
            anew = self.look()
            with remembering(False):
                fresh = self.look()
        self.assertEqual(kept, fresh)
        self.assertEqual(anew, fresh)
        self.assertNotEqual(before, fresh, "the write changes no page")

    def look(self) -> dict[str, tuple[int, bytes]]:
        """Return what each page says; failures have ids of their own."""
        seen = {}
        for path in self.pages:
            answer = self.client.get(path)
            is_page = answer.status_code == 200
            seen[path] = answer.status_code, answer.content if is_page else b""
        return seen

    def test_product(self) -> None:
        for changes in (
            {"title": "M"},
            {"description": "A film."},
            {"attributes": {"colour": "blue"}},
            {"categories": [self.empty]},
            {"is_public": False},
            {"is_public": True},
            {"slug": "another-slug"},
        ):
            with self.subTest(changes=changes):
                self.assert_follows(lambda: update_product(self.product.pk, **changes))  # noqa: B023

    def test_other_products(self) -> None:
        new = {"product_type": self.product.product_type}
        self.assert_follows(
            lambda: create_product(title="Z", variants=[NewVariant(sku="z")], **new)
        )
        self.assert_follows(Product.objects.get(title="Z").delete)

    def test_variants_and_pictures(self) -> None:
        self.assert_follows(lambda: add_variant(self.product, NewVariant(sku="new")))
        self.assert_follows(lambda: update_variant(self.variant.pk, title="Blu-ray"))
        self.assert_follows(lambda: update_variant(self.variant.pk, is_public=False))
        self.assert_follows(lambda: add_image(self.product, picture()))
        self.assert_follows(self.product.images.get().delete)

    def test_offers(self) -> None:
        pk = self.record.pk
        self.assert_follows(lambda: update_stock_record(pk, price=Decimal("5.00")))
        self.assert_follows(
            lambda: update_stock_record(pk, compare_at_price=Decimal("7.00"))
        )
        partner = PartnerFactory(code="second")
        self.assert_follows(
            lambda: create_stock_record(
                partner=partner,
                variant=self.variant,
                partner_sku="cheaper",
                price=Decimal("3.00"),
                currency="EUR",
                source="test",
                num_in_stock=1,
            )
        )
        self.assert_follows(lambda: update_partner(partner.pk, name="Someone else"))
        self.assert_follows(lambda: update_partner(partner.pk, is_active=False))

    def test_stock(self) -> None:
        pk = self.record.pk
        for number in (1, 2):  # some left, none left
            self.assert_follows(lambda: take_stock({pk: 1}, source=f"test:{number}"))  # noqa: B023
        counted = StockMovement.Reason.COUNTED
        self.assert_follows(
            lambda: adjust_stock(pk, num_in_stock=9, reason=counted, source="count")
        )
        self.assert_follows(
            lambda: adjust_stock(pk, backorder=True, reason=counted, source="mode")
        )

    def test_categories(self) -> None:
        self.assert_follows(lambda: create_category(name="Crime", parent=self.top))
        self.assert_follows(lambda: update_category(self.category, name="Tragedy"))
        self.assert_follows(lambda: update_category(self.category, slug="tragedy"))
        self.assert_follows(lambda: move_category(self.category, parent=self.empty))
        self.assert_follows(lambda: update_category(self.empty, is_public=False))
        self.assert_follows(lambda: update_category(self.empty, is_public=True))
        self.assert_follows(lambda: delete_category(self.category))

    def test_types(self) -> None:
        def rename() -> None:
            self.colour.name = "Tint"
            self.colour.save()

        self.assert_follows(rename)
        self.assert_follows(lambda: AttributeDefinition.objects.get().delete())

    def test_reviews(self) -> None:
        second = ReviewFactory(product=self.product, rating=1)
        published, rejected = Review.State.PUBLISHED, Review.State.REJECTED
        self.assert_follows(lambda: decide_reviews([second.pk], state=published))

        def correct() -> None:
            second.title = "Corrected"
            second.save()

        def rename() -> None:
            self.review.author.first_name = "Renamed"
            self.review.author.save()

        second.refresh_from_db()
        self.assert_follows(correct)
        self.assert_follows(rename)
        self.assert_follows(lambda: decide_reviews([second.pk], state=rejected))
        self.assert_follows(self.review.delete)

    def test_what_another_product_shows_is_kept(self) -> None:
        page = f"/api/product/{self.other.pk}/"
        self.client.get(page)
        with self.captureOnCommitCallbacks(execute=True):
            update_product(self.product.pk, title="M")
            update_stock_record(self.record.pk, price=Decimal("5.00"))
            take_stock({self.record.pk: 1}, source="test:1")
        with self.assertNumQueries(0):
            self.client.get(page)

    def test_lists_are_kept_while_units_are_sold_and_some_are_left(self) -> None:
        self.client.get("/api/product/")
        with self.captureOnCommitCallbacks(execute=True):
            take_stock({self.record.pk: 1}, source="test:1")
        with self.assertNumQueries(0):
            self.client.get("/api/product/")


class WindowTests(KeptPages, TestCase):
    """A page whose product is shown until a moment"""

    def test_no_cache_keeps_it_any_longer(self) -> None:
        self.enterContext(time_machine.travel(timezone.now(), tick=False))
        product = ProductFactory()
        page = f"/api/product/{product.pk}/"
        for left, fresh in ((3, 3), (3600, 5)):
            until = timezone.now() + timedelta(seconds=left)
            with self.captureOnCommitCallbacks(execute=True):
                Product.objects.filter(pk=product.pk).update(publish_until=until)
                announce_changes([product.pk])
            keep = PageStore.keep
            with patch.object(PageStore, "keep", autospec=True) as kept:
                kept.side_effect = keep
                for path in (
                    page,
                    f"{page}review/",
                    f"{page}related/",
                    "/api/product/",
                ):
                    told = self.client.get(path)["Cache-Control"]
                    self.assertIn(f"s-maxage={fresh},", told)
            seconds = [call.args[3] for call in kept.call_args_list]
            self.assertEqual(len(seconds), 4)
            self.assertLessEqual(max(seconds), left)
            redis = get_redis_connection()
            prefix = settings.CACHES["default"]["KEY_PREFIX"]
            for body in redis.keys(f"{prefix}:page:body:*"):
                life = min(left, settings.CACHE_SECONDS) * 1000
                self.assertLessEqual(redis.pttl(body), life)

    def test_a_window_that_closes_at_once_keeps_nothing(self) -> None:
        product = ProductFactory(publish_until=timezone.now() + timedelta(days=1))
        page = f"/api/product/{product.pk}/"
        with patch.object(PublicProduct, "next_boundary", timezone.now()):
            answer = self.client.get(page)
        self.assertIn("s-maxage=0, stale-while-revalidate=0", answer["Cache-Control"])
        self.client.get(page)
        with self.assertNumQueries(0):
            self.client.get(page)
