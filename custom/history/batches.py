"""Undoing one step of many rows: a bulk edit, or an import."""

import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Max, Model, Q
from reversion.models import Version

from custom.errors import ConflictError, MissingError
from custom.history.comparing import same
from custom.history.reading import Values, values_of, values_of_row
from custom.history.recording import recorded
from custom.history.reverting import changes_to, recover
from custom.history.rules import ModelRules, refusals, rules_for
from custom.models import HistoryBatch, VersionMark
from custom.transactions import transactional

# What was done to a row -> what it takes to undo it; else to change it.
OPPOSITES = {VersionMark.Kind.CREATED: "delete", VersionMark.Kind.DELETED: "add"}
CHUNK = 500  # rows read at a time
MOST_NAMED = 10  # rows a refusal names


class BatchMissingError(MissingError):
    """There is no such step, or its history has been pruned."""

    code = "batch-missing"
    title = "No such step"


class BatchUndoneError(ConflictError):
    """The step has been undone already."""

    code = "batch-undone"
    title = "Undone already"


class BatchChangedError(ConflictError):
    """Rows of the step were changed since, or begin with it in the history."""

    code = "batch-changed"
    title = "Changed since"


@dataclass(frozen=True, slots=True)
class _Step:
    """What a batch did to one row: its first and last version in it, and before."""

    model: type[Model]
    pk: str
    name: str
    before: Version | None
    last: Version
    was_created: bool

    @property
    def was_deleted(self) -> bool:
        mark = getattr(self.last, "mark", None)
        return mark is not None and mark.kind == VersionMark.Kind.DELETED


def rights_to_undo(batch: uuid.UUID) -> set[str]:
    """Return the permissions on models that undoing a step takes; 1 query.

    ``catalogue.change_product`` where rows were changed, those to delete and to add
    where they were made and deleted.
    """
    done = Version.objects.filter(revision__note__batch=batch).order_by()
    rights = set()
    for type_id, kind in done.values_list("content_type", "mark__kind").distinct():
        found = ContentType.objects.get_for_id(type_id)
        verb = OPPOSITES.get(kind, "change")
        rights.add(f"{found.app_label}.{verb}_{found.model}")
    return rights


@transactional
def undo_batch(
    batch: uuid.UUID,
    *,
    actor: Any = None,  # noqa: ANN401 - the user model is above the kernel
    reason: str = "",
) -> int:
    """Put every row of one step back as it was before it, all or none.

    Rows it changed get their former values in the fields it changed; rows it created
    are deleted; rows it deleted come back. It is recorded as a step of its own,
    which can be undone in turn. Reads 500 rows at a time.

    Returns:
        Number of rows that were put back.

    Raises:
        BatchMissingError: There is no such step.
        BatchUndoneError: It has been undone.
        BatchChangedError: Somebody has changed one of the same fields since.
        RevertRefusedError: A rule forbids it, or a service with an error of its own.

    Whatever is raised, nothing is changed.
    """
    step = HistoryBatch.objects.select_for_update().filter(pk=batch).first()
    if step is None:
        msg = "There is no such step in the history any more."
        raise BatchMissingError(msg)
    if step.undone_by_id is not None:
        msg = "This step has been undone already."
        raise BatchUndoneError(msg)
    inverse = uuid.uuid4()
    told = reason or f"Undone: {step.reason}"
    count = 0
    faults: list[str] = []
    with recorded(told, actor=actor, batch=inverse), refusals():
        for each in _steps(batch):
            try:
                count += _undo(each)
            except BatchChangedError as fault:  # nothing has been written for it
                faults.append(fault.detail)
            if len(faults) == MOST_NAMED:
                break
        if faults:
            raise BatchChangedError(" ".join(faults))
    HistoryBatch.objects.filter(pk=batch).update(
        undone_by=HistoryBatch.objects.filter(pk=inverse).first()
    )
    return count


