"""Many products or orders out of few: rows are copied inside MariaDB, keys moved on.

A copy is what the services would have left of a product with another name, or of
another customer with the same orders: whatever hangs on them is found by the models'
foreign keys and copied too, so that a table that comes later needs no word here.
"""

# ruff: noqa: SLF001 - Django documents ``_meta``

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import CharField, IntegerField, Max, Model, UUIDField

from catalogue.models import Product, ProductChange
from catalogue.services import recount_listings
from orders.models import Order
from payments.models import Payment
from users.models import User

ModelType = type[Model]

LEFT_OUT: tuple[ModelType, ...] = (ProductChange,)  # for the index, made anew
NAMED = "title"  # of products, and of what lists keep of them
AT_ONCE = 400_000  # rows of one statement, at most so many of one table
# A digest with the marks of a random UUID: MariaDB takes no others.
COPIED_UUID = "INSERT(INSERT(MD5(CONCAT({column}, number.seq)), 13, 1, 4), 17, 1, 8)"
UNCHECKED = "SET unique_checks = %s, foreign_key_checks = %s"  # the rows keep to both


def copy_products(copies: int) -> None:
    """Add copies of every product that is there, and count the lists again."""
    _copy(list(hanging_models(Product)), copies)
    recount_listings()


def copy_customers(copies: int) -> None:
    """Add copies of every account, with its orders and payments but nothing else.

    What orders took from the stock is not entered again: its levels stay as they are.
    """
    _copy([User, *hanging_models(Order, Payment)], copies)


def analyse_tables() -> None:
    """Let MariaDB know what it now has; commits."""
    models: list[ModelType] = [User, *hanging_models(Product, Order, Payment)]
    tables = ", ".join(model._meta.db_table for model in models)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE TABLE {tables}")


def hanging_models(*roots: ModelType) -> Iterator[ModelType]:
    """Yield the roots, and every model with a key to one that was yielded."""
    found = list(roots)
    for model in found:  # it grows
        yield model
        for relation in model._meta.get_fields(include_hidden=True):
            other: Any = relation.related_model
            hangs = relation.one_to_many or relation.one_to_one
            if relation.auto_created and hangs and other not in (*found, *LEFT_OUT):
                found.append(other)


def _copy(models: list[ModelType], copies: int) -> None:
    last_keys = {model: _last_key(model) for model in models}
    values = {"stride": 1 + max(last_keys.values())}
    step = max(AT_ONCE // values["stride"], 1)
    with connection.cursor() as cursor:
        cursor.execute(UNCHECKED, [0, 0])
        for model, last in last_keys.items():
            for first in range(1, copies + 1, step):
                numbers = f"seq_{first}_to_{min(first + step - 1, copies)}"
                statement = copy_statement(model, models, numbers)
                cursor.execute(statement, values | {"last": last})
        cursor.execute(UNCHECKED, [1, 1])


def copy_statement(model: ModelType, copied: list[ModelType], numbers: str) -> str:
    """Return the INSERT of a model's copies, one for each number of a sequence."""
    telling = _telling_fields(model, copied)
    columns = {
        f"`{field.column}`": _value(field, copied, is_telling=field.name in telling)
        for field in model._meta.concrete_fields
    }
    table, key = model._meta.db_table, _counted(model).column
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608 - our own names
        f"SELECT {', '.join(columns.values())} FROM {table} AS old "
        f"JOIN {numbers} AS number WHERE old.{key} <= %(last)s"
    )


def _last_key(model: ModelType) -> int:
    rows = model._default_manager.aggregate(last=Max(_counted(model).attname))
    return int(rows["last"] or 0)


def _counted(model: ModelType) -> Any:  # noqa: ANN401
    """Return a field that grows with the rows: the key, or a key to another model."""
    first, *_ = model._meta.pk_fields
    relations = (field for field in model._meta.concrete_fields if field.is_relation)
    is_number = first.is_relation or isinstance(first, IntegerField)
    return first if is_number else next(relations)


def _value(field: Any, copied: list[ModelType], *, is_telling: bool) -> str:  # noqa: ANN401
    """Return what a copy has in a column."""
    column = f"old.`{field.column}`"
    is_key = (
        field.related_model in copied
        if field.is_relation
        else field.primary_key and isinstance(field, IntegerField)
    )
    if is_key:
        return f"{column} + number.seq * %(stride)s"
    if isinstance(field, UUIDField):  # the same wherever it is told, as of an order
        return COPIED_UUID.format(column=column)
    if is_telling and isinstance(field, CharField):
        return f"CONCAT({column}, '-copy-', number.seq)"
    is_named = (
        field.name == NAMED
        and Product in copied
        and (field.model is Product or _leads_to(field.model, Product))
    )
    return f"CONCAT({column}, ' ', number.seq)" if is_named else column


def _leads_to(model: ModelType, other: ModelType) -> bool:
    """Tell whether a model has a key to another."""
    return any(field.related_model is other for field in model._meta.concrete_fields)


def _telling_fields(model: ModelType, copied: list[ModelType]) -> set[str]:
    """Name the fields that must differ between copies because no key in them does."""
    fields = model._meta.concrete_fields
    keys = {field.name for field in fields if field.related_model in copied}
    unique = [{field.name} for field in fields if field.unique]
    unique += [set(one.fields) for one in model._meta.total_unique_constraints]
    return {name for names in unique if not names & keys for name in names}
