"""What it takes to undo what a step did to a row, unless somebody has changed it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from custom.errors import ConflictError
from custom.history.comparing import same
from custom.history.reading import Values, to_python, values_of
from custom.history.reverting import changes_to
from custom.history.rules import ModelRules
from custom.history.steps import ADD, CHANGE, DELETE, RowStep

NOTHING = ""  # the row is as it was before the step


class ChangedSinceError(ConflictError):
    """A row is not as the step left it, so that it has to stay."""

    code = "changed-since"
    title = "Changed since"


@dataclass(frozen=True, slots=True)
class Remedy:
    """How one row gets to be as before.

    Attributes:
        verb: ``change``, ``delete`` or ``add``; empty if it is as before.
        values: Of a change: name of a field -> former value.
    """

    verb: str
    values: Mapping[str, Any] = field(default_factory=dict)


def find_remedy(
    rules: ModelRules[Any], step: RowStep, present: Values | None
) -> Remedy:
    """Return what has to be done to a row.

    Args:
        rules: Of its model.
        step: What was done to it.
        present: What it holds now; None if it is gone.

    Raises:
        ChangedSinceError: Somebody has changed one of the same fields, or the row has
            no earlier version.
    """
    if step.was_deleted:
        comes_back = present is None and not step.was_created
        return Remedy(ADD if comes_back else NOTHING)
    if present is None and step.was_created:
        return Remedy(NOTHING)
    if present is None:
        msg = "It has been deleted since."
        raise ChangedSinceError(msg)
    done = values_of(step.last)
    if step.was_created:
        if changed := sorted(changes_to(rules, present, done)):
            raise ChangedSinceError(_told(changed))
        return Remedy(DELETE)
    if step.before is None:
        msg = "Its history begins with this step."
        raise ChangedSinceError(msg)
    return _change_back(rules, present, done, values_of(step.before))


def _change_back(
    rules: ModelRules[Any], present: Values, done: Values, before: Values
) -> Remedy:
    """Return the fields that the step changed, if they are as it left them."""
    changed = {
        name
        for name in rules.revertible() & before.keys() & done.keys()
        if not same(rules.model, name, before[name], done[name])
        and not same(rules.model, name, before[name], present[name])
    }
    taken = [
        name
        for name in sorted(changed)
        if not same(rules.model, name, present[name], done[name])
    ]
    if taken:
        raise ChangedSinceError(_told(taken))
    if not changed:
        return Remedy(NOTHING)
    values = {name: to_python(rules.model, name, before[name]) for name in changed}
    return Remedy(CHANGE, values)


def _told(names: list[str]) -> str:
    return f"It has been changed since: {', '.join(names)}."
