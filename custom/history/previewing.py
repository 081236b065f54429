"""What undoing a step would do to its rows, the first of them shown one by one."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Model

from custom.history.comparing import Difference, compare
from custom.history.reading import State, Values, values_of, values_of_rows
from custom.history.remedies import NOTHING, ChangedSinceError, find_remedy
from custom.history.rules import rules_for
from custom.history.steps import Done, Place, RowStep, read_piece, sum_up

SAMPLE: Final = 25  # rows shown one by one


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """What would become of one row.

    Attributes:
        verb: As of a remedy; empty if nothing would.
        fault: Why it has to stay; else empty.
        differences: What it holds, and what it would.
    """

    model: type[Model]
    name: str
    verb: str
    fault: str
    differences: Sequence[Difference]

    @property
    def kind(self) -> str:
        """Return what such a row is called."""
        return str(self.model._meta.verbose_name)  # noqa: SLF001 - public


@dataclass(frozen=True, slots=True)
class Preview:
    """What undoing a step would do.

    Attributes:
        done: How many rows of each model, by what it takes.
        rows: The first that would be undone.
    """

    done: Sequence[Done]
    rows: Sequence[PlannedRow]

    @property
    def num_rows(self) -> int:
        """Return how many rows the step changed."""
        return sum(each.count for each in self.done)


def preview(batch: uuid.UUID, *, unnamed: Collection[type[Model]] = ()) -> Preview:
    """Say what undoing a step would do, and lock nothing; some 10 queries a model.

    Args:
        batch: The step.
        unnamed: Models of whose rows no name and no value is told: those of people.
    """
    steps = read_piece(batch, Place(), SAMPLE).rows
    present = _present(steps)
    return Preview(
        done=sum_up(batch),
        rows=[
            _plan(
                step,
                present.get((step.model, step.pk)),
                is_named=step.model not in unnamed,
            )
            for step in steps
        ],
    )


def _present(steps: Sequence[RowStep]) -> dict[tuple[type[Model], str], Values]:
    """Read what rows hold now; those that are gone are left out."""
    by_model: dict[type[Model], list[str]] = defaultdict(list)
    for step in steps:
        by_model[step.model].append(step.pk)
    return {
        (model, pk): values
        for model, pks in by_model.items()
        for pk, values in values_of_rows(
            list(rules_for(model).rows.filter(pk__in=pks))
        ).items()
    }


def _plan(step: RowStep, present: Values | None, *, is_named: bool) -> PlannedRow:
    fault, verb, differences = "", NOTHING, []
    try:
        remedy = find_remedy(rules_for(step.model), step, present)
    except ChangedSinceError as error:
        fault = error.detail
    else:
        verb = remedy.verb
        if is_named:
            differences = list(_differences(step, present, remedy.values))
    name = step.last.object_repr if is_named else f"number {step.pk}"
    return PlannedRow(step.model, name, verb, fault, differences)


def _differences(
    step: RowStep,
    present: Values | None,
    changed: Any,  # noqa: ANN401
) -> Iterator[Difference]:
    """Yield the fields that would change, as people read them."""
    if present is None or step.before is None or not changed:
        return
    former = values_of(step.before)
    after = present | {name: former[name] for name in changed}
    pair = State(step.model, present), State(step.model, after)
    yield from compare([pair])[0]
