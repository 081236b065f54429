"""Reads the products of a bulk one by one, and tells what became of each."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from catalogue.api.admin.access import StaffMixin
from catalogue.api.admin.inputs import BulkProductSerializer, ProductBulkSerializer
from catalogue.api.admin.outputs import ProductBulkResultSerializer
from catalogue.api.admin.products import AdminProductViewSet
from catalogue.models import EXTERNAL_ID_LENGTH, Product, ProductBulk
from catalogue.services import Edit, ProductRow, RowResult, write_products
from custom.api.bulks import (
    DRY_RUN,
    DRY_RUN_PARAMETER,
    JsonRow,
    is_dry_run,
    row_errors,
    row_pointer,
    sum_up,
)
from custom.api.contract import IDEMPOTENCY_KEY
from custom.api.idempotency import read_key, replay_headers
from custom.api.problems import list_faults
from custom.bulks import Outcome, write_rows_once
from partner.services import refresh_summaries


class AdminProductBulkViewSet(StaffMixin[Product]):
    """Make and change many products at once."""

    query_parameters = frozenset({DRY_RUN})
    rights: ClassVar = {"bulk": AdminProductViewSet.rights["upsert"]}
    serializer_classes: ClassVar = {"bulk": ProductBulkSerializer}

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY, DRY_RUN_PARAMETER],
        responses=ProductBulkResultSerializer,
    )
    def bulk(self, request: Request) -> Response:
        """Make or change up to 100 products; a row that is refused stops no other.

        A product is found by its `external_id`, or by the SKUs of its variants. All
        that is written is one step of the history.
        """
        key = read_key(request, endpoint="admin.product.bulk")
        is_trial = is_dry_run(request)
        values, edit = self.read_body()
        if is_trial:
            tried = write_rows(values["rows"], edit=edit, is_dry_run=True)
            return Response(sum_up(tried, is_dry_run=True))
        results, outcome = write_rows_once(
            key, ProductBulk, lambda _bulk: write_rows(values["rows"], edit=edit)
        )
        answer = sum_up(results, is_dry_run=False)
        return Response(answer, headers=replay_headers(outcome))


def write_rows(
    unread: Sequence[object], *, edit: Edit, is_dry_run: bool = False
) -> list[JsonRow]:
    """Carry out what can be read; one result a row, in order."""
    rows, told = _read(unread)
    results = write_products(
        rows, actor=edit.actor, reason=edit.reason, is_dry_run=is_dry_run
    )
    told |= {place: _tell(place, rows[place], each) for place, each in results.items()}
    if not is_dry_run:
        updated = (e for e in results.values() if e.outcome == Outcome.UPDATED)
        refresh_summaries(each.product_id for each in updated if each.product_id)
    return [told[place] for place in sorted(told)]


def _read(
    unread: Sequence[object],
) -> tuple[dict[int, ProductRow], dict[int, JsonRow]]:
    """Split rows into those that can be read, and answers to the others."""
    reader = BulkProductSerializer()
    rows: dict[int, ProductRow] = {}
    refused: dict[int, JsonRow] = {}
    for place, data in enumerate(unread):
        try:
            rows[place] = reader.read(data)
        except ValidationError as error:
            errors = list(list_faults(error.get_full_details(), row_pointer(place)))
            refused[place] = _result(
                place, external_id=_name(data), outcome=Outcome.ERROR, errors=errors
            )
    return rows, refused


def _name(data: object) -> str | None:
    """Return what a row that cannot be read is known by, if that much can be."""
    name = data.get("external_id") if isinstance(data, Mapping) else None
    is_one = isinstance(name, str) and len(name) <= EXTERNAL_ID_LENGTH
    return cast("str", name) if is_one else None


def _tell(place: int, row: ProductRow, result: RowResult) -> JsonRow:
    """Answer a row that was judged."""
    return _result(
        place,
        external_id=row.external_id,
        outcome=result.outcome,
        id=result.product_id,
        version=result.version,
        errors=row_errors(place, result.faults),
    )


def _result(place: int, **members: Any) -> JsonRow:
    """Return the members of a result, those of a refusal unless they are given."""
    return {"row": place, "id": None, "version": None, **members}
