"""What a step of many rows did to each of them, read some at a time."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Count, F, Model, OuterRef, Q, Subquery
from reversion.models import Version

from custom.models import RevisionNote, VersionMark

Key = tuple[int, str]  # content type, primary key as text
TOP: Final = 2**63 - 1  # above every number of a revision or version
CHANGE, DELETE, ADD = "change", "delete", "add"
TOLD = {CHANGE: "changed", DELETE: "made", ADD: "deleted"}  # and what undoes it
# What was done to a row -> what it takes to undo it; else to change it.
OPPOSITES = {VersionMark.Kind.CREATED: DELETE, VersionMark.Kind.DELETED: ADD}


@dataclass(frozen=True, slots=True)
class Place:
    """How far a step has been read, from its end: this revision, below this version."""

    revision: int = TOP
    version: int = TOP


@dataclass(frozen=True, slots=True)
class RowStep:
    """What a step did to one row.

    Attributes:
        before: The version it found, whoever had made that.
        last: The last one it made.
    """

    model: type[Model]
    pk: str
    before: Version | None
    last: Version
    was_created: bool

    @property
    def was_deleted(self) -> bool:
        """Tell whether the row was gone after it."""
        mark = getattr(self.last, "mark", None)
        return mark is not None and mark.kind == VersionMark.Kind.DELETED


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a step, the last done first.

    Attributes:
        place: Where the next piece begins; None behind the last one.
    """

    rows: Sequence[RowStep]
    place: Place | None


@dataclass(frozen=True, slots=True)
class Done:
    """What a step did to the rows of one model.

    Attributes:
        verb: What it takes to undo it: ``change``, ``delete`` or ``add``.
    """

    model: type[Model]
    verb: str
    count: int

    @property
    def model_names(self) -> str:
        """Return what the rows are called."""
        return str(self.model._meta.verbose_name_plural)  # noqa: SLF001 - public

    @property
    def told(self) -> str:
        """Say what it was, as people read it."""
        return TOLD[self.verb]


def rights_to_undo(batch: uuid.UUID) -> set[str]:
    """Return the permissions on models that undoing a step takes; 1 query.

    ``catalogue.change_product`` where rows were changed, those to delete and to add
    where they were made and deleted.
    """
    done = Version.objects.filter(revision__note__batch=batch).order_by()
    rights = set()
    for type_id, kind in done.values_list("content_type", "mark__kind").distinct():
        found = ContentType.objects.get_for_id(type_id)
        verb = OPPOSITES.get(kind, CHANGE)
        rights.add(f"{found.app_label}.{verb}_{found.model}")
    return rights


def sum_up(batch: uuid.UUID) -> list[Done]:
    """Count the rows of a step by model and by what would undo it; 1 query."""
    done = Version.objects.filter(revision__note__batch=batch).order_by()
    counted = done.values_list("content_type").annotate(
        rows=Count("object_id", distinct=True),
        made=_count_rows(VersionMark.Kind.CREATED),
        deleted=_count_rows(VersionMark.Kind.DELETED),
    )
    return [
        Done(_model(type_id), verb, count)
        for type_id, rows, made, deleted in sorted(counted)
        for verb, count in (
            (CHANGE, rows - made - deleted),
            (DELETE, made),
            (ADD, deleted),
        )
        if count > 0
    ]


def _count_rows(kind: VersionMark.Kind) -> Count:
    return Count("object_id", filter=Q(mark__kind=kind), distinct=True)


def read_piece(batch: uuid.UUID, place: Place, size: int) -> Piece:
    """Read the next rows of a step, at most so many versions; 5 queries or so.

    A row stands where its last version in the step does, so that a child the step made
    goes before its parent, and a parent it deleted comes back before its children.
    """
    found, end = _below(batch, place, size)
    if not found:
        return Piece([], end)
    lives = _lives({key for _pk, key in found}, batch)
    wanted = [(pk, key) for pk, key in found if pk == lives[key][-1]]
    firsts = [lives[key][0] for _pk, key in wanted]
    before = _versions_before(firsts)
    pks = [pk for pk, _key in wanted]
    versions = Version.objects.select_related("content_type", "mark").in_bulk(
        {*pks, *before.values()}
    )
    created = _created(firsts)
    rows = [
        RowStep(
            model=_model(key[0]),
            pk=key[1],
            before=versions.get(before.get(first, 0)),
            last=versions[pk],
            was_created=first in created,
        )
        for (pk, key), first in zip(wanted, firsts, strict=True)
    ]
    return Piece(rows, end)


def _below(
    batch: uuid.UUID, place: Place, size: int
) -> tuple[list[tuple[int, Key]], Place | None]:
    """Return the next versions of a step, and where those behind them begin.

    Revision by revision: one query over all would sort what is left each time.
    """
    found: list[tuple[int, Key]] = []
    notes = RevisionNote.objects.filter(batch=batch, revision__lte=place.revision)
    revisions = notes.order_by("-revision_id").values_list("revision_id", flat=True)[
        :size
    ]
    for revision in revisions:
        top = place.version if revision == place.revision else TOP
        versions = Version.objects.filter(revision=revision, pk__lt=top)
        told = versions.order_by("-pk").values_list("pk", "content_type", "object_id")
        found += [(pk, (kind, key)) for pk, kind, key in told[: size - len(found)]]
        if len(found) == size:
            return found, Place(revision, found[-1][0])
    if len(revisions) < size:
        return found, None
    return found, Place(revisions[size - 1], 0)


def _lives(keys: Collection[Key], batch: uuid.UUID) -> dict[Key, list[int]]:
    """Return the versions of each row in the step, the first first; 2 queries.

    Reads along the index of rows, and of each what it has since the step began.
    """
    rows = _of_rows(keys)
    notes = RevisionNote.objects.filter(batch=batch).order_by("revision_id")
    begin = notes.values_list("revision_id", flat=True)[0]
    since = Version.objects.filter(rows, revision__gte=begin).order_by("revision_id")
    told = since.values_list("pk", "content_type", "object_id", "revision__note__batch")
    lives: dict[Key, list[int]] = defaultdict(list)
    for pk, type_id, object_id, found in told:
        if found == batch:
            lives[type_id, object_id].append(pk)
    return lives


def _of_rows(keys: Collection[Key]) -> Q:
    by_type: dict[int, list[str]] = defaultdict(list)
    for type_id, object_id in sorted(keys):
        by_type[type_id].append(object_id)
    rows = Q()
    for type_id, object_ids in by_type.items():
        rows |= Q(db=DEFAULT_DB_ALIAS, content_type=type_id, object_id__in=object_ids)
    return rows


def _versions_before(pks: Sequence[int]) -> dict[int, int]:
    """Return version -> the one of the same row just before it, if any; 1 query."""
    earlier = Version.objects.filter(
        db=OuterRef("db"),
        content_type=OuterRef("content_type"),
        object_id=OuterRef("object_id"),
        revision__lt=OuterRef("revision"),
    )
    one = Subquery(earlier.order_by("-revision_id").values("pk")[:1])
    found = Version.objects.filter(pk__in=pks).annotate(before=one)
    known = found.filter(before__isnull=False).order_by()
    return dict(known.values_list("pk", F("before")))


def _created(pks: Sequence[int]) -> set[int]:
    """Return those versions with which rows began; 1 query."""
    created = VersionMark.objects.filter(version__in=pks, kind=VersionMark.Kind.CREATED)
    return set(created.values_list("version_id", flat=True))


def _model(type_id: int) -> Any:  # noqa: ANN401 - of any model
    return ContentType.objects.get_for_id(type_id).model_class()
