"""Two states of a row side by side, field by field, as people read them."""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst

from custom.history.reading import Child, State, Values, edited_fields, to_python
from custom.history.rules import rules_for
from custom.history.showing import NOTHING, Names, name_of, plain, show

SAME, ADDED, REMOVED = "same", "added", "removed"
MOST_TOKENS = 2000  # beyond it a text is compared by lines: words take too long
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a shown value: ``same``, ``added`` or ``removed``."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not the same.

    Attributes:
        name: Of the field; ``attributes.colour`` for one key of a JSON object; with
            the child before it, ``catalogue.variant:7:title``.
        subject: What it is of, if not of the row itself: ``Variant RED-S``.
        may_revert: It may be put back by itself.
    """

    name: str
    label: str
    before: Sequence[Piece]
    after: Sequence[Piece]
    subject: str = ""
    may_revert: bool = False
    image_before: str = ""
    image_after: str = ""

    def __str__(self) -> str:
        return f"{self.subject}: {self.label}" if self.subject else self.label


def compare(pairs: Sequence[tuple[State, State]]) -> list[list[Difference]]:
    """Compare states of one row pair by pair, older first.

    One query for each model that is named in any of them, and what labels take.
    """
    if not pairs:
        return []
    names = _names(state for pair in pairs for state in pair)
    labels = _labels(state for pair in pairs for state in pair)
    return [list(_differences(*pair, names, labels)) for pair in pairs]


def _differences(
    old: State, new: State, names: Names, labels: Mapping[Any, Mapping[str, str]]
) -> Iterator[Difference]:
    """Yield what is different, the row's own first."""
    model = old.model
    may = rules_for(model).revertible()
    for each in _of_values(model, old.values, new.values, names, labels[model]):
        yield _with(each, may_revert=each.name.split(".")[0] in may)
    for key in sorted(old.children.keys() | new.children.keys()):
        before, after = old.children.get(key), new.children.get(key)
        child = after or before
        if child is None:
            continue
        kind = capfirst(child.model._meta.verbose_name)  # noqa: SLF001 - public
        subject = f"{kind} {child.name}"
        if before is None or after is None:
            yield _came_or_went(child, subject, is_new=before is None)
            continue
        changed = _of_values(
            child.model, before.values, after.values, names, labels[child.model]
        )
        for each in changed:
            yield _with(each, subject=subject, name=f"{key[0]}:{key[1]}:{each.name}")


def _came_or_went(child: Child, subject: str, *, is_new: bool) -> Difference:
    piece = Piece(ADDED if is_new else REMOVED, child.name)
    nothing = [Piece(SAME, NOTHING)]
    return Difference(
        name=f"{child.model._meta.label_lower}:{child.pk}",  # noqa: SLF001
        label="Added" if is_new else "Removed",
        before=nothing if is_new else [piece],
        after=[piece] if is_new else nothing,
        subject=subject,
    )


def _with(each: Difference, **changes: Any) -> Difference:  # noqa: ANN401
    values = {name: getattr(each, name) for name in Difference.__slots__}
    return Difference(**(values | changes))


def same(model: type[models.Model], name: str, one: Any, other: Any) -> bool:  # noqa: ANN401
    """Tell whether two held values are the same to the field; ``8.0`` is ``8.00``."""
    if one == other:
        return True
    try:
        return bool(to_python(model, name, one) == to_python(model, name, other))
    except (ValidationError, TypeError, ValueError):
        return False


def _of_values(
    model: type[models.Model],
    old: Values,
    new: Values,
    names: Names,
    labels: Mapping[str, str],
) -> Iterator[Difference]:
    """Yield the fields of one row that both have and that are not the same."""
    for name, field in edited_fields(model).items():
        if (
            name not in old
            or name not in new
            or same(model, name, old[name], new[name])
        ):
            continue
        label = capfirst(str(field.verbose_name))
        if isinstance(old[name], dict) and isinstance(new[name], dict):
            yield from _of_keys(name, label, old[name], new[name], labels)
        elif field.many_to_many:
            yield _of_links(field, old[name], new[name], names)
        else:
            before = show(field, old[name], old, names)
            after = show(field, new[name], new, names)
            yield Difference(
                name,
                label,
                *_pieces(before, after),
                image_before=_image(field, old[name]),
                image_after=_image(field, new[name]),
            )


def _of_keys(
    name: str,
    label: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    labels: Mapping[str, str],
) -> Iterator[Difference]:
    """Compare JSON objects key by key."""
    for key in sorted(old.keys() | new.keys()):
        if key in old and key in new and old[key] == new[key]:
            continue
        before, after = (plain(each.get(key)) for each in (old, new))
        told = f"{label}: {labels.get(key, key)}"
        yield Difference(f"{name}.{key}", told, *_pieces(before, after))


def _of_links(
    field: models.Field[Any, Any],
    old: Sequence[Any],
    new: Sequence[Any],
    names: Names,
) -> Difference:
    """Compare relations of many to many: what was taken out, what was put in."""
    sides: list[list[Piece]] = []
    for own, other, kind in ((old, new, REMOVED), (new, old, ADDED)):
        others = set(map(str, other))
        pieces = []
        for pk in map(str, own):
            shown = name_of(field, pk, names)
            pieces.append(Piece(SAME if pk in others else kind, shown))
            pieces.append(Piece(SAME, ", "))
        sides.append(pieces[:-1] or [Piece(SAME, NOTHING)])
    label = capfirst(str(field.verbose_name))
    return Difference(field.name, label, sides[0], sides[1])


def _pieces(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Return two texts in pieces, by words, or by lines where they are long."""
    one, other = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(one), len(other)) > MOST_TOKENS:
        one, other = before.splitlines(keepends=True), after.splitlines(keepends=True)
    old: list[Piece] = []
    new: list[Piece] = []
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        kinds = (SAME, SAME) if tag == "equal" else (REMOVED, ADDED)
        if start < end:
            old.append(Piece(kinds[0], "".join(one[start:end])))
        if other_start < other_end:
            new.append(Piece(kinds[1], "".join(other[other_start:other_end])))
    return old, new


def _image(field: models.Field[Any, Any], raw: Any) -> str:  # noqa: ANN401
    """Return the address of a picture that is still there, or an empty text."""
    if not isinstance(field, models.ImageField) or not raw:
        return ""
    return str(field.storage.url(raw)) if field.storage.exists(raw) else ""


def _rows(states: Iterable[State]) -> Iterator[tuple[type[models.Model], Values]]:
    for state in states:
        yield state.model, state.values
        for child in state.children.values():
            yield child.model, child.values


def _names(states: Iterable[State]) -> Names:
    """Return what rows that are pointed at are called; one query a model."""
    wanted: dict[type[models.Model], set[str]] = defaultdict(set)
    for model, values in _rows(states):
        for name, field in edited_fields(model).items():
            raw = values.get(name)
            if field.is_relation and raw not in (None, ""):
                keys = raw if field.many_to_many else [raw]
                wanted[field.related_model].update(map(str, keys))  # type: ignore[index]
    return {
        (model, str(row.pk)): str(row)
        for model, pks in wanted.items()
        for row in model._base_manager.filter(pk__in=pks)  # noqa: SLF001 - public
    }


def _labels(states: Iterable[State]) -> dict[type[models.Model], Mapping[str, str]]:
    """Return for each model what the keys of its JSON objects are called."""
    values: dict[type[models.Model], list[Values]] = defaultdict(list)
    for model, each in _rows(states):
        values[model].append(each)
    return {
        model: rules_for(model).key_labels(found) for model, found in values.items()
    }
