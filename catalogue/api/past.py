"""A product as it was at a moment, for staff: put together from its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model
from django.http import Http404
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import ErrorDetail

from catalogue.models import (
    AttributeDefinition,
    Category,
    Product,
    ProductImage,
    ProductSummary,
    Variant,
)
from catalogue.querysets import is_id
from catalogue.rows import PublicProduct
from custom.api.problems import QueryParameterError
from custom.history.reading import State, Values, states_of, to_python, versions_of
from partner.models import StockPrice
from partner.strategy import Offer, offer_of

AS_OF = "as_of"
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class PastProduct:
    """A product that is not stored so, and the rows its page needs beside it.

    Attributes:
        product: With its categories, variants and pictures, hidden ones included. Its
            rating is the present one.
        offers: Variant -> offer, at the price asked then; its stock is that of now.
        definitions: Attributes of its type as they are now.
    """

    product: PublicProduct
    offers: Mapping[int, Offer]
    definitions: Sequence[AttributeDefinition]


def read_moment(text: str) -> datetime:
    """Read ``as_of``.

    Raises:
        QueryParameterError: It is no moment with its offset, or yet to come.
    """
    try:
        moment = parse_datetime(text)
        if moment is not None and timezone.is_aware(moment):
            moment = moment.astimezone(UTC)  # the year 1 may begin before that of UTC
    except (ValueError, OverflowError):
        moment = None
    if moment is None or timezone.is_naive(moment) or moment > timezone.now():
        told = "Give a past moment with its offset: 2026-10-01T00:00:00Z."
        raise QueryParameterError({AS_OF: [ErrorDetail(told, "invalid")]})
    return moment


def past_product(key: str, moment: datetime) -> PastProduct:
    """Return a product as it was, deleted ones by their id; 6 queries.

    Raises:
        Http404: It was not there then, or its history begins later.
    """
    pk = _pk(key)
    version = (
        versions_of(Product, pk).filter(revision__date_created__lte=moment).first()
    )
    mark = getattr(version, "mark", None)
    if version is None or (mark is not None and mark.kind != mark.Kind.CREATED):
        raise Http404
    product = _product(pk, states_of([version])[version.pk])
    definitions = AttributeDefinition.objects.filter(
        product_type=product.product_type_id
    )
    variants = [variant.id for variant in product.public_variants]
    return PastProduct(product, _offers(variants, moment), list(definitions.in_order()))


def _pk(key: str) -> str:
    """Return the id of a product that is there or, by the id alone, is no more."""
    if is_id(key):
        return key
    found = Product.objects.find(key).values_list("pk", flat=True).first()
    if found is None:
        raise Http404
    return str(found)


def _product(pk: str, state: State) -> PublicProduct:
    """Put a product together from what its version holds."""
    own = _row(Product, pk, state.values)
    summary = ProductSummary.objects.filter(product=own.pk).first()
    shown: dict[str, Any] = {
        name: getattr(own, name, None) for name in PublicProduct._fields
    }
    shown["rating"] = summary and summary.rating
    shown["review_count"] = summary.review_count if summary else 0
    product = PublicProduct(**shown)
    children = [
        _row(child.model, child.pk, child.values) for child in state.children.values()
    ]
    children.sort(key=lambda child: (child.position, child.pk))  # type: ignore[attr-defined]
    product.public_variants = [row for row in children if isinstance(row, Variant)]
    images = [row for row in children if isinstance(row, ProductImage)]
    product.shown_images = images
    in_then = Category.objects.filter(pk__in=state.values["categories"])
    product.public_categories = list(in_then.order_by("tree_id", "lft"))
    return product


def _row(model: type[M], pk: str, values: Values) -> M:
    """Return a row that is not stored, with what a version holds of it."""
    row = model(pk=model._meta.pk.to_python(pk))  # noqa: SLF001 - public
    for name, raw in values.items():
        field: Any = model._meta.get_field(name)  # noqa: SLF001
        if not field.many_to_many:
            setattr(row, field.attname, to_python(model, name, raw))
    return row


def _offers(variants: list[int], moment: datetime) -> dict[int, Offer]:
    """Return the cheapest offer of each variant at a moment; 1 query."""
    spans = (
        StockPrice.objects.valid_since(moment)
        .filter(
            stock_record__variant__in=variants,
            valid_from__lte=moment,
            currency=settings.SHOP_CURRENCY,
        )
        .select_related("stock_record__partner", "stock_record__level")
        .order_by("-price", "-stock_record")
    )
    asked = (
        offer_of(span.stock_record)._replace(price=span.price, compare_at_price=None)
        for span in spans
    )
    return {offer.variant_id: offer for offer in asked}
