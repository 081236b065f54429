"""Holds what a command printed against what a page shows.

On a page ``…`` stands for anything: in a text for a part of it, in an object for more
members, at the end of a list for more items, on a line of its own for more lines. A
moment, a UUID or an order's number that is shown is an example of its kind.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

ANYTHING = "…"
EXAMPLES = (
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    re.compile(r"SO-[0-9A-Z]{10,16}"),
)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|…|[^\s"\[\]{}:,…]+')


def find_difference(kind: str, shown: str, real: str) -> str:
    """Return in what an answer differs from the one shown; empty if in nothing.

    Args:
        kind: ``json``, ``xml``, ``http`` (status, some headers and a body) or
            ``text``.
        shown: By the page.
        real: What was printed.
    """
    if kind == "http":
        return _in_message(shown, real)
    if kind == "json":
        try:
            told = json.loads(real)
        except ValueError:
            return "it is no JSON"
        return _in_value(read_shown(shown), told, "#")
    if kind == "xml":
        shown, real = (re.sub(r">\s+<", "><", each) for each in (shown, real))
    return "" if _fits(shown.strip(), real.strip()) else "it is another text"


def read_shown(text: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Read JSON in which ``…`` stands for a value, members or items."""
    made: list[str] = []
    around: list[str] = []
    for token in _TOKEN.findall(text):
        if token in "[{":
            around.append(token)
        elif token in "]}":
            around.pop()
        is_member = token == ANYTHING and around[-1:] == ["{"] and made[-1:] != [":"]
        if is_member:
            made.append(f'"{ANYTHING}":""')
        else:
            made.append(f'"{ANYTHING}"' if token == ANYTHING else token)
    return json.loads("".join(made))


def _in_message(shown: str, real: str) -> str:
    """Compare the status, the headers that are shown, and the body if one is."""
    head, _, body = shown.partition("\n\n")
    real_head, _, real_body = real.replace("\r\n", "\n").partition("\n\n")
    status, *lines = head.strip().splitlines()
    real_status, *real_lines = real_head.splitlines()
    if status.strip() != real_status.strip():
        return f"the status is {real_status}"
    headers = {name.lower(): value for name, value in map(_header, real_lines)}
    for name, value in map(_header, lines):
        told = headers.get(name.lower())
        if told is None or not _fits(value, told):
            return f"the header {name} is {told}"
    if not body.strip():
        return ""
    kind = "json" if "json" in headers.get("content-type", "") else "xml"
    return find_difference(kind, body, real_body)


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.strip()


def _in_value(shown: Any, real: Any, place: str) -> str:  # noqa: ANN401
    """Return where a value differs, by JSON pointer, or nothing."""
    if shown == ANYTHING:
        return ""
    if isinstance(shown, dict) and isinstance(real, dict):
        return _in_members(shown, real, place)
    if isinstance(shown, list) and isinstance(real, list):
        wanted = shown[:-1] if shown[-1:] == [ANYTHING] else shown
        if len(real) < len(wanted) or (wanted is shown and len(real) > len(wanted)):
            return f"{place} has {len(real)} items"
        pairs = enumerate(zip(wanted, real, strict=False))
        found = (_in_value(*pair, f"{place}/{at}") for at, pair in pairs)
        return next(filter(None, found), "")
    if isinstance(shown, str) and isinstance(real, str):
        return "" if _fits(shown, real) else f"{place} is {real!r}"
    is_same = type(shown) is type(real) and shown == real
    return "" if is_same else f"{place} is {real!r}"


def _in_members(shown: Mapping[str, Any], real: Mapping[str, Any], place: str) -> str:
    named = shown.keys() - {ANYTHING}
    if missing := sorted(named - real.keys()):
        return f"{place} has no {missing[0]}"
    if ANYTHING not in shown and (more := sorted(real.keys() - named)):
        return f"{place} has {more[0]} too"
    found = (_in_value(shown[name], real[name], f"{place}/{name}") for name in named)
    return next(filter(None, found), "")


def _fits(shown: str, real: str) -> bool:
    """Tell whether a text is the one shown, examples and ``…`` being anything."""
    for number, example in enumerate(EXAMPLES):
        shown, real = (example.sub(f"\0{number}", text) for text in (shown, real))
    pattern = ".*?".join(map(re.escape, shown.split(ANYTHING)))
    return re.fullmatch(pattern, real, re.DOTALL) is not None
