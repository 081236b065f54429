"""Requests that write many rows, each on its own merits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from custom.idempotency import Outcome as RequestOutcome
from custom.idempotency import RequestKey, run_once_if_keyed
from custom.ids import new_public_id
from custom.models import KeptAnswer
from custom.purging import purge_in_batches

PURGE_BATCH = 20  # a kept answer is up to 200 kB
Path = tuple[str | int, ...]  # to a member of a row


class Outcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row is refused, and the path to the member that is at fault."""

    path: Path
    code: str
    detail: str


class RefusedRowError(Exception):
    """A row cannot be carried out."""

    def __init__(self, *faults: RowFault) -> None:
        super().__init__(*faults)
        self.faults = faults


def write_rows_once(
    key: RequestKey | None,
    kept: type[KeptAnswer],
    write: Callable[[UUID], list[dict[str, Any]]],
    *,
    beside: Mapping[str, object] | None = None,
) -> tuple[list[dict[str, Any]], RequestOutcome]:
    """Carry rows out unless the key did so before; results, and whether it had.

    Only with a key are the results kept, to be told again.

    Args:
        key: Of the request.
        kept: Where its results are kept.
        write: Takes the id of this bulk, writes, and returns what became of each row;
            runs in one transaction.
        beside: What is kept with the results.
    """
    bulk_id = new_public_id()
    results: list[dict[str, Any]] = []

    def work() -> str:
        results[:] = write(bulk_id)
        if key is not None:
            kept._default_manager.create(  # noqa: SLF001 - of whatever class
                public_id=bulk_id, results=results, **(beside or {})
            )
        return str(bulk_id)

    outcome = run_once_if_keyed(key, work, makes=str(bulk_id))
    if outcome.is_replay:
        results = kept._default_manager.get(public_id=outcome.made).results  # noqa: SLF001
    return results, outcome


def expired_answers(kept: type[KeptAnswer]) -> QuerySet[Any]:
    """Return answers that are older than any key by which one could ask for them."""
    limit = timezone.now() - timedelta(hours=settings.IDEMPOTENCY_KEY_HOURS)
    rows: Any = kept._default_manager  # noqa: SLF001
    found: QuerySet[Any] = rows.created_before(limit).order_by("created_at")
    return found


def purge_answers(kept: type[KeptAnswer]) -> int:
    """Delete answers older than their idempotency keys, some at a time; count them."""
    return purge_in_batches(expired_answers(kept), batch=PURGE_BATCH)
