"""What versions hold: the values of a row, and of the rows that belong to it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import reversion
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.db import DEFAULT_DB_ALIAS, models
from reversion import revisions
from reversion.models import Version

Values = dict[str, Any]  # field name -> value as JSON has it; of relations, keys
PAGE_SIZE = 25


@dataclass(frozen=True, slots=True)
class Child:
    """A row that belongs to another and is edited on its page."""

    model: type[models.Model]
    pk: str
    name: str
    values: Values


@dataclass(frozen=True, slots=True)
class State:
    """A row as it was or is, with its children by (label of the model, key)."""

    model: type[models.Model]
    values: Values
    children: Mapping[tuple[str, str], Child] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChildRelation:
    """How children are reached: ``product.variants``, and back by their field."""

    accessor: str
    model: type[models.Model]
    field: str


def recorded_fields(model: type[models.Model]) -> tuple[str, ...]:
    """Return the names of the fields a version of the model holds."""
    names: tuple[str, ...] = revisions._get_options(model).fields  # noqa: SLF001
    return names


def load_links(rows: Sequence[models.Model]) -> None:
    """Load what versions of rows of one model hold of many to many; a query each."""
    linked = {each.name for each in rows[0]._meta.local_many_to_many}  # noqa: SLF001
    recorded = linked.intersection(recorded_fields(type(rows[0])))
    models.prefetch_related_objects(rows, *sorted(recorded))


def edited_fields(model: type[models.Model]) -> dict[str, models.Field[Any, Any]]:
    """Return the fields people fill in, by name; versions hold others besides."""
    options = model._meta  # noqa: SLF001 - public
    recorded = recorded_fields(model)
    return {
        each.name: each
        for each in (*options.concrete_fields, *options.local_many_to_many)
        if each.editable and not each.primary_key and each.name in recorded
    }


def child_relations(model: type[models.Model]) -> Iterator[ChildRelation]:
    """Yield the relations reversion follows from a row down to its children."""
    followed = revisions._get_options(model).follow  # noqa: SLF001 - no other way
    for relation in model._meta.related_objects:  # noqa: SLF001 - public
        accessor = str(relation.get_accessor_name())
        if relation.one_to_many and accessor in followed:
            yield ChildRelation(accessor, relation.related_model, relation.field.name)


def values_of(version: Version) -> Values:
    """Return every value a version holds; fields that are no more are left out."""
    model = version.content_type.model_class()
    known = {each.name for each in model._meta.get_fields()}  # noqa: SLF001
    (stored,) = json.loads(version.serialized_data)
    return {name: raw for name, raw in stored["fields"].items() if name in known}


def values_of_row(row: models.Model) -> Values:
    """Return what a version of the row would hold now; a query each many to many."""
    names = recorded_fields(type(row))
    (stored,) = json.loads(serializers.serialize("json", (row,), fields=names))
    values: Values = stored["fields"]
    return values


def values_of_rows(rows: Sequence[models.Model]) -> dict[str, Values]:
    """Return key -> what a version of each row would hold now, of one model.

    One query for each relation of many to many, however many the rows.
    """
    if not rows:
        return {}
    load_links(rows)
    names = recorded_fields(type(rows[0]))
    stored = json.loads(serializers.serialize("json", rows, fields=names))
    return {str(row.pk): each["fields"] for row, each in zip(rows, stored, strict=True)}


def to_python(model: type[models.Model], name: str, raw: Any) -> Any:  # noqa: ANN401
    """Return a held value as the field has it; of relations the key or keys.

    Raises:
        ValidationError: The field can no longer hold it.
    """
    found: Any = model._meta.get_field(name)  # noqa: SLF001 - public
    if found.many_to_many:
        target = found.related_model._meta.pk  # noqa: SLF001
        return sorted(target.to_python(each) for each in raw)
    if found.is_relation:
        found = found.target_field
    if isinstance(found, models.JSONField):
        return raw
    return found.to_python(raw)


def versions_of(model: type[models.Model], pk: object) -> models.QuerySet[Version]:
    """Return the versions of a row, the newest first; read along one index.

    They come in the order of their revisions, which is that of the index; ordering by
    their own keys would read and sort all of them.
    """
    of_row = Version.objects.filter(
        db=DEFAULT_DB_ALIAS,
        content_type=ContentType.objects.get_for_model(model),
        object_id=str(pk),
    )
    told = ("content_type", "revision__user", "revision__note", "mark")
    return of_row.select_related(*told).order_by("-revision_id")


def states_of(versions: Sequence[Version]) -> dict[int, State]:
    """Read versions of one row with what their revisions hold of its children.

    Returns:
        Key of the version -> state; one query, none without children.
    """
    if not versions:
        return {}
    model = versions[0].content_type.model_class()
    children = _children(model, versions)
    return {
        version.pk: State(
            model, values_of(version), children.get(version.revision_id, {})
        )
        for version in versions
    }


def state_of_row(row: models.Model) -> State:
    """Read a row and its children as they are; a query for each kind of child."""
    children = {}
    for relation in child_relations(type(row)):
        for child in getattr(row, relation.accessor).all():
            key = relation.model._meta.label_lower, str(child.pk)  # noqa: SLF001
            values = values_of_row(child)
            children[key] = Child(relation.model, str(child.pk), str(child), values)
    return State(type(row), values_of_row(row), children)


def _children(
    model: type[models.Model], versions: Iterable[Version]
) -> dict[int, dict[tuple[str, str], Child]]:
    """Return revision -> its versions of a row's children; deleted ones are none."""
    relations = {
        ContentType.objects.get_for_model(relation.model).pk: relation
        for relation in child_relations(model)
    }
    found: dict[int, dict[tuple[str, str], Child]] = defaultdict(dict)
    if not relations:
        return found
    by_revision = {version.revision_id: version for version in versions}
    of_children = Version.objects.filter(
        revision__in=by_revision, content_type__in=relations
    ).exclude(mark__kind__in=("deleted", "recovered"))
    for version in of_children.select_related("content_type").order_by("pk"):
        relation = relations[version.content_type_id]
        values = values_of(version)
        parent = by_revision[version.revision_id].object_id
        if str(values.get(relation.field)) != parent:
            continue
        key = relation.model._meta.label_lower, version.object_id  # noqa: SLF001
        found[version.revision_id][key] = Child(
            relation.model, version.object_id, version.object_repr, values
        )
    return found


def is_versioned(model: type[models.Model]) -> bool:
    """Tell whether changes of the model are recorded."""
    return bool(reversion.is_registered(model))
