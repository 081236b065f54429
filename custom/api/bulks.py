"""Bodies of many rows: each is read, judged and answered by itself."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request

from custom.api.output import OutputSerializer
from custom.api.problems import QueryParameterError, pointer_token
from custom.bulks import Outcome, RowFault

JsonRow = dict[str, Any]
DRY_RUN = "dry_run"
DRY_RUN_PARAMETER = OpenApiParameter(
    DRY_RUN,
    OpenApiTypes.BOOL,
    description="`true`: only tell what would become of each row.",
)


class RowErrorSerializer(OutputSerializer[Any]):
    """What is wrong with a row."""

    pointer = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class OutcomeSerializer(OutputSerializer[Any]):
    """What became of a row."""

    row = serializers.IntegerField(help_text="Its place, counted from 0.")
    outcome = serializers.ChoiceField(choices=list(Outcome))
    errors = RowErrorSerializer(many=True)  # type: ignore[assignment]


class BulkResultSerializer(OutputSerializer[Any]):
    """Answer to a bulk; who derives it names the class of ``results``."""

    dry_run = serializers.BooleanField(help_text="Nothing was stored.")
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    failed = serializers.IntegerField()


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


def row_error(
    place: int, path: Iterable[str | int], code: str, detail: str
) -> dict[str, str]:
    """Return what is wrong with a row, or with a member of it that a path leads to."""
    pointer = "/".join((row_pointer(place), *map(pointer_token, path)))
    return {"pointer": pointer, "code": code, "detail": detail}


def row_errors(place: int, faults: Iterable[RowFault]) -> list[dict[str, str]]:
    """Return why a service has refused a row."""
    return [row_error(place, each.path, each.code, each.detail) for each in faults]


def row_pointer(place: int) -> str:
    """Return where a row is in the body."""
    return f"#/rows/{place}"


def is_dry_run(request: Request) -> bool:
    """Tell whether a request only asks what would become of its rows.

    Raises:
        QueryParameterError: The parameter is neither true nor false.
    """
    text = request.query_params.get(DRY_RUN, "false").lower()
    if text not in ("true", "false"):
        fault = ErrorDetail('Give "true" or "false".', "invalid")
        raise QueryParameterError({DRY_RUN: [fault]})
    return text == "true"
