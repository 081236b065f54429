"""An index for the tests of one process."""

import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import xapian
from django.conf import settings
from django.test import TestCase

from catalogue.models import AttributeDefinition, Product, ProductType
from catalogue.services import NewVariant, create_product, create_product_type
from catalogue.services.types import NewDefinition
from partner.models import Partner
from search.columns import attribute_column, count_values
from search.premises import read_premises
from search.requests import SearchRequest
from search.selectors import search_products
from search.services import rebuild_index
from search.writing import COUNTED
from tests.partner.factories import StockRecordFactory

Kind = AttributeDefinition.Kind
DEFINITIONS = (
    NewDefinition(code="director", name="Director", kind=Kind.TEXT),
    NewDefinition(
        code="genre",
        name="Genre",
        kind=Kind.CHOICE,
        options=[("drama", "Drama"), ("comedy", "Comedy"), ("war", "War")],
        is_facet=True,
    ),
    NewDefinition(code="year", name="Year", kind=Kind.INTEGER, is_facet=True),
    NewDefinition(code="colour", name="Colour", kind=Kind.BOOLEAN, is_facet=True),
)


def index_path() -> Path:
    """Return where this process keeps its index."""
    return Path(settings.HAYSTACK_CONNECTIONS["default"]["PATH"])


def drop_index() -> None:
    """Leave no index, as on a machine that never made one."""
    shutil.rmtree(index_path(), ignore_errors=True)


def fresh_index() -> None:
    """Make the index of just what the database has now."""
    drop_index()
    rebuild_index()


def found(query: str = "", **wanted: Any) -> list[int]:  # noqa: ANN401
    """Return ids of what a search finds, in order."""
    request = SearchRequest(query=query, ordering="title", limit=1000, **wanted)
    answer = search_products(request, read_premises())
    return [pk for pk, _ in answer.matches]


def film_type() -> ProductType:
    """Return a type with a text, a choice, a number and a truth value."""
    return create_product_type(code="film", name="Film", definitions=DEFINITIONS)


def film(
    title: str,
    product_type: ProductType,
    *,
    partner: Partner | None = None,
    price: str | None = "9.90",
    num_in_stock: int = 10,
    **fields: object,
) -> Product:
    """Store a film with one variant, offered by a partner if one is given."""
    sku = f"sku-{title.lower().replace(' ', '-')}"
    product = create_product(
        product_type=product_type,
        title=title,
        variants=[NewVariant(sku=sku)],
        **fields,
    )
    if partner and price is not None:
        StockRecordFactory(
            partner=partner,
            variant=product.variants.get(),
            price=Decimal(price),
            num_in_stock=num_in_stock,
        )
    return product


class KongTestCase(TestCase):
    """Has a shop of one film, and its index."""

    kind: ClassVar[ProductType]
    kong: ClassVar[Product]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.kind = film_type()
        cls.kong = film("King Kong", cls.kind)

    def setUp(self) -> None:
        fresh_index()


def contents() -> dict[str, object]:
    """Return what the index has, in whatever way it was made."""
    index = xapian.Database(str(index_path() / "current"))
    return {
        "documents": {
            each.docid: _document(index, each.docid) for each in index.postlist("")
        },
        "spellings": {each.term: each.termfreq for each in index.spellings()},
        "columns": {
            name: count_values(index, name, None)
            for name in (*COUNTED, attribute_column("genre"), attribute_column("year"))
        },
    }


def _document(index: xapian.Database, pk: int) -> tuple[object, ...]:
    document = index.get_document(pk)
    terms = {each.term: each.wdf for each in document.termlist()}
    places = {term: list(index.positionlist(pk, term)) for term in terms}
    values = {each.num: each.value for each in document.values()}
    return document.get_data(), terms, places, values
