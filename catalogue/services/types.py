"""Writes to product types and their attributes."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalogue.models import AttributeDefinition, ProductType
from custom.history import recorded
from custom.transactions import transactional


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDefinition:
    """An attribute to be defined; ``options`` are (value, label) of a choice."""

    code: str
    name: str
    kind: AttributeDefinition.Kind
    applies_to: AttributeDefinition.AppliesTo = AttributeDefinition.AppliesTo.PRODUCT
    options: Sequence[tuple[str, str]] = ()
    is_required: bool = False
    is_facet: bool = False


@transactional
def create_product_type(
    *, code: str, name: str, definitions: Sequence[NewDefinition] = ()
) -> ProductType:
    """Store a product type with its attributes, in the order given."""
    with recorded("Product type created."):
        product_type = ProductType.objects.create(code=code, name=name)
        for position, new in enumerate(definitions):
            AttributeDefinition.objects.create(
                product_type=product_type,
                code=new.code,
                name=new.name,
                kind=new.kind,
                applies_to=new.applies_to,
                options=[
                    {"value": value, "label": label} for value, label in new.options
                ],
                is_required=new.is_required,
                is_facet=new.is_facet,
                position=position,
            )
    return product_type
