"""The steps that people take with an import, and its end."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files import File
from django.utils import timezone

from custom import outbox
from custom.ids import new_public_id
from custom.mysql.compiler import lock_through
from custom.purging import purge_in_batches
from custom.transactions import transactional
from exchange.errors import ImportStateError
from exchange.models import Import, ImportRow, upload_path
from users.models import User

TOPIC = "import.due"
PURGE_BATCH = 2_000  # rows in one transaction
NAME_LENGTH = 255


def start_import(
    *, kind: str, file_format: str, name: str, file: File[Any], actor: User
) -> Import:
    """Keep an uploaded file, and have its rows checked.

    A crash between the two leaves a file that nothing points at, and no import.
    """
    run = Import(
        public_id=new_public_id(),
        kind=kind,
        format=file_format,
        name=name[-NAME_LENGTH:],
        actor=actor,
    )
    storage = Import._meta.get_field("file").storage  # noqa: SLF001 - public
    run.file.name = storage.save(upload_path(run, name), file)
    return _begin(run)


@transactional
def apply_import(public_id: object, *, actor: User) -> None:
    """Have the rows that were checked written, all but the errors.

    They are judged anew: what has changed since the check is taken into account.

    Raises:
        ImportStateError: It is not checked, or is applied already.
    """
    checked = Import.objects.by_id(public_id).filter(state=Import.State.CHECKED)
    # A worker holds the row of another one for as long as it writes a chunk.
    begun = lock_through(checked, "public_id").update(
        state=Import.State.APPLYING,
        actor=actor,
        moved_at=timezone.now(),
        position=0,
        offset=0,
        num_created=0,
        num_updated=0,
        num_unchanged=0,
        num_errors=0,
    )
    if not begun:
        msg = "Only a file that has been checked can be applied, and once."
        raise ImportStateError(msg)
    outbox.publish(TOPIC, {"import": str(public_id)})


@transactional
def resume_import(public_id: object) -> None:
    """Have a worker go on with an import whose worker is gone.

    It begins behind the last chunk that was kept. If a worker is at it all the same,
    the two take turns, and no row is done twice.

    Raises:
        ImportStateError: There is nothing left to do.
    """
    run = Import.objects.by_id(public_id).get()
    if not run.is_running:
        msg = "Only a file that is being checked or applied can go on."
        raise ImportStateError(msg)
    outbox.publish(TOPIC, {"import": str(public_id)})


def purge_imports() -> int:
    """Delete imports of long ago with their files; count them and their rows."""
    limit = timezone.now() - timedelta(days=settings.EXCHANGE_KEEP_DAYS)
    old = Import.objects.begun_before(limit)
    rows = ImportRow.objects.filter(run__created_at__lt=limit).order_by("pk")
    total = purge_in_batches(rows, batch=PURGE_BATCH)
    for run in old:
        run.file.delete(save=False)
        run.plain_path.unlink(missing_ok=True)
    return total + purge_in_batches(old, batch=PURGE_BATCH)


@transactional
def _begin(run: Import) -> Import:
    run.save()
    outbox.publish(TOPIC, {"import": str(run.public_id)})
    return run
