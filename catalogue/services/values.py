"""The attribute values that products are found by (decision 0031)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from catalogue.attribute_terms import Kind, comparable
from catalogue.attributes import clean_attributes
from catalogue.errors import InvalidAttributesError
from catalogue.models import (
    VALUE_LENGTH,
    AttributeDefinition,
    ListedValue,
    Product,
    ProductSummary,
    Variant,
)
from catalogue.querysets import WHOLE_SHOP
from custom.batching import batched
from custom.collecting import Turn, gathered
from custom.transactions import transactional

BATCH = 500  # products read and written at a time
AppliesTo = AttributeDefinition.AppliesTo
Key = tuple[int, str, str]  # product, code, value


@gathered(Turn.VALUES, None)
@transactional
def refresh_values(product_ids: Iterable[int]) -> None:
    """Let products be found by just the values they have; 5 to 7 statements per 500.

    Locks the products' summaries and only then reads the values, so that of two
    transactions the one that commits last has seen the other's change.
    """
    for pks in in_batches(product_ids):
        ProductSummary.objects.lock(pks)
        store_values(pks)


def store_values(product_ids: Sequence[int]) -> None:
    """Store the values of one batch of products, whose summaries are locked.

    What is in no list has none, so that a product that is being deleted gets no more.
    """
    before, after = stored_values(product_ids), values_of(product_ids)
    if gone := sorted(before - after):
        ListedValue.objects.filter(pk__in=gone).delete()
    ListedValue.objects.bulk_create(
        (
            ListedValue(product_id=product_id, code=code, value=value)
            for product_id, code, value in sorted(after - before)
        ),
        batch_size=BATCH,
    )


def drop_values(product_ids: Sequence[int]) -> None:
    """Let products be found by no value any more."""
    ListedValue.objects.filter(product__in=product_ids).delete()


def in_batches(product_ids: Iterable[int]) -> Iterator[list[int]]:
    """Cut keys into ascending batches, each key once."""
    return batched(sorted(set(product_ids)), BATCH)


def stored_values(product_ids: Sequence[int]) -> set[Key]:
    """Return what products are found by; 1 query."""
    stored = ListedValue.objects.filter(product__in=product_ids)
    return set(stored.values_list("product", "code", "value"))


def values_of(product_ids: Sequence[int]) -> set[Key]:
    """Return what listed products and their public variants say; 3 queries."""
    listed = Product.objects.filter(pk__in=product_ids, listings__scope=WHOLE_SHOP)
    found = listed.only("product_type", "attributes").in_bulk()
    variants = Variant.objects.filter(product__in=found, is_public=True)
    owners: defaultdict[int, list[Product | Variant]] = defaultdict(list)
    for variant in variants.only("product", "attributes").order_by("pk"):
        owners[variant.product_id].append(variant)
    types = {product.product_type_id for product in found.values()}
    definitions: defaultdict[int, list[AttributeDefinition]] = defaultdict(list)
    for definition in AttributeDefinition.objects.filter(product_type__in=types):
        definitions[definition.product_type_id].append(definition)
    return {
        (pk, definition.code, value)
        for pk, product in found.items()
        for definition in definitions[product.product_type_id]
        for owner in _owners(product, owners[pk], definition)
        for value in _value_of(owner, definition)
    }


def _owners(
    product: Product,
    variants: Sequence[Product | Variant],
    definition: AttributeDefinition,
) -> Sequence[Product | Variant]:
    """Return whose attribute a definition is."""
    return [product] if definition.applies_to == AppliesTo.PRODUCT else variants


def _value_of(owner: Product | Variant, definition: AttributeDefinition) -> list[str]:
    """Return the value as it is compared; none, too long or misfit: nothing."""
    code = definition.code
    if code not in owner.attributes:
        return []
    try:
        cleaned = clean_attributes([definition], {code: owner.attributes[code]})
    except InvalidAttributesError:  # the definition has changed since it was stored
        return []
    values = (comparable(Kind(definition.kind), each) for each in cleaned.values())
    return [value for value in values if len(value) <= VALUE_LENGTH]
