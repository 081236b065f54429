"""Undoing one step of many rows, a bulk edit or an import, piece by piece."""

import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Model
from django.utils import timezone
from django.utils.module_loading import import_string
from reversion.models import Version

from custom import outbox
from custom.collecting import collected
from custom.errors import ConflictError, MissingError
from custom.history.reading import values_of_rows
from custom.history.recording import REASON_LENGTH, recorded
from custom.history.remedies import ChangedSinceError, find_remedy
from custom.history.reverting import bring_back_all
from custom.history.rules import ModelRules, refusals, rules_for
from custom.history.steps import (
    ADD,
    CHANGE,
    DELETE,
    TOP,
    Place,
    RowStep,
    read_piece,
    sum_up,
)
from custom.models import HistoryBatch, HistoryUndo, HistoryUndoFault
from custom.origins import ADMIN, origin
from custom.pieces import SLICE, Refusal, work_off
from custom.transactions import run_in_transaction, transactional

TOPIC = "history.undo"
AT_ONCE = 100  # rows that whoever asks may wait for
DETAIL_LENGTH = HistoryUndoFault._meta.get_field("detail").max_length  # noqa: SLF001 - public
State = HistoryUndo.State


class BatchMissingError(MissingError):
    """There is no such step, or its history has been pruned."""

    code = "batch-missing"
    title = "No such step"


class BatchUndoneError(ConflictError):
    """The step has been undone already, or is being undone."""

    code = "batch-undone"
    title = "Undone already"


class BatchBusyError(ConflictError):
    """The step is not over: it is an import, or the undoing of another step."""

    code = "batch-busy"
    title = "Not over"


class NotRunningError(ConflictError):
    """There is nothing left to do."""

    code = "undo-not-running"
    title = "Nothing left"


@transactional
def start_undo(
    batch: uuid.UUID,
    *,
    actor: Any = None,  # noqa: ANN401 - the user model is above the kernel
    reason: str = "",
) -> HistoryUndo:
    """Have every row of a step put back as it was before it.

    Rows it changed get their former values in the fields it changed; rows it created
    are deleted; rows it deleted come back. What somebody has changed since stays, and
    is told. It is recorded as a step of its own, which can be undone in turn. A worker
    does it; whoever cannot wait calls ``advance_undo`` as well.

    Raises:
        BatchMissingError: There is no such step.
        BatchUndoneError: Somebody has asked for it before.
        BatchBusyError: It is not over.
    """
    step = HistoryBatch.objects.select_for_update().filter(pk=batch).first()
    if step is None:
        msg = "There is no such step in the history any more."
        raise BatchMissingError(msg)
    undone = HistoryUndo.objects.filter(batch=batch)
    if step.undone_by_id is not None or undone.exists():
        msg = "This step has been undone already, or is being undone."
        raise BatchUndoneError(msg)
    _refuse_busy(batch)
    undo = HistoryUndo.objects.create(
        batch=step,
        actor_pk=getattr(actor, "pk", None),
        reason=(reason or f"Undone: {step.reason}")[:REASON_LENGTH],
        num_rows=sum(done.count for done in sum_up(batch)),
        revision=TOP,
        version=TOP,
    )
    outbox.publish(TOPIC, {"batch": str(batch)})
    return undo


@transactional
def resume_undo(batch: uuid.UUID) -> None:
    """Have a worker go on whose predecessor is gone, behind the last piece it kept.

    If that is at it all the same, the two take turns, and no row is undone twice.

    Raises:
        NotRunningError: There is nothing left to do.
    """
    if not HistoryUndo.objects.filter(batch=batch, state=State.RUNNING).exists():
        msg = "Only what is being undone can go on."
        raise NotRunningError(msg)
    outbox.publish(TOPIC, {"batch": str(batch)})


def advance_undo(batch: uuid.UUID, *, seconds: float = SLICE) -> None:
    """Undo rows of a step for some time, and have the rest undone later.

    Harmless when repeated, or done by several at once: a piece locks the undoing.
    """
    one = HistoryUndo.objects.filter(batch=batch)
    if not one.exists():
        return

    def place() -> object:
        return one.values_list("revision", "version").get()

    if work_off(partial(_carry_out, batch), place=place, seconds=seconds):
        payload: dict[str, object] = {"batch": str(batch)}
        run_in_transaction(partial(outbox.publish, TOPIC, payload))


