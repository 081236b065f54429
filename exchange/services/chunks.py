"""A worker's part: some rows in each transaction, with the progress beside them.

See docs/decisions/0045-imports.md.
"""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.utils import timezone

from custom import outbox
from custom.history import recorded
from custom.origins import IMPORT, origin
from custom.pieces import PIECE, SLICE, Refusal, work_off
from custom.transactions import run_in_transaction
from exchange.errors import FileRefusedError
from exchange.kinds import KINDS
from exchange.kinds.base import Line, Outcome, Scope
from exchange.models import Import, ImportRow
from exchange.services.imports import TOPIC
from exchange.services.plain import read_chunk, write_plain
from partner.scoping import partners_shown_to

CHUNK = PIECE  # rows in one transaction
State = Import.State


def advance(public_id: UUID, *, seconds: float = SLICE) -> None:
    """Do what is next for an import, for some time, and have the rest done later.

    Harmless when repeated, or done by several at once: a chunk locks the import.
    """
    one = Import.objects.by_id(public_id)
    run = one.first()
    if run is None:
        return
    if run.state == State.WAITING:
        _unfold(run)

    def place() -> object:
        return one.values_list("position", flat=True).get()

    work = partial(_carry_out, public_id)
    if work_off(work, place=place, size=CHUNK, seconds=seconds):
        payload: dict[str, object] = {"import": str(public_id)}
        run_in_transaction(partial(outbox.publish, TOPIC, payload))


def _unfold(run: Import) -> None:
    """Make the plain file, or note why there can be none."""
    waiting = Import.objects.filter(pk=run.pk, state=State.WAITING)
    try:
        count = write_plain(run)
    except FileRefusedError as error:
        waiting.update(
            state=State.REFUSED, problem=error.detail, finished_at=timezone.now()
        )
    else:
        waiting.update(state=State.CHECKING, num_rows=count, moved_at=timezone.now())


def _carry_out(public_id: UUID, size: int, refusal: Refusal | None) -> bool:
    """Judge the next rows, write them if that was asked for; false if none is left."""
    run = Import.objects.select_for_update().get(public_id=public_id)
    if run.state not in (State.CHECKING, State.APPLYING):
        return False
    if refusal is not None and refusal.place != run.position:
        return True  # another worker has been quicker, and the next row is another
    lines, offset = read_chunk(run, size)
    if not lines:
        is_checked = run.state == State.CHECKING
        run.state = State.CHECKED if is_checked else State.DONE
        run.finished_at = timezone.now()
        run.save()
        return False
    if refusal is not None:
        lines[0].refuse("", refusal.error.detail)
    else:
        _work(run, lines)
    _note(run, lines)
    run.position += len(lines)
    run.offset = offset
    run.moved_at = timezone.now()
    run.save()
    return True


def _work(run: Import, lines: Sequence[Line]) -> None:
    """Judge rows, and write those that change something if the import is applied."""
    kind = KINDS[run.kind]
    is_applied = run.state == State.APPLYING
    if is_applied:
        kind.lock()
    good = kind.read(lines)
    named = {line.key for line in good}.union(*map(kind.mentioned, good))
    earlier = run.rows.filter(number__lte=run.position).written(named)
    for line in good:
        if line.key in earlier:
            line.refuse_repetition(kind.keys[-1])
    good = [line for line in good if line.outcome != Outcome.ERROR]
    scope = Scope(
        actor=run.actor,
        partner_ids=partners_shown_to(run.actor),
        may_create=run.actor.has_perm(kind.create),
        source=f"import:{run.public_id}",
        planned=frozenset(
            key for key, outcome in earlier.items() if outcome == Outcome.CREATED
        ),
    )
    loaded = kind.judge(good, scope)
    wanted = [line for line in good if line.is_wanted]
    if is_applied and wanted:
        reason = f"Import of {run.name}."
        with (
            origin(IMPORT, actor=run.actor),
            recorded(reason, actor=run.actor, batch=run.batch),
        ):
            kind.store(wanted, loaded, scope)


def _note(run: Import, lines: Sequence[Line]) -> None:
    """Store what became of rows, in place of what was said of them before."""
    numbers = (lines[0].number, lines[-1].number)
    run.rows.filter(number__range=numbers).delete()
    ImportRow.objects.bulk_create(
        ImportRow(
            run=run,
            number=line.number,
            key=line.key,
            outcome=line.outcome,
            changes=line.changes,
            column=line.column,
            fault=line.fault,
            cells=line.cells if line.outcome == Outcome.ERROR else None,
        )
        for line in lines
    )
    counts = Counter(str(line.outcome) for line in lines)
    run.num_created += counts[Outcome.CREATED]
    run.num_updated += counts[Outcome.UPDATED]
    run.num_unchanged += counts[Outcome.UNCHANGED]
    run.num_errors += counts[Outcome.ERROR]
