"""Going back: one field, a whole row with its children, or a row that was deleted."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS, models
from reversion.models import Version

from custom.errors import MissingError
from custom.history.comparing import same
from custom.history.reading import (
    State,
    Values,
    recorded_fields,
    state_of_row,
    states_of,
    to_python,
    values_of,
    values_of_row,
)
from custom.history.recording import recorded
from custom.history.rules import (
    ModelRules,
    NothingToRevertError,
    RevertRefusedError,
    refusals,
    rules_for,
)
from custom.models import VersionMark
from custom.transactions import transactional

ALL: Collection[str] = ()


class RowGoneError(MissingError):
    """The row has been deleted; it can be recovered, not reverted."""

    code = "row-gone"
    title = "Deleted"


class NotDeletedError(RevertRefusedError):
    """The row is there, so that there is nothing to bring back."""

    code = "not-deleted"
    title = "Not deleted"


@transactional
def revert(
    version: Version,
    *,
    names: Collection[str] = ALL,
    actor: Any = None,  # noqa: ANN401 - the user model is above the kernel
    reason: str = "",
) -> models.Model:
    """Put a row back to what a version holds, as a new version.

    Args:
        version: Of a row that is there.
        names: Fields, or keys of JSON objects as ``attributes.colour``. None: every
            field that may be put back, and the children the version has, those
            that were deleted included. Children added since stay.
        actor: Who does it.
        reason: Why; a sentence is made if there is none.

    Raises:
        RowGoneError: The row has been deleted.
        NothingToRevertError: It is as it was.
        RevertRefusedError: A rule forbids it, or a service does with an error of
            its own.

    Whatever is raised, nothing is changed.
    """
    model = version.content_type.model_class()
    rules = rules_for(model)
    row = rules.lock(version.object_id)
    if row is None:
        msg = "It has been deleted. Recover it instead."
        raise RowGoneError(msg)
    told = reason or f"Put back to how it was on {version.revision.date_created:%F %T}."
    with recorded(told, actor=actor), refusals():
        changes = changes_to(rules, values_of_row(row), values_of(version), names)
        if changes:
            rules.put_back(row, changes)
        restored = 0 if names else _put_back_children(row, version)
        if not changes and not restored:
            msg = "It is as it was then, or may not be put back."
            raise NothingToRevertError(msg)
    return row


def changes_to(
    rules: ModelRules[Any],
    present: Values,
    former: Values,
    names: Collection[str] = ALL,
) -> dict[str, Any]:
    """Return what has to be written so that a row is as it was.

    Returns:
        Name of a field that may be put back and is not the same -> its value.
    """
    keys: dict[str, list[str]] = {}
    for name in names:
        field, _dot, key = name.partition(".")
        keys.setdefault(field, []).extend([key] if key else [])
    changes = {}
    for name in rules.revertible():
        if name not in former or (names and name not in keys):
            continue
        value = former[name]
        if keys.get(name):
            value = _with_keys(present[name], value, keys[name])
        if not same(rules.model, name, present.get(name), value):
            changes[name] = to_python(rules.model, name, value)
    return changes


def _with_keys(
    present: Mapping[str, Any], former: Mapping[str, Any], keys: Sequence[str]
) -> dict[str, Any]:
    """Return a JSON object with some keys as they were, absent ones taken out."""
    mixed = dict(present)
    for key in keys:
        mixed.pop(key, None)
        if key in former:
            mixed[key] = former[key]
    return mixed


def _put_back_children(row: models.Model, version: Version) -> int:
    """Put the children a version has back, deleted ones too; count them."""
    then: State = states_of([version])[version.pk]
    now = state_of_row(row)
    count = 0
    for key, child in then.children.items():
        rules = rules_for(child.model)
        if key not in now.children:
            _store(rules, child.pk, child.values)
            count += 1
            continue
        changes = changes_to(rules, now.children[key].values, child.values)
        if changes and (stored := rules.lock(child.pk)) is not None:
            rules.put_back(stored, changes)
            count += 1
    return count


@dataclass(frozen=True, slots=True)
class Recovered:
    """What came back.

    Attributes:
        row: The one asked for.
        count: Number of rows, those included that a cascade had taken.
        left_out: Sentences about links to rows that are no more.
    """

    row: models.Model
    count: int
    left_out: Sequence[str]


@transactional
def recover(
    version: Version,
    *,
    actor: Any = None,  # noqa: ANN401 - the user model is above the kernel
    reason: str = "",
) -> Recovered:
    """Store a deleted row again, with every row that its deletion took along.

    Keys, children, links of many to many and rows that pointed here come back.

    Args:
        version: With the mark of a deletion.
        actor: Who does it.
        reason: Why; a sentence is made if there is none.

    Raises:
        NotDeletedError: The row is there, or the version is not of a deletion.
        RevertRefusedError: Its place is taken, or a row it needs is gone.

    Whatever is raised, nothing is changed.
    """
    mark = VersionMark.objects.select_for_update().filter(version=version).first()
    if mark is None or mark.kind != VersionMark.Kind.DELETED:
        msg = "It has been brought back already, or was never deleted."
        raise NotDeletedError(msg)
    family = list(family_of(version))
    left_out: list[str] = []
    rows = []
    with recorded(reason or "Recovered.", actor=actor), refusals():
        for each in family:
            rules = rules_for(each.content_type.model_class())
            if rules.lock(each.object_id) is not None:
                msg = f"{each.object_repr} is there already."
                raise NotDeletedError(msg)
            values = values_of(each)
            left_out += _drop_dead_links(rules.model, each.object_repr, values)
            rows.append(_store(rules, each.object_id, values))
        for each, row in zip(family, rows, strict=True):
            left_out += _point_here(row, each.mark.links)
    return Recovered(rows[0], len(rows), left_out)


def bring_back_all(rules: ModelRules[Any], versions: Sequence[Version]) -> None:
    """Store deleted rows of one model again, each without those that it took along.

    The caller has found them gone, under their locks, and records what is written.

    Raises:
        DomainError: A place is taken, or a row that one needs is gone.
    """
    for version in versions:
        values = values_of(version)
        for _told in _drop_dead_links(rules.model, version.object_repr, values):
            pass
        row = _store(rules, version.object_id, values)
        for _told in _point_here(row, version.mark.links):
            pass


def family_of(version: Version) -> Iterator[Version]:
    """Yield a deleted row and those that went because of it, parents first."""
    deleted = Version.objects.filter(
        revision=version.revision_id, mark__kind=VersionMark.Kind.DELETED
    ).select_related("content_type", "mark")
    waiting = {each.pk: each for each in deleted}
    generation = [waiting.pop(version.pk)]
    while generation:
        yield from generation
        parents = {
            (each.content_type.model_class(), each.object_id) for each in generation
        }
        generation = [each for each in waiting.values() if _is_child(each, parents)]
        for each in generation:
            del waiting[each.pk]


def _is_child(version: Version, parents: Collection[tuple[Any, str]]) -> bool:
    """Tell whether a deleted row needed one of the parents."""
    model = version.content_type.model_class()
    values = values_of(version)
    return any(
        (field.related_model, str(values.get(field.name))) in parents
        for field in model._meta.concrete_fields  # noqa: SLF001 - public
        if field.is_relation and field.remote_field.on_delete is models.CASCADE
    )


def _drop_dead_links(
    model: type[models.Model], name: str, values: Values
) -> Iterator[str]:
    """Take links to rows that are no more out of the values, and tell of them."""
    for field in model._meta.get_fields():  # noqa: SLF001 - public
        if not field.many_to_many or field.name not in values:
            continue
        pks = to_python(model, field.name, values[field.name])
        others: Any = field.related_model._base_manager  # type: ignore[union-attr]  # noqa: SLF001
        found = set(others.filter(pk__in=pks).values_list("pk", flat=True))
        values[field.name] = [pk for pk in pks if pk in found]
        for gone in set(pks) - found:
            yield f"{name}: {field.name} number {gone} is no longer there."


def _store(rules: ModelRules[Any], pk: str, values: Values) -> models.Model:
    """Bring one row back under its key, with all its version holds."""
    model = rules.model
    row = model(pk=model._meta.pk.to_python(pk))  # noqa: SLF001 - public
    held = {
        name: to_python(model, name, raw)
        for name, raw in values.items()
        if name in recorded_fields(model)
    }
    links = rules.assign(row, held)
    rules.bring_back(row, links)
    VersionMark.objects.filter(
        content_type=ContentType.objects.get_for_model(model),
        kind=VersionMark.Kind.DELETED,
        version__object_id=pk,
        version__db=DEFAULT_DB_ALIAS,
        version__content_type=ContentType.objects.get_for_model(model),
    ).update(kind=VersionMark.Kind.RECOVERED)
    return row


def _point_here(row: models.Model, links: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """Let the rows that pointed at a deleted row point at it again, if they may."""
    for relation in row._meta.related_objects:  # noqa: SLF001 - public
        accessor = str(relation.get_accessor_name())
        if accessor not in links:
            continue
        others = relation.related_model._base_manager  # noqa: SLF001
        found = list(others.filter(pk__in=links[accessor]).order_by("pk"))
        if relation.many_to_many:
            getattr(row, accessor).add(*found)
        for other in found if relation.one_to_many else ():
            if getattr(other, relation.field.attname) is None:
                setattr(other, relation.field.name, row)
                other.save()
        if missing := len(links[accessor]) - len(found):
            yield f"{row}: {missing} of its {accessor} are no longer there."


def deleted_of(model: type[models.Model]) -> models.QuerySet[Version]:
    """Return the versions with which rows were deleted that are still gone.

    The last deletion first; read along one index, however many rows there are.
    """
    told = ("content_type", "mark", "revision__user", "revision__note")
    deleted = Version.objects.filter(
        mark__content_type=ContentType.objects.get_for_model(model),
        mark__kind=VersionMark.Kind.DELETED,
    )
    return deleted.select_related(*told).order_by("-mark__version_id")
