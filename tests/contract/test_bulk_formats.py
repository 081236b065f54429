"""Bulks at random, right and wrong, as JSON and as XML: each row comes to the same."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar, Final, NamedTuple

from django.db import transaction
from django.db.models import Model
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyTestCase
from rest_framework.response import Response
from rest_framework.test import APIClient

from catalogue.models import Product, Variant
from custom.api.xml import as_text, dump_xml, load_xml
from partner.models import PartnerMember, StockRecord
from partner.services import add_member
from tests.catalogue.api.admin.editors import BULK, LIST, EditorTestCase
from tests.catalogue.factories import VariantFactory
from tests.custom.api.test_xml import TEXT
from tests.users.factories import UserFactory

STOCK: Final = "/api/partner/stock/"
KINDS: Final = {"application/json": json.dumps, "application/xml": dump_xml}
# Of rows that are made the database picks these, and the clock.
MADE: Final = ("id", "created_at", "updated_at")

words = TEXT.map(lambda text: text.strip()[:40].strip()).filter(bool)
# What is none of the types below, in either format.
wrong = st.sampled_from([None, [], {}, ["a"], {"a": "b"}, "-1", "1e3", "no number"])


def values(right: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw mostly what a member takes."""
    return st.integers(0, 19).flatmap(lambda dice: right if dice else wrong)


def row(
    needed: dict[str, st.SearchStrategy[Any]], others: dict[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[Any]:
    """Draw a row of a bulk, which now and then has a member that none has."""
    right = st.fixed_dictionaries(
        {name: values(each) for name, each in needed.items()},
        optional={name: values(each) for name, each in others.items()},
    )
    return st.integers(0, 9).flatmap(
        lambda dice: right if dice else right.map(lambda told: told | {"unknown": "a"})
    )


units = st.integers(0, 10**9)
VARIANT: Final = {
    "title": words,
    "attributes": st.fixed_dictionaries({}, optional={"discs": values(units)}),
    "barcode": st.just("") | words,
    "weight_grams": st.none() | units,
    "is_public": st.booleans(),
}
OWN: Final = {
    "description": TEXT,
    "tax_class": st.none(),
    "categories": values(st.just(["drama"])),
    "attributes": st.fixed_dictionaries(
        {},
        optional={
            "director": values(st.none() | words),
            "year": values(st.integers(1900, 2000)),
            "silent": values(st.booleans()),
        },
    ),
    "is_public": st.booleans(),
    "publish_from": st.none() | st.just("2026-01-01T00:00:00Z"),
}
new = row(
    {
        "external_id": st.sampled_from(["erp/2", "erp/3"]),
        # One without a letter of the Latin alphabet is given a slug by chance.
        "title": words.map("Film {}".format),
        "product_type": st.just("film"),
        "variants": st.lists(
            row({"sku": st.sampled_from(["N-DVD", "N-VHS", "N-BD"])}, VARIANT),
            min_size=1,
            max_size=2,
        ),
    },
    OWN,
)
changed = row(
    {"external_id": st.just("erp/1")},
    OWN
    | {
        "title": words,
        "slug": st.sampled_from(["metropolis", "m"]),
        "version": st.sampled_from([1, 1, 2]),
        "variants": st.lists(
            row({"sku": st.sampled_from(["M-DVD", "M-VHS"])}, VARIANT), max_size=2
        ),
    },
)
PRODUCTS = st.lists(values(new | changed), min_size=1, max_size=4)


def stock_rows(variants: Sequence[int]) -> st.SearchStrategy[Any]:
    """Draw rows of a partner's stock, of a record that is there and of new ones."""
    counts = st.integers(0, 20)
    prices = st.decimals(0, 99, places=2).map(str)
    known = row(
        {"partner_sku": st.just("F-1")},
        {
            "num_in_stock": counts,
            "price": prices,
            "expected": st.sampled_from([10, 10, 11]),
        },
    )
    others = row(
        {
            "partner_sku": words,
            "variant": st.sampled_from(variants),
            "price": prices,
        },
        {"num_in_stock": counts},
    )
    return st.lists(values(known | others), min_size=1, max_size=4)


class Bulk(NamedTuple):
    """What takes rows: where, where they are read again, and of what they are."""

    path: str
    read: str
    model: type[Model]

    def known(self) -> set[str | None]:
        """Return the ids that are there, as XML has them, and none."""
        ids = self.model._default_manager.values_list("pk", flat=True)
        return {None, *map(str, ids)}


class BulkFormatTests(PropertyTestCase, EditorTestCase):
    """POST /api/admin/product/bulk/ and /api/partner/stock/bulk/"""

    free: ClassVar[Variant]  # nobody offers it
    writer: ClassVar[APIClient]
    seller: ClassVar[APIClient]

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.free = VariantFactory()
        user = UserFactory()
        role = PartnerMember.Role.MANAGER
        add_member(partner=cls.partner, user=user, role=role)
        cls.writer, cls.seller = APIClient(), APIClient()
        cls.writer.force_authenticate(cls.editor)
        cls.seller.force_authenticate(user)

    def setUp(self) -> None:
        """Leave the test's own client alone: each example would have another."""

    @settings(max_examples=60)
    @given(PRODUCTS, st.booleans())
    def test_products(self, drawn: list[Any], is_dry_run: bool) -> None:  # noqa: FBT001
        bulk = Bulk(f"{BULK}?dry_run={is_dry_run}", LIST, Product)
        self.assertEqual(*(self.send(self.writer, bulk, drawn, kind) for kind in KINDS))

    @settings(max_examples=60)
    @given(st.data(), st.booleans())
    def test_stock(self, data: st.DataObject, is_dry_run: bool) -> None:  # noqa: FBT001
        drawn = data.draw(stock_rows([self.dvd.pk, self.free.pk]))
        bulk = Bulk(f"{STOCK}bulk/?dry_run={is_dry_run}", STOCK, StockRecord)
        self.assertEqual(*(self.send(self.seller, bulk, drawn, kind) for kind in KINDS))

    def send(
        self, client: APIClient, bulk: Bulk, drawn: list[Any], kind: str
    ) -> tuple[object, object]:
        """Send rows; return what is told and stored then, and take it back."""
        with transaction.atomic():  # noqa: TID251 - taken back below
            answer: Response = client.post(
                bulk.path,
                KINDS[kind]({"rows": drawn}),
                content_type=kind,
                headers={"Accept": kind},
            )
            stored = client.get(bulk.read, {"page_size": 100}).json()["results"]
            transaction.set_rollback(True)
        self.assertEqual(answer.status_code, 200, answer.content)
        is_xml = kind.endswith("xml")
        told: Any = (load_xml if is_xml else json.loads)(answer.content)
        told = told if is_xml else as_text(told)
        for each in told["results"]:
            if each["id"] not in bulk.known():
                each["id"] = "made"
        return told, _lasting(stored)


def _lasting(shown: object) -> object:
    """Leave out what no two writes have in common."""
    if isinstance(shown, list):
        return [_lasting(each) for each in shown]
    if not isinstance(shown, dict):
        return shown
    return {name: _lasting(each) for name, each in shown.items() if name not in MADE}
