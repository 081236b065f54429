from datetime import timedelta
from decimal import Decimal

from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APITestCase
from reversion.models import Revision

from catalogue.models import Product
from catalogue.services import (
    NewVariant,
    add_image,
    add_variant,
    create_category,
    create_product,
    update_product,
)
from custom.history import recorded
from custom.transactions import run_in_transaction
from partner.models import StockPrice
from partner.services import update_stock_record
from tests.catalogue.factories import (
    AttributeDefinitionFactory,
    ProductTypeFactory,
    picture,
)
from tests.orders.api.problems import ProblemAssertions
from tests.partner.factories import StockRecordFactory
from tests.users.factories import UserFactory, create_token

NOW = timezone.now()
THEN = NOW - timedelta(days=5)


def age(days: int) -> None:
    """Let all that has happened so far have happened some days ago."""
    for revision in Revision.objects.filter(date_created__gt=NOW - timedelta(days=1)):
        revision.date_created = NOW - timedelta(days=days)
        revision.save()


class ProductPastTests(ProblemAssertions, APITestCase):
    """GET /api/product/{key}/?as_of=…"""

    def setUp(self) -> None:
        product_type = ProductTypeFactory()
        AttributeDefinitionFactory(product_type=product_type, code="by", name="By")
        self.drama, self.noir = (create_category(name=name) for name in ("A", "B"))
        self.product = create_product(
            product_type=product_type,
            title="Then",
            attributes={"by": "Reed"},
            categories=[self.drama],
            variants=[NewVariant(sku="T-1")],
        )
        add_image(self.product, picture())
        record = StockRecordFactory(
            variant=self.product.variants.get(), price=Decimal(10)
        )
        age(10)
        StockPrice.objects.update(valid_from=NOW - timedelta(days=10))
        self.url = f"/api/product/{self.product.pk}/"
        update_product(
            self.product.pk,
            title="Now",
            attributes={"by": "Welles"},
            categories=[self.noir],
        )
        add_variant(self.product, NewVariant(sku="T-2"))
        update_stock_record(record.pk, price=Decimal(20))
        _, token = create_token(UserFactory(is_staff=True, is_superuser=True))
        self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    def get(self, as_of: object = THEN) -> Response:
        moment = as_of.isoformat() if hasattr(as_of, "isoformat") else as_of
        return self.client.get(self.url, {"as_of": moment})

    def test_it_is_shown_as_it_was(self) -> None:
        answer = self.get()
        self.assertEqual(answer.status_code, 200)
        body = answer.json()
        self.assertEqual(body["title"], "Then")
        self.assertEqual([each["value"] for each in body["attributes"]], ["Reed"])
        self.assertEqual([each["name"] for each in body["categories"]], ["A"])
        self.assertEqual(len(body["images"]), 1)
        self.assertEqual(
            [(each["sku"], each["price"]) for each in body["variants"]],
            [("T-1", "10.00")],
        )
        self.assertEqual(answer["Cache-Control"], "private, no-store")
        present = self.client.get(self.url).json()
        self.assertEqual(present.keys(), body.keys())
        self.assertEqual((present["title"], len(present["variants"])), ("Now", 2))
        self.assertEqual(present["variants"][0]["price"], "20.00")

    def test_a_deleted_one_is_still_shown_as_it_was(self) -> None:
        pk = Product.objects.get().pk
        other = create_product(
            product_type=self.product.product_type,
            title="Gone",
            variants=[NewVariant(sku="G-1")],
        )
        gone = other.pk
        age(10)

        def delete() -> None:
            with recorded("Gone."):
                other.delete()

        run_in_transaction(delete)
        self.url = f"/api/product/{gone}/"
        self.assertEqual(self.get().json()["title"], "Gone")
        self.assert_problem(self.get(timezone.now()), 404, "not-found")
        self.assertNotEqual(pk, gone)

    def test_before_its_history_there_is_nothing(self) -> None:
        self.assert_problem(self.get(NOW - timedelta(days=20)), 404, "not-found")

    def test_bad_moments_are_refused(self) -> None:
        for moment in (
            "x",
            "2026-10-01",
            "2026-10-01T00:00:00",
            "2026-13-01T00:00:00Z",
            "0001-01-01T00:00:00+14:00",  # the year 0 in UTC
        ):
            self.assert_problem(self.get(moment), 400, "invalid-input")
        later = timezone.now() + timedelta(days=1)
        self.assert_problem(self.get(later), 400, "invalid-input")
        listed = self.client.get("/api/product/", {"as_of": THEN.isoformat()})
        self.assert_problem(listed, 400, "invalid-input")

    def test_it_is_for_staff(self) -> None:
        _, token = create_token(UserFactory())
        self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        self.assert_problem(self.get(), 403, "permission-denied")
        self.client.credentials()
        self.assert_problem(self.get(), 401, "not-authenticated")

    def test_queries_do_not_grow_with_variants(self) -> None:
        self.get()
        for count in (1, 5):
            for number in range(count):
                add_variant(self.product, NewVariant(sku=f"{count}-{number}"))
            with self.assertNumQueries(7):
                self.get(timezone.now())
