"""Recording changes: django-reversion's revisions, with origin, batch and deletions.

Reversion records what is saved. Beside each revision stands where it came from, and a
deletion is recorded as well: the row as it was, with every row that went with it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import reversion
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.signals import post_save, pre_delete
from django.utils import timezone
from reversion import revisions
from reversion.models import Revision, Version

from custom.history.reading import load_links
from custom.models import HistoryBatch, RevisionNote, VersionMark
from custom.origins import current_actor, current_request_id, current_source

Key = tuple[int, str]  # content type, primary key as text
REASON_LENGTH = HistoryBatch._meta.get_field("reason").max_length  # noqa: SLF001 - public
BATCH_ROWS = 500


@dataclass(slots=True)
class _Recording:
    """What the outermost ``recorded`` has seen so far."""

    batch: UUID | None
    created: set[Key] = field(default_factory=set)
    deleted: dict[Key, tuple[Version, dict[str, list[Any]]]] = field(
        default_factory=dict
    )
    revision: Revision | None = None  # once reversion has stored one
    user: Any = None
    reason: str = ""


_current: ContextVar[_Recording | None] = ContextVar("custom_recording", default=None)


@contextmanager
def recorded(
    reason: str,
    *,
    actor: Any = None,  # noqa: ANN401 - the user model is above the kernel
    batch: UUID | None = None,
) -> Iterator[None]:
    """Record as one revision what the block saves and deletes of versioned models.

    Inside another one it joins: the outer reason, actor and batch stand if there are
    any, and a block that fails leaves nothing to record. Costs 2 statements and one
    for each version.

    Args:
        reason: Why, in a sentence that staff read; may be empty.
        actor: The user who did it; without one, whoever the request is from.
        batch: Of a step that takes several transactions, the same in each.

    Raises:
        RuntimeError: No transaction is open: versions and rows would part.
    """
    if not connection.in_atomic_block:
        msg = "recorded() must be used inside the transaction it records"
        raise RuntimeError(msg)
    outer = _current.get()
    if outer is not None:
        outer.batch = outer.batch or batch
        with _forgotten_if_it_fails(outer), reversion.create_revision(atomic=False):
            _describe(reason, actor)
            yield
        return
    recording = _Recording(batch)
    token = _current.set(recording)
    try:
        with reversion.create_revision(atomic=False):
            _describe(reason, actor)
            yield
            recording.user = reversion.get_user()
            recording.reason = reversion.get_comment()
        _store_deletions(recording)
    finally:
        _current.reset(token)


def record_all(rows: Sequence[models.Model], *, created: bool = False) -> None:
    """Record rows of one model that signals tell nothing of: written in bulk.

    Does nothing where no ``recorded`` is open. One query for each relation of many to
    many, however many the rows.

    Args:
        rows: As they are stored.
        created: They begin here.
    """
    recording = _current.get()
    if recording is None or not rows:
        return
    versions = _versions(rows)
    if created:
        recording.created.update(versions)
    frame = revisions._current_frame()  # noqa: SLF001 - one by one it is quadratic
    known = frame.db_versions[DEFAULT_DB_ALIAS]
    by_type = {
        (ContentType.objects.get_for_id(type_id), pk): version
        for (type_id, pk), version in versions.items()
    }
    revisions._update_frame(  # noqa: SLF001
        db_versions=frame.db_versions | {DEFAULT_DB_ALIAS: known | by_type}
    )


def record_deletions(rows: Sequence[models.Model]) -> None:
    """Record rows of one model that are about to be deleted together.

    Does nothing where no ``recorded`` is open. What belongs to a row and is not
    recorded here is recorded when its turn comes, one by one. One query for each
    relation, however many the rows; rows they belong to are not recorded.
    """
    recording = _current.get()
    if recording is None or not rows:
        return
    links = _links_of(rows)
    for key, version in _versions(rows).items():
        recording.deleted[key] = version, links.get(key[1], {})


def watch(model: type[models.Model]) -> None:
    """Notice what of a versioned model is created and deleted; may be repeated."""
    name = f"history.{model._meta.label_lower}"  # noqa: SLF001 - public
    post_save.connect(_notice_creation, sender=model, dispatch_uid=name)
    pre_delete.connect(_notice_deletion, sender=model, dispatch_uid=name)


def _describe(reason: str, actor: Any) -> None:  # noqa: ANN401
    """Say who and why, unless an outer block has."""
    if reversion.get_user() is None:
        reversion.set_user(actor or current_actor())
    if not reversion.get_comment():
        reversion.set_comment(reason)


@contextmanager
def _forgotten_if_it_fails(outer: _Recording) -> Iterator[None]:
    """Drop what a failed block has gathered: its savepoint is rolled back.

    Reversion keeps it, and would store versions of rows that never were.
    """
    versions = revisions._current_frame().db_versions  # noqa: SLF001 - no other way
    created, deleted = set(outer.created), dict(outer.deleted)
    is_done = False
    try:
        yield
        is_done = True
    finally:
        if not is_done:
            revisions._update_frame(db_versions=versions)  # noqa: SLF001
            outer.created, outer.deleted = created, deleted


def _notice_creation(
    *, instance: models.Model, created: bool, **_signal: object
) -> None:
    recording = _current.get()
    if recording is not None and created:
        recording.created.add(_key(instance))


def _notice_deletion(*, instance: models.Model, **_signal: object) -> None:
    recording = _current.get()
    if recording is None or _key(instance) in recording.deleted:
        return
    record_deletions([instance])
    for parent in _parents(instance):
        reversion.add_to_revision(parent)


def _parents(row: models.Model) -> Iterator[models.Model]:
    """Yield the rows this one belongs to: they change by losing it."""
    for name in revisions._get_options(type(row)).follow:  # noqa: SLF001 - no other way
        field = row._meta.get_field(name)  # noqa: SLF001 - public
        if field.many_to_one and (parent := getattr(row, name)) is not None:
            yield parent


def _key(row: models.Model) -> Key:
    content_type = ContentType.objects.get_for_model(row)
    return content_type.pk, str(row.pk)


def _versions(rows: Sequence[models.Model]) -> dict[Key, Version]:
    """Return versions of rows of one model; a query for each many to many."""
    load_links(rows)
    return {_key(row): _version(row) for row in rows}


def _version(row: models.Model) -> Version:
    """Return the row as it is, in the form reversion keeps it."""
    options = revisions._get_options(type(row))  # noqa: SLF001 - no other way
    return Version(
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        db=DEFAULT_DB_ALIAS,
        format=options.format,
        serialized_data=serializers.serialize(
            options.format, (row,), fields=options.fields
        ),
        object_repr=str(row),
    )


def _links_of(rows: Sequence[models.Model]) -> dict[str, dict[str, list[Any]]]:
    """Return which other versioned rows point at some and will be let go.

    Returns:
        Key of a row -> name of the reverse relation -> primary keys, in order.
    """
    links: dict[str, dict[str, list[Any]]] = defaultdict(dict)
    for relation in rows[0]._meta.related_objects:  # noqa: SLF001 - public
        let_go = relation.many_to_many or relation.on_delete is models.SET_NULL
        if not let_go or not reversion.is_registered(relation.related_model):
            continue
        other = relation.related_model._base_manager  # noqa: SLF001 - public
        name, accessor = relation.field.name, str(relation.get_accessor_name())
        found = other.filter(**{f"{name}__in": rows}).order_by("pk")
        for owner, pk in found.values_list(name, "pk"):
            links[str(owner)].setdefault(accessor, []).append(pk)
    return links


def note_revision(
    revision: Revision, versions: list[Version], **_signal: object
) -> None:
    """Store beside a revision where it came from, and which rows began with it."""
    recording = _current.get()
    batch = recording.batch if recording else None
    if batch is not None:
        HistoryBatch.objects.bulk_create(
            [
                HistoryBatch(
                    public_id=batch,
                    reason=revision.comment[:REASON_LENGTH],
                    first_revision=revision,
                )
            ],
            ignore_conflicts=True,
        )
    RevisionNote.objects.create(
        revision=revision,
        source=current_source(),
        request_id=current_request_id(),
        batch_id=batch,
    )
    if recording is None:
        return
    recording.revision = revision
    VersionMark.objects.bulk_create(
        [
            VersionMark(
                version=version,
                content_type_id=version.content_type_id,
                kind=VersionMark.Kind.CREATED,
            )
            for version in versions
            if (version.content_type_id, version.object_id) in recording.created
        ],
        batch_size=BATCH_ROWS,
    )


def _store_deletions(recording: _Recording) -> None:
    """Store what was deleted, in the revision of what was saved or in its own."""
    if not recording.deleted:
        return
    revision = recording.revision
    if revision is None:
        revision = Revision.objects.create(
            date_created=timezone.now(), user=recording.user, comment=recording.reason
        )
        note_revision(revision, [])
    for version, _links in recording.deleted.values():
        version.revision = revision
    Version.objects.bulk_create(
        [version for version, _links in recording.deleted.values()],
        batch_size=BATCH_ROWS,
    )
    stored = Version.objects.filter(revision=revision).order_by("pk")
    told = stored.values_list("content_type", "object_id", "pk")
    pks = {(type_id, object_id): pk for type_id, object_id, pk in told}
    VersionMark.objects.bulk_create(
        [
            VersionMark(
                version_id=pks[key],
                content_type_id=version.content_type_id,
                kind=VersionMark.Kind.DELETED,
                links=links,
            )
            for key, (version, links) in recording.deleted.items()
        ],
        batch_size=BATCH_ROWS,
    )
