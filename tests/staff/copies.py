"""Many rows of any model, stored fast: copies of one that is there.

Copies differ in what must be unique, and share the rest. A list shows them as it shows
rows that people made, so they tell how often it asks the database. As a whole they are
not sound (an order's copy has no lines): tests of anything else make rows by factories.
"""

import uuid
from collections.abc import Callable, Iterator
from itertools import count

from django.db.models import (
    AutoField,
    BooleanField,
    Field,
    ForeignKey,
    Max,
    Model,
    UniqueConstraint,
)

from catalogue.models import Category
from payments.models import Payment
from users.models import User

Values = dict[str, object]
SAMPLE = 50  # rows, of which the fullest is copied
_numbers = count(1)

# What no constraint tells: another address, the root of a tree of its own.
OTHERS: dict[type[Model], Callable[[int], Values]] = {
    Payment: lambda _number: {"wanted_order": None},
    User: lambda number: {"email": f"copy{number}@example.com"},
    Category: lambda number: {
        "tree_id": 1_000_000 + number,
        "parent": None,
        "level": 0,
        "lft": 1,
        "rght": 2,
    },
}


def fill_up(model: type[Model], total: int) -> None:
    """Store copies of the fullest row until there are ``total``.

    Raises:
        AssertionError: There is no row to copy.
    """
    missing = total - model._base_manager.count()
    if missing > 0:
        _copy(model, missing)


def _copy(model: type[Model], number: int) -> list[Model]:
    """Store so many copies of one row, and of the rows that they may not share."""
    pattern = max(
        model._base_manager.order_by("pk")[:SAMPLE], key=_richness, default=None
    )
    if pattern is None:
        msg = f"{model._meta.label} has no row: make one in tests.staff.rows"
        raise AssertionError(msg)
    kept = {
        field.attname: getattr(pattern, field.attname)
        for field in model._meta.concrete_fields
        if not isinstance(field, AutoField)
    }
    varied = [
        (field, _values_of(field, kept[field.attname], number))
        for field in _fields_to_vary(model)
    ]
    rows = []
    for _ in range(number):
        values = kept | {field.attname: next(found) for field, found in varied}
        if others := OTHERS.get(model):
            values |= others(next(_numbers))
        rows.append(model(**values))
    return model._base_manager.bulk_create(rows, batch_size=500)


def _richness(row: Model) -> int:
    """Return how much a row has; where nothing stands, a list asks for nothing."""
    fields = row._meta.concrete_fields
    return sum(getattr(row, field.attname) is not None for field in fields)


def _fields_to_vary(model: type[Model]) -> set[Field]:
    """Return one field of every unique constraint, if possible no relation."""
    options = model._meta
    constraints = [
        [options.get_field(name) for name in constraint.fields]
        for constraint in options.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    constraints += [
        [field]
        for field in options.concrete_fields
        if field.unique and not isinstance(field, AutoField)
    ]
    return {min(fields, key=_effort) for fields in constraints}


def _effort(field: Field) -> tuple[bool, bool]:
    """Return what makes a field hard to vary, the worst first."""
    return isinstance(field, ForeignKey), bool(field.choices)


def _values_of(field: Field, value: object, number: int) -> Iterator[object]:
    """Return so many values that no other row has; nulls are never the same."""
    if value is None or isinstance(field, BooleanField):
        return iter([None] * number)
    if isinstance(field, ForeignKey):
        return iter([row.pk for row in _copy(field.related_model, number)])
    if isinstance(value, uuid.UUID):
        return (uuid.uuid4() for _ in range(number))
    if isinstance(value, int):
        highest = field.model._base_manager.aggregate(highest=Max(field.name))[
            "highest"
        ]
        return iter(range(highest + 1, highest + 1 + number))
    length = field.max_length - 8
    return (f"{str(value)[:length]}{next(_numbers):08}" for _ in range(number))
