"""The cell of attributes, held against the product type."""

from collections.abc import Sequence
from typing import Any

from catalogue.attributes import clean_attributes
from catalogue.errors import InvalidAttributesError
from catalogue.models import AttributeDefinition
from exchange.kinds.base import RowError


def clean_cell(
    definitions: Sequence[AttributeDefinition], given: dict[str, object]
) -> dict[str, Any]:
    """Return attributes as they are stored.

    Raises:
        RowError: One does not fit.
    """
    try:
        return dict(clean_attributes(definitions, given))
    except InvalidAttributesError as error:
        faults: Any = error.extra["attributes"]
        told = " ".join(f"{each['code']}: {each['detail']}" for each in faults)
        raise RowError(told, "attributes") from error
