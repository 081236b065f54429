"""Files as staff upload them, and their way through the services."""

import io
from typing import Any

from django.core.files.base import ContentFile

from exchange.files import read_rows, write_rows
from exchange.models import Import
from exchange.services import advance, apply_import, start_import
from users.models import User


def csv_file(text: str) -> bytes:
    """Return lines, whose indentation does not count, as a file."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return "\r\n".join(lines).encode()


def file_of(names: list[str], rows: list[dict[str, Any]], file_format: str) -> bytes:
    """Return rows as a file of a format."""
    return b"".join(write_rows(names, rows, file_format))


def rows_of(content: bytes, file_format: str) -> list[dict[str, Any]]:
    """Return the rows of a file."""
    return list(read_rows(io.BytesIO(content), file_format))


def uploaded(actor: User, kind: str, content: bytes, *, suffix: str = "csv") -> Import:
    """Upload a file; nothing has been done with it."""
    return start_import(
        kind=kind,
        file_format=suffix,
        name=f"{kind}.{suffix}",
        file=ContentFile(content),
        actor=actor,
    )


def checked(actor: User, kind: str, content: bytes, *, suffix: str = "csv") -> Import:
    """Upload a file, and have it checked."""
    run = uploaded(actor, kind, content, suffix=suffix)
    advance(run.public_id)
    run.refresh_from_db()
    return run


def applied(actor: User, kind: str, content: bytes, *, suffix: str = "csv") -> Import:
    """Upload a file, have it checked, and apply it."""
    run = checked(actor, kind, content, suffix=suffix)
    apply_import(run.public_id, actor=actor)
    advance(run.public_id)
    run.refresh_from_db()
    return run


def counts(run: Import) -> tuple[int, int, int, int]:
    """Return how many rows were created, updated, unchanged and refused."""
    return run.num_created, run.num_updated, run.num_unchanged, run.num_errors


def outcomes(run: Import) -> list[str]:
    """Return what became of the rows, in order."""
    return list(run.rows.values_list("outcome", flat=True))


def faults(run: Import) -> list[tuple[int, str]]:
    """Return number and column of the rows that were refused."""
    return list(run.rows.errors().values_list("number", "column"))
