"""A catalogue editor, a product to edit, and what the editor is shown of it."""

from typing import Any
from unittest import mock

from django.contrib.auth.models import Group
from django.test import override_settings
from rest_framework.response import Response
from rest_framework.test import APITestCase
from reversion.models import Version

from catalogue.models import AttributeDefinition, Product, Variant
from catalogue.services import NewVariant, create_product
from tests.catalogue.factories import (
    AttributeDefinitionFactory,
    CategoryFactory,
    ProductTypeFactory,
)
from tests.partner.factories import PartnerFactory, StockRecordFactory
from tests.users.factories import UserFactory
from users.models import User

LIST = "/api/admin/product/"
BULK = f"{LIST}bulk/"
ANY = mock.ANY
NEW = {
    "external_id": "erp/2",
    "title": "Nosferatu",
    "product_type": "film",
    "variants": [{"sku": "N-DVD"}],
}  # a row of a bulk
Kind = AttributeDefinition.Kind


def make_editor(group: str = "Catalogue editor") -> User:
    """Store one of the staff, in a group."""
    user: User = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


class EditorTestCase(APITestCase):
    """A film of two variants, one of them offered, that an editor reads and writes."""

    product: Product
    dvd: Variant
    vhs: Variant

    @classmethod
    def setUpTestData(cls) -> None:
        cls.film = ProductTypeFactory(code="film")
        for code, kind, applies_to in (
            ("director", Kind.TEXT, "product"),
            ("year", Kind.INTEGER, "product"),
            ("silent", Kind.BOOLEAN, "product"),
            ("discs", Kind.INTEGER, "variant"),
        ):
            AttributeDefinitionFactory(
                product_type=cls.film, code=code, kind=kind, applies_to=applies_to
            )
        cls.drama = CategoryFactory(name="Drama", slug="drama")
        cls.product = create_product(
            product_type=cls.film,
            title="Metropolis",
            slug="metropolis",
            description="A city.",
            external_id="erp/1",
            attributes={"director": "Lang", "year": 1927, "silent": True},
            categories=[cls.drama],
            variants=[
                NewVariant(sku="M-DVD", attributes={"discs": 2}, weight_grams=90),
                NewVariant(sku="M-VHS", title="Tape", is_public=False),
            ],
        )
        cls.dvd, cls.vhs = cls.product.variants.order_by("pk")
        cls.partner = PartnerFactory(code="films")
        cls.offer = StockRecordFactory(
            partner=cls.partner, variant=cls.dvd, partner_sku="F-1"
        )
        cls.editor = make_editor()
        cls.detail = f"{LIST}{cls.product.pk}/"

    def setUp(self) -> None:
        self.client.force_authenticate(self.editor)

    def variant_row(self, **changes: object) -> dict[str, Any]:
        return {
            "id": self.dvd.pk,
            "sku": "M-DVD",
            "title": "",
            "attributes": {"discs": 2},
            "barcode": "",
            "weight_grams": 90,
            "position": 0,
            "is_public": True,
            "offers": [
                {
                    "id": self.offer.pk,
                    "partner": "films",
                    "partner_sku": "F-1",
                    "price": "9.90",
                    "compare_at_price": None,
                    "currency": "EUR",
                    "num_in_stock": 10,
                    "num_allocated": 0,
                    "num_backordered": 0,
                    "low_stock_threshold": None,
                    "backorder": False,
                }
            ],
        } | changes

    def shown(self, **changes: object) -> dict[str, Any]:
        tape = {
            "id": self.vhs.pk,
            "sku": "M-VHS",
            "title": "Tape",
            "attributes": {},
            "weight_grams": None,
            "position": 1,
            "is_public": False,
            "offers": [],
        }
        return {
            "id": self.product.pk,
            "external_id": "erp/1",
            "slug": "metropolis",
            "title": "Metropolis",
            "description": "A city.",
            "product_type": "film",
            "tax_class": None,
            "attributes": {"director": "Lang", "year": 1927, "silent": True},
            "categories": [self.drama.pk],
            "is_public": True,
            "publish_from": None,
            "publish_until": None,
            "is_shown": True,
            "version": 1,
            "created_at": ANY,
            "updated_at": ANY,
            "variants": [self.variant_row(), self.variant_row(**tape)],
            "images": [],
        } | changes

    def tag(self) -> dict[str, str]:
        """Return the header of who has read the product."""
        return {"If-Match": self.client.get(self.detail)["ETag"]}

    def faults(self, answer: Response) -> set[tuple[str, str]]:
        self.assertEqual(answer.status_code, 400, answer.content)
        return {(each["pointer"], each["code"]) for each in answer.json()["errors"]}

    def assert_problem(self, answer: Response, status: int, code: str) -> None:
        self.assertEqual(answer.status_code, status, answer.content)
        self.assertEqual(answer.json()["code"], code)

    def assert_unchanged(self) -> None:
        self.assertEqual(self.client.get(self.detail).json(), self.shown())

    def last_step(self, row: Any) -> tuple[str, str, int | None, str]:
        """Return why, through what, by whom and in which request a row was changed."""
        version = Version.objects.get_for_object(row).first()
        revision = version.revision
        note = revision.note
        return revision.comment, note.source, revision.user_id, note.request_id


class BulkTestCase(EditorTestCase):
    """Sends rows to POST /api/admin/product/bulk/"""

    def bulk(
        self, *rows: object, query: str = "", key: str | None = None, **others: object
    ) -> Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        body = {"rows": list(rows)} | others
        return self.client.post(f"{BULK}{query}", body, headers=headers)

    def results(self, *rows: object, **options: Any) -> list[dict[str, Any]]:
        answer = self.bulk(*rows, **options)
        self.assertEqual(answer.status_code, 200, answer.content)
        found: list[dict[str, Any]] = answer.json()["results"]
        return found

    def refused(self, *rows: object) -> set[tuple[str, str]]:
        """Send rows, the last of which is refused; return its faults."""
        result = self.results(*rows)[-1]
        self.assertEqual((result["outcome"], result["id"]), ("error", None))
        return {(each["pointer"], each["code"]) for each in result["errors"]}


needs_second_factor = override_settings(STAFF_MFA_REQUIRED=True)