def _refuse_busy(batch: uuid.UUID) -> None:
    """Refuse a step that somebody is still adding rows to."""
    being_undone = HistoryUndo.objects.filter(inverse=batch, state=State.RUNNING)
    others = (import_string(path)(batch) for path in settings.HISTORY_OPEN_STEPS)
    if being_undone.exists() or any(others):
        msg = "This step is not over. Wait until it is."
        raise BatchBusyError(msg)


def _carry_out(batch: uuid.UUID, size: int, refusal: Refusal | None) -> bool:
    """Undo the next rows of a step; false if none is left."""
    undo = HistoryUndo.objects.select_for_update().get(batch=batch)
    if not undo.is_running:
        return False
    if refusal is not None and refusal.place != (undo.revision, undo.version):
        return True  # another worker has been quicker, and the next row is another
    piece = read_piece(batch, Place(undo.revision, undo.version), size)
    if refusal is not None:
        faults = {each.last.pk: refusal.error.detail for each in piece.rows}
        restored = 0
    else:
        restored, faults = _undo_all(undo, piece.rows)
    _note_faults(undo, faults)
    undo.num_seen += len(piece.rows)
    undo.num_restored += restored
    undo.num_refused += len(faults)
    undo.moved_at = timezone.now()
    if piece.place is None:
        undo.state, undo.finished_at = State.DONE, undo.moved_at
    else:
        undo.revision, undo.version = piece.place.revision, piece.place.version
    undo.save()
    return undo.is_running


def _note_faults(undo: HistoryUndo, faults: dict[int, str]) -> None:
    HistoryUndoFault.objects.bulk_create(
        HistoryUndoFault(undo=undo, version_id=pk, detail=detail[:DETAIL_LENGTH])
        for pk, detail in faults.items()
    )


def _undo_all(
    undo: HistoryUndo, steps: Sequence[RowStep]
) -> tuple[int, dict[int, str]]:
    """Undo what was done to some rows, model by model.

    Returns:
        Number of rows that are as before now and were not; and the last version in the
        step of each that has to stay -> why.
    """
    by_model: dict[type[Model], list[RowStep]] = {}
    for step in steps:
        by_model.setdefault(step.model, []).append(step)
    restored = 0
    faults: dict[int, str] = {}
    actor = None
    if undo.actor_pk is not None:
        actor = get_user_model()._base_manager.get(pk=undo.actor_pk)  # noqa: SLF001
    with (
        origin(ADMIN, actor=actor),
        recorded(undo.reason, actor=actor, batch=undo.inverse),
        refusals(),
        collected(),
    ):
        for model, of_model in by_model.items():
            restored += _undo_rows(rules_for(model), of_model, faults)
    inverse = HistoryBatch.objects.filter(pk=undo.inverse).first()
    if inverse is not None:
        HistoryBatch.objects.filter(pk=undo.batch_id, undone_by=None).update(
            undone_by=inverse
        )
    return restored, faults


def _undo_rows(
    rules: ModelRules[Any], steps: Sequence[RowStep], faults: dict[int, str]
) -> int:
    """Undo what was done to rows of one model; note those that have to stay."""
    rows = rules.lock_all([step.pk for step in steps])
    present = values_of_rows(list(rows.values()))
    changed: list[tuple[Any, Mapping[str, Any]]] = []
    removed: list[Any] = []
    returned: list[Version] = []
    for step in steps:
        try:
            remedy = find_remedy(rules, step, present.get(step.pk))
        except ChangedSinceError as fault:
            faults[step.last.pk] = fault.detail
            continue
        if remedy.verb == CHANGE:
            changed.append((rows[step.pk], remedy.values))
        elif remedy.verb == DELETE:
            removed.append(rows[step.pk])
        elif remedy.verb == ADD:
            returned.append(step.last)
    rules.put_back_all(changed)
    rules.remove_all(removed)
    bring_back_all(rules, returned)
    return len(changed) + len(removed) + len(returned)
