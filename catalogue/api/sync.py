"""How a client asks for what has changed since it last looked."""

import base64
import binascii
import struct
import zlib
from typing import Any

from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from catalogue.sync import Changes, Mark
from custom.api.problems import QueryParameterError

SYNC_PARAMETER = "updated_since"
BEGINNING = ("", "0")  # of a client that has nothing
# What would put the rows in another order than that of their changes.
UNFIT = ("page", "ordering")
LAYOUT = struct.Struct(">QQI")  # position, floor, checksum of both
SUM_BYTES = 4


def write_mark(mark: Mark) -> str:
    """Return the cursor of a mark: letters, digits, ``-`` and ``_``."""
    packed = struct.pack(">QQ", mark.position, mark.floor)
    packed += zlib.crc32(packed).to_bytes(SUM_BYTES, "big")
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def read_mark(request: Request) -> Mark:
    """Return where the client stands.

    Raises:
        QueryParameterError: The cursor is none that was given out, or something beside
            it would change the order.
    """
    unfit = [name for name in UNFIT if name in request.query_params]
    if unfit:
        told = f"Not together with {SYNC_PARAMETER}: changes come in their own order."
        detail = [ErrorDetail(told, "not-with-updated-since")]
        raise QueryParameterError(dict.fromkeys(unfit, detail))
    text: str = request.query_params[SYNC_PARAMETER]
    if text in BEGINNING:
        return Mark()
    try:
        packed = base64.b64decode(text + "=", altchars=b"-_", validate=True)
        position, floor, checksum = LAYOUT.unpack(packed)
    except (ValueError, binascii.Error, struct.error):
        checksum = None
    if checksum is None or zlib.crc32(packed[:-SUM_BYTES]) != checksum:
        told = "Give the synced_at of an earlier answer, or 0 to begin."
        raise QueryParameterError({SYNC_PARAMETER: [ErrorDetail(told, "invalid")]})
    return Mark(position, floor)


def answer_changes(
    request: Request, changes: Changes, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the body: a page of a list, with what is gone and the next cursor."""
    cursor = write_mark(changes.mark)
    following = replace_query_param(
        request.build_absolute_uri(), SYNC_PARAMETER, cursor
    )
    return {
        "count": changes.count,
        "next": following if changes.has_more else None,
        "previous": None,
        "results": rows,
        "deleted": changes.deleted,
        "synced_at": cursor,
    }
