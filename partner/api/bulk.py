"""Reads the rows of a bulk one by one, and tells what became of each."""

from collections.abc import Mapping, Sequence

from rest_framework.exceptions import PermissionDenied, ValidationError

from custom.api.bulks import JsonRow, row_error, row_errors, row_pointer
from custom.api.problems import list_faults
from custom.bulks import Outcome, write_rows_once
from custom.idempotency import Outcome as RequestOutcome
from custom.idempotency import RequestKey
from partner.api.access import require_manager
from partner.api.serializers import StockRowSerializer
from partner.models import PartnerMember, StockImport
from partner.services import (
    RowResult,
    StockRow,
    write_stock_rows,
)
from users.models import User

MANAGERS_ONLY = ("price", "variant")


def try_rows(
    membership: PartnerMember, unread: Sequence[object], *, actor: User
) -> list[JsonRow]:
    """Tell what would become of rows; stores nothing."""
    return _write(membership, unread, actor=actor, source="", is_dry_run=True)


def write_rows(
    key: RequestKey | None,
    membership: PartnerMember,
    unread: Sequence[object],
    *,
    actor: User,
) -> tuple[list[JsonRow], RequestOutcome]:
    """Carry rows out unless the key did so before; results, and whether it had."""
    return write_rows_once(
        key,
        StockImport,
        lambda bulk: _write(membership, unread, actor=actor, source=f"import:{bulk}"),
        beside={"partner": membership.partner},
    )


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
            errors = list(list_faults(error.get_full_details(), row_pointer(place)))
            refused[place] = _refusal(place, data, errors)
        except PermissionDenied as error:
            del rows[place]
            errors = [row_error(place, (), "permission-denied", str(error.detail))]
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
        "errors": row_errors(place, result.faults),
    }
