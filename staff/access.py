"""The log of looks at personal data."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Model
from django.utils import timezone
from structlog.contextvars import get_contextvars

from custom.purging import purge_in_batches
from custom.transactions import transactional
from staff.models import ACTION_LENGTH, AccessEntry
from users.models import User

PURGE_BATCH = 1_000  # entries in one transaction


@transactional
def record_access(
    user: User,
    *,
    model: type[Model],
    pk: object,
    action: str,
    rows: int | None = 1,
) -> None:
    """Note one look; call it before anything is shown, outside of a transaction.

    What fails here must keep the page from being shown: no log, no look.

    Args:
        user: Who looks.
        model: What kind of rows it is.
        pk: Key of the row; empty for a list.
        action: A word or two: ``view``, ``list``, ``export``.
        rows: How many are shown; None where nobody counts.
    """
    AccessEntry.objects.create(
        user=user,
        model=model._meta.label_lower,  # noqa: SLF001 - Django's own name for it
        object_pk=str(pk)[:64],
        action=action[:ACTION_LENGTH],
        rows=rows,
        request_id=get_contextvars().get("request_id") or "",
    )


def purge_access_entries() -> int:
    """Delete looks of more than ``STAFF_ACCESS_DAYS`` ago; count them."""
    limit = timezone.now() - timedelta(days=settings.STAFF_ACCESS_DAYS)
    return purge_in_batches(AccessEntry.objects.before(limit), batch=PURGE_BATCH)
