"""What is left of a row elsewhere: former versions, and what the admin's log says."""

from collections.abc import Collection, Iterator

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Max, Min, Model, Q, QuerySet
from reversion.models import Version

from custom.batching import batched
from custom.history.pruning import delete_versions
from custom.privacy.batches import each_batch

BATCH = 500  # rows forgotten at a time
SPAN = 10_000  # versions looked through in one statement
NOT_TOLD = "(erased)"


def forget_rows(model: type[Model], pks: Collection[int]) -> None:
    """Delete every version of rows, and their names in the admin's log."""
    kind = ContentType.objects.get_for_model(model)
    names = [str(pk) for pk in pks]
    versions = Version.objects.filter(db="default", content_type=kind)
    each_batch(versions.filter(object_id__in=names), delete_versions)
    entries = LogEntry.objects.filter(content_type=kind, object_id__in=names)
    each_batch(
        entries,
        lambda keys: LogEntry.objects.filter(pk__in=keys).update(
            object_repr=NOT_TOLD, change_message=""
        ),
    )


def forget_rows_of(model: type[Model], link: str, person_pk: int) -> None:
    """Likewise for all rows that ever belonged to an account, deleted ones too.

    A deleted row is known by its versions alone, which say in their text whose it was:
    those of the model are looked through, along their index, ``SPAN`` at a time.
    ``link`` is the field of the model that points at the account.
    """
    kind = ContentType.objects.get_for_model(model)
    pointing = f'"{link}": {person_pk}'
    owned = Q(serialized_data__contains=f"{pointing},") | Q(
        serialized_data__contains=f"{pointing}}}"
    )
    found: set[int] = set()
    versions = Version.objects.filter(db="default", content_type=kind)
    for first, last in _spans(versions):
        span = versions.filter(pk__gte=first, pk__lte=last)
        ids = span.filter(owned).values_list("object_id", flat=True)
        found.update(int(pk) for pk in ids)
    rows = model._base_manager.filter(**{link: person_pk})  # noqa: SLF001 - public
    found.update(rows.values_list("pk", flat=True))
    for batch in batched(sorted(found), BATCH):
        forget_rows(model, batch)


def _spans(versions: QuerySet[Version]) -> Iterator[tuple[int, int]]:
    """Yield the first and last key of every ``SPAN`` versions, read from an index."""
    after = 0
    while True:
        later = versions.filter(pk__gt=after).order_by("pk")[:SPAN]
        ends = later.values("pk").aggregate(first=Min("pk"), last=Max("pk"))
        if ends["last"] is None:
            return
        yield ends["first"], ends["last"]
        after = ends["last"]
