"""One page, read in both formats."""

import json
from collections.abc import Callable
from typing import Final

from rest_framework.response import Response

from custom.api.xml import as_text, load_xml

JSON: Final = "application/json"
XML: Final = "application/xml"
TRIES: Final = 5

Read = Callable[[str], Response]  # with an ``Accept``


def read_in_both(read: Read) -> tuple[Response, Response]:
    """Return a page as JSON and as XML, as it was at one moment.

    Some pages tell how many seconds are left. Where the two differ, JSON is asked for
    again: if that has changed, time has gone on, and both are read anew.
    """
    for _ in range(TRIES):
        in_json, in_xml = read(JSON), read(XML)
        are_equal = as_text(json.loads(in_json.content)) == load_xml(in_xml.content)
        if are_equal or read(JSON).content == in_json.content:
            break
    return in_json, in_xml
