"""Deleting old history, some versions at a time; the last of each row stays."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from reversion.models import Revision, Version

from custom.models import HistoryBatch, VersionMark
from custom.purging import purge_in_batches

BATCH = 500  # versions in one transaction


def prune() -> int:
    """Delete versions nobody needs any more; count them.

    Those go that are older than ``HISTORY_KEEP_DAYS`` and not the last of their row,
    and all of a row that was deleted more than ``HISTORY_RECOVER_DAYS`` ago. Revisions
    and steps go with the last of their versions.
    """
    recover = timezone.now() - timedelta(days=settings.HISTORY_RECOVER_DAYS)
    old = purge_in_batches(superseded(), batch=BATCH, delete=delete_versions)
    lost = _ends_before(recover)
    return old + purge_in_batches(lost, batch=BATCH, delete=_delete_lives)


def superseded() -> QuerySet[Version]:
    """Return versions older than ``HISTORY_KEEP_DAYS``, not the last of their rows."""
    limit = timezone.now() - timedelta(days=settings.HISTORY_KEEP_DAYS)
    newer = Version.objects.filter(
        db=OuterRef("db"),
        content_type=OuterRef("content_type"),
        object_id=OuterRef("object_id"),
        revision__gt=OuterRef("revision"),
    )
    old = Version.objects.filter(Exists(newer), revision__date_created__lt=limit)
    return old.order_by("pk")


def _ends_before(limit: object) -> QuerySet[Version]:
    """Return versions with which rows were deleted that may not come back."""
    ends = Version.objects.filter(
        mark__kind=VersionMark.Kind.DELETED, revision__date_created__lt=limit
    )
    return ends.order_by("pk")


def _delete_lives(pks: list[int]) -> int:
    """Delete the versions of deleted rows, from the first to the deletion."""
    lives = Q()
    for end in Version.objects.filter(pk__in=pks):
        lives |= Q(
            db=end.db,
            content_type=end.content_type_id,
            object_id=end.object_id,
            revision__lte=end.revision_id,
        )
    found = Version.objects.filter(lives) if lives else Version.objects.none()
    return delete_versions(list(found.values_list("pk", flat=True)))


def delete_versions(pks: list[int]) -> int:
    """Delete versions, and the revisions and steps that have none left."""
    versions = Version.objects.filter(pk__in=pks)
    revisions = set(versions.values_list("revision", flat=True))
    notes = Revision.objects.filter(pk__in=revisions)
    batches = set(notes.values_list("note__batch", flat=True)) - {None}
    count: int = versions.count()
    versions.delete()
    Revision.objects.filter(pk__in=revisions, version__isnull=True).delete()
    HistoryBatch.objects.filter(pk__in=batches, notes__isnull=True).delete()
    return count
