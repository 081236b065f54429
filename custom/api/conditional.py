"""Entity tags by which clients say what they last saw."""

import hashlib
from http import HTTPStatus
from typing import Any

from django.utils.http import parse_etags
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from custom.api.renderers import dump_json

DIGEST_LENGTH = 16  # hexadecimal digits


class PreconditionRequiredError(APIException):
    """A write that could undo another's without knowing of it."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_code = "precondition-required"
    default_detail = "Send If-Match with the ETag you last read."


def entity_tag(request: Request, state: str, shown: Any) -> str:  # noqa: ANN401
    """Return the ``ETag`` of an answer: the state behind it, and what it shows.

    What is shown may change while the state stays, as a basket's prices do; then
    ``If-None-Match`` must miss, and ``If-Match`` must still hold.

    Args:
        request: Its negotiated format is part of the tag.
        state: Changes with every write; without quotes and blanks.
        shown: The plain values of the body.
    """
    body = request.accepted_renderer.format.encode() + dump_json(shown)
    digest = hashlib.sha256(body).hexdigest()[:DIGEST_LENGTH]
    return f'"{state}.{digest}"'


def has_condition(request: Request) -> bool:
    """Tell whether a request has an ``If-Match`` that says something.

    An empty one, which servers also make of bytes they cannot read, is none.
    """
    return bool(request.headers.get("If-Match", "").strip())


def expected_states(request: Request) -> frozenset[str] | None:
    """Return the states ``If-Match`` names; None if it is missing, empty or ``*``.

    Who may not write without a condition asks ``has_condition`` first.

    Tags are compared weakly: proxies weaken them, or append to them.
    """
    tags = parse_etags(request.headers.get("If-Match", "*").strip() or "*")
    if tags == ["*"]:
        return None
    opaque = (tag.removeprefix("W/").strip('"') for tag in tags)
    return frozenset(tag.rpartition(".")[0] for tag in opaque)
