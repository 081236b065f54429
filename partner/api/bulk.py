"""Reads the rows of a bulk one by one, and tells what became of each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rest_framework.exceptions import PermissionDenied, ValidationError

from custom.api.problems import list_faults
from custom.idempotency import RequestKey, run_once_if_keyed
from custom.ids import new_public_id
from partner.api.access import require_manager
from partner.api.serializers import StockRowSerializer
from partner.models import PartnerMember, StockImport
from partner.services import (
    Outcome,
    RowResult,
    StockRow,
    keep_import,
    write_stock_rows,
)
from users.models import User

JsonRow = dict[str, Any]
MANAGERS_ONLY = ("price", "variant")


def try_rows(
    membership: PartnerMember, unread: Sequence[object], *, actor: User
) -> list[JsonRow]:
    """Tell what would become of rows; stores nothing."""
    return _write(membership, unread, actor=actor, source="", is_dry_run=True)


def write_rows_once(
    key: RequestKey | None,
    membership: PartnerMember,
    unread: Sequence[object],
    *,
    actor: User,
) -> tuple[list[JsonRow], bool]:
    """Carry rows out unless the key did so before; results, and whether it had.

    Only with a key are the results kept, to be told again.
    """
    import_id = new_public_id()
    results: list[JsonRow] = []

    def write() -> str:
        source = f"import:{import_id}"
        results[:] = _write(membership, unread, actor=actor, source=source)
        if key is not None:
            keep_import(membership.partner, results, public_id=import_id)
        return str(import_id)

    outcome = run_once_if_keyed(key, write, makes=str(import_id))
    if outcome.is_replay:
        results = StockImport.objects.get(public_id=outcome.made).results
    return results, outcome.is_replay


def sum_up(results: Sequence[Mapping[str, Any]], *, is_dry_run: bool) -> JsonRow:
    """Return the whole answer."""
    outcomes = [result["outcome"] for result in results]
    return {
        "dry_run": is_dry_run,
        "created": outcomes.count(Outcome.CREATED),
        "updated": outcomes.count(Outcome.UPDATED),
        "unchanged": outcomes.count(Outcome.UNCHANGED),
        "failed": outcomes.count(Outcome.ERROR),
        "results": results,
    }


def _write(
    membership: PartnerMember,
    unread: Sequence[object],
    *,
    actor: User,
    source: str,
    is_dry_run: bool = False,
) -> list[JsonRow]:
    """Carry out what can be read and may be done; one result a row, in order."""
    rows, refused = _read(unread, PartnerMember.Role(membership.role))
    results = write_stock_rows(
        membership.partner, rows, source=source, actor=actor, is_dry_run=is_dry_run
    )
    told = refused | {
        place: _tell(place, rows[place], result) for place, result in results.items()
    }
    return [told[place] for place in sorted(told)]


def _read(
    unread: Sequence[object], role: PartnerMember.Role
) -> tuple[dict[int, StockRow], dict[int, JsonRow]]:
    """Split rows into those that can be read, and answers to the others."""
    reader = StockRowSerializer()
    rows: dict[int, StockRow] = {}
    refused: dict[int, JsonRow] = {}
    for place, data in enumerate(unread):
        try:
            rows[place] = reader.read(data)
            given = data if isinstance(data, Mapping) else {}
            require_manager(role, [name for name in MANAGERS_ONLY if name in given])
        except ValidationError as error:
            errors = list(list_faults(error.get_full_details(), _pointer(place)))
            refused[place] = _refusal(place, data, errors)
        except PermissionDenied as error:
            del rows[place]
            errors = [_error(_pointer(place), "permission-denied", str(error.detail))]
            refused[place] = _refusal(place, data, errors)
    return rows, refused


def _refusal(place: int, data: object, errors: list[dict[str, str]]) -> JsonRow:
    """Answer a row that was not carried out, with its SKU if it can be read."""
    sku = data.get("partner_sku") if isinstance(data, Mapping) else None
    return {
        "row": place,
        "partner_sku": sku if isinstance(sku, str) else None,
        "outcome": Outcome.ERROR,
        "id": None,
        "errors": errors,
    }


def _tell(place: int, row: StockRow, result: RowResult) -> JsonRow:
    """Answer a row that was judged."""
    return {
        "row": place,
        "partner_sku": row.partner_sku,
        "outcome": result.outcome,
        "id": result.stock_record_id,
        "errors": list(_errors(place, result)),
    }


def _errors(place: int, result: RowResult) -> Iterator[dict[str, str]]:
    if result.fault:
        pointer = f"{_pointer(place)}/{result.fault.field}"
        yield _error(pointer, result.fault.code, result.fault.detail)


def _error(pointer: str, code: str, detail: str) -> dict[str, str]:
    return {"pointer": pointer, "code": code, "detail": detail}


def _pointer(place: int) -> str:
    return f"#/rows/{place}"
