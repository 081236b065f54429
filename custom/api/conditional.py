"""Entity tags by which clients say what they last saw."""

import hashlib
import re
from http import HTTPStatus
from typing import Any

from django.utils.http import parse_etags
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from custom.api.renderers import dump_json

DIGEST_LENGTH = 16  # hexadecimal digits
HEADER = "If-Match"
# Where Django keeps the headers that ask for an answer under a condition.
CONDITIONS = frozenset(
    {
        "HTTP_IF_MATCH",
        "HTTP_IF_MODIFIED_SINCE",
        "HTTP_IF_NONE_MATCH",
        "HTTP_IF_UNMODIFIED_SINCE",
    }
)
_TAG = r'(?:W/)?"[^"\s\x00-\x1f\x7f]*"'
_TAGS = re.compile(rf"[\s,]*{_TAG}(?:\s*,[\s,]*{_TAG})*[\s,]*")


class PreconditionRequiredError(APIException):
    """A write that could undo another's without knowing of it."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_code = "precondition-required"
    default_detail = "Send If-Match with the ETag you last read."


class ConditionInvalidError(APIException):
    """An ``If-Match`` that is no condition: no tag would ever fit it."""

    status_code = HTTPStatus.BAD_REQUEST
    default_code = "if-match-invalid"
    pointer = f"#/header/{HEADER}"
    default_detail = (
        'Give If-Match as "*", or as entity tags in quotes with commas between.'
    )


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
    return bool(request.headers.get(HEADER, "").strip())


def expected_states(request: Request) -> frozenset[str] | None:
    """Return the states ``If-Match`` names; None if it is missing, empty or ``*``.

    Who may not write without a condition asks ``has_condition`` first.

    Tags are compared weakly: proxies weaken them, or append to them.

    Raises:
        ConditionInvalidError: It is neither ``*`` nor tags in quotes.
    """
    text = request.headers.get(HEADER, "").strip()
    if text in ("", "*"):
        return None
    if not _TAGS.fullmatch(text):
        raise ConditionInvalidError
    opaque = (tag.removeprefix("W/").strip('"') for tag in parse_etags(text))
    return frozenset(tag.rpartition(".")[0] for tag in opaque)
