"""Everything that is held about a person, as one ZIP of JSON files."""

from collections.abc import Iterator
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import IO, cast
from zipfile import ZIP_DEFLATED, ZipFile

import orjson
from django.conf import settings
from django.utils import timezone

from custom.privacy.batches import values_in_batches
from custom.privacy.holdings import Holding, Person, holdings_of

IN_MEMORY = 1024 * 1024  # bytes; a larger archive is a file without a name
README = "README.txt"


def make_archive(person: Person) -> IO[bytes]:
    """Return an open file with all that is held, at its beginning.

    Memory holds one batch of rows and one megabyte, however much it is. A fixed number
    of queries for each kind and each 500 rows.
    """
    target = cast("IO[bytes]", SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - the caller closes it
    told = []
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for holding in holdings_of(person):
            if holding.shown:
                rows = _write(archive, holding, person)
                told.append(f"{holding.name}.json: {holding.tells} Rows: {rows}.")
        archive.writestr(README, "\n".join(_readme(told, person)))
    target.seek(0)
    return target


def _write(archive: ZipFile, holding: Holding, person: Person) -> int:
    """Write the rows of a kind as a list, one a line; count them."""
    rows = 0
    with archive.open(f"{holding.name}.json", "w") as file:
        file.write(b"[")
        for row in values_in_batches(holding.rows(person), holding.shown):
            file.write(b",\n" if rows else b"\n")
            file.write(orjson.dumps(row, default=_as_text))
            rows += 1
        file.write(b"\n]\n")
    return rows


def _readme(told: list[str], person: Person) -> Iterator[str]:
    """Yield the lines that say what is in the archive, and what is not."""
    yield f"What {settings.SHOP_NAME} holds about you"
    yield f"Made on {timezone.now():%Y-%m-%d %H:%M} UTC."
    yield ""
    yield "Each file is a list in JSON. Times are UTC, amounts are in the currency of"
    yield "their order, and orders are named by their number or their public_id."
    yield ""
    yield from told
    yield ""
    yield "Held, but not in here:"
    for each in holdings_of(person):
        if not each.shown:
            yield f"- {each.tells} {each.unshown}"
    if not person.is_guest:
        yield "- Your password and the keys of your devices: digests nobody can read."
    yield ""


def _as_text(value: object) -> str:
    """Write what JSON has no type for.

    Raises:
        TypeError: It is none of the types that columns have.
    """
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError
