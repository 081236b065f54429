"""What a reader may see of imports, and what they bring back."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from exchange.kinds import KINDS, Kind
from exchange.kinds.base import ERROR_COLUMN
from exchange.models import Import
from exchange.querysets import ImportQuerySet
from partner.scoping import partners_shown_to
from users.models import User


def kinds_for(user: User, verb: str) -> list[Kind]:
    """Return the kinds a user may ``view`` (export) or ``change`` (import)."""
    return [kind for kind in KINDS.values() if user.has_perm(getattr(kind, verb))]


def imports_shown_to(user: User) -> ImportQuerySet:
    """Return the imports of kinds the reader may see; of partners' staff, their own."""
    names = [kind.name for kind in kinds_for(user, "view")]
    found = Import.objects.filter(kind__in=names).select_related("actor")
    return found if partners_shown_to(user) is None else found.filter(actor=user)


def error_columns(run: Import) -> list[str]:
    """Return the columns of the file of errors: those that came, and why."""
    first = run.rows.errors().first()
    came = list(first.cells) if first and run.format != "json" else []
    names = came or KINDS[run.kind].columns
    return [*(name for name in names if name != ERROR_COLUMN), ERROR_COLUMN]


def error_rows(run: Import) -> Iterator[dict[str, Any]]:
    """Yield the rows that were refused as they came, each with the reason."""
    for row in run.rows.errors().iterator(chunk_size=500):
        reason = f"{row.column}: {row.fault}" if row.column else row.fault
        yield {**row.cells, ERROR_COLUMN: reason}


def is_applied_now(batch: UUID) -> bool:
    """Tell whether a step of the history is an import that goes on; 1 query."""
    return Import.objects.applying(batch).exists()