def _steps(batch: uuid.UUID) -> Iterator[_Step]:
    """Yield what a batch did, row by row, the last done first.

    So a child it created goes before its parent.
    """
    of_batch = Version.objects.filter(revision__note__batch=batch)
    keys = of_batch.values_list("content_type", "object_id").annotate(last=Max("pk"))
    ordered = list(keys.order_by("-last"))
    for start in range(0, len(ordered), CHUNK):
        yield from _read_steps(batch, ordered[start : start + CHUNK])


def _read_steps(batch: uuid.UUID, keys: list[tuple[int, str, int]]) -> Iterator[_Step]:
    """Read a chunk; 4 queries."""
    last = Version.objects.select_related("content_type", "mark").in_bulk(
        [pk for _type, _object, pk in keys]
    )
    by_type: dict[int, list[str]] = defaultdict(list)
    for type_id, object_id, _pk in keys:
        by_type[type_id].append(object_id)
    rows = Q()
    for type_id, object_ids in by_type.items():
        rows |= Q(db="default", content_type=type_id, object_id__in=object_ids)
    created = set(
        Version.objects.filter(
            rows, revision__note__batch=batch, mark__kind=VersionMark.Kind.CREATED
        ).values_list("content_type_id", "object_id")
    )
    first = HistoryBatch.objects.get(pk=batch).notes.order_by("revision_id").first()
    latest = (
        Version.objects.filter(rows, revision__lt=first.revision_id)  # type: ignore[union-attr]
        .values_list("content_type", "object_id")
        .annotate(latest=Max("revision"))
    )
    wanted = Q()
    for type_id, object_id, revision in latest.order_by():
        wanted |= Q(content_type=type_id, object_id=object_id, revision=revision)
    found = Version.objects.filter(wanted) if wanted else Version.objects.none()
    before = {(each.content_type_id, each.object_id): each for each in found}
    for type_id, object_id, pk in keys:
        yield _Step(
            model=ContentType.objects.get_for_id(type_id).model_class(),  # type: ignore[arg-type]
            pk=object_id,
            name=last[pk].object_repr,
            before=before.get((type_id, object_id)),
            last=last[pk],
            was_created=(type_id, object_id) in created,
        )


def _undo(step: _Step) -> bool:
    """Undo what was done to one row; tell whether there was anything to do.

    Raises:
        BatchChangedError: It says why not.
    """
    rules = rules_for(step.model)
    row = rules.lock(step.pk)
    if step.was_deleted:
        if row is None and not step.was_created:
            step.last.mark.refresh_from_db()
            if step.last.mark.kind == VersionMark.Kind.DELETED:
                recover(step.last)
            return True
        return False
    if row is None and step.was_created:
        return False
    if row is None:
        msg = f"{step.name} has been deleted since."
        raise BatchChangedError(msg)
    if step.was_created:
        return _remove(rules, row, step)
    if step.before is None:
        msg = f"The history of {step.name} begins with this step."
        raise BatchChangedError(msg)
    return _put_back(rules, row, step, values_of(step.before))


def _remove(rules: ModelRules[Any], row: Model, step: _Step) -> bool:
    """Delete a row the step created, unless it has been edited since."""
    if changes_to(rules, values_of_row(row), values_of(step.last)):
        msg = f"{step.name} has been changed since."
        raise BatchChangedError(msg)
    rules.remove(row)
    return True


def _put_back(rules: ModelRules[Any], row: Model, step: _Step, before: Values) -> bool:
    """Put the fields back that the step changed, if they are as it left them."""
    done, present = values_of(step.last), values_of_row(row)
    changed = [
        name
        for name in rules.revertible()
        if name in before and name in done
        if not same(step.model, name, before[name], done[name])
    ]
    for name in changed:
        if not same(step.model, name, present[name], done[name]):
            msg = f"{step.name} has been changed since: {name}."
            raise BatchChangedError(msg)
    if changed:
        rules.put_back(row, changes_to(rules, present, before, changed))
    return bool(changed)
