"""How bodies are read: strictly, and never into something the other format lacks."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import IO, Any, NoReturn

from django.http import UnreadablePostError
from rest_framework.exceptions import ErrorDetail, ParseError, ValidationError
from rest_framework.parsers import BaseParser, DataAndFiles
from rest_framework.parsers import MultiPartParser as BaseMultiPartParser
from rest_framework_xml.parsers import XMLParser as BaseXMLParser

from custom.api.xml import (
    ILLEGAL_CHARACTERS,
    MAX_DEPTH,
    TOO_DEEP,
    MalformedXmlError,
    load_xml,
)

MAX_INTEGER = 2**63 - 1  # what JSON readers and the database agree on
MOST_FAULTS = 100  # that a refusal names: whoever sends more is not mistyping
MAX_DIGITS = len(str(-MAX_INTEGER))  # the sign is one of them
# What neither XML nor a person's name may hold.
UNSAFE_CHARACTERS = re.compile(f"{ILLEGAL_CHARACTERS.pattern}|\x7f")


class JSONParser(BaseParser):
    """Reads strict JSON: UTF-8, finite numbers, no member twice."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Return the document.

        Raises:
            ParseError: It is not JSON, or nested too deeply.
            ValidationError: A text holds a character that XML cannot carry.
        """
        source = _read(stream)
        try:
            value = json.loads(
                source.decode("utf-8"),
                object_pairs_hook=_object,
                parse_constant=_refuse_constant,
                parse_float=_float,
                parse_int=_integer,
            )
        except RecursionError as error:
            raise ParseError(TOO_DEEP) from error
        except ValueError as error:
            msg = f"The body is not JSON: {error}."
            raise ParseError(msg) from error
        refuse_unsafe(value)
        return value


class XMLParser(BaseXMLParser):
    """Reads the XML form of a JSON document (``custom.api.xml``)."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Return the document with every scalar as text.

        Raises:
            ParseError: It is not such XML, or nested too deeply.
            ValidationError: A text holds a character the shop does not take.
        """
        # A charset was checked to mean UTF-8, and outranks the document's word.
        encoding = "utf-8" if "charset" in (media_type or "").lower() else None
        try:
            value = load_xml(_read(stream), encoding)
        except MalformedXmlError as error:
            raise ParseError(str(error)) from error
        refuse_unsafe(value)
        return value


class TextXMLParser(XMLParser):
    """Reads the same XML under its older name."""

    media_type = "text/xml"


class MultiPartParser(BaseMultiPartParser):
    """Reads a form with files; its texts are checked as those of other bodies are."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> "DataAndFiles[Any, Any]":
        """Return the texts and the files.

        Raises:
            ParseError: It is no such form, or a part is named twice.
            ValidationError: A text holds a character the shop does not take.
        """
        form = super().parse(stream, media_type, parser_context)
        texts: dict[str, Any] = {}
        for name, values in (*form.data.lists(), *form.files.lists()):
            if name in texts or len(values) > 1:
                msg = f"The part {json.dumps(name)} is repeated."
                raise ParseError(msg)
            texts[name] = values[0]
        refuse_unsafe({n: v for n, v in texts.items() if isinstance(v, str)})
        return form


def refuse_unsafe(value: object) -> None:
    """Refuse a document with unsafe characters or too many levels.

    Raises:
        ValidationError: It names faulty texts, the first ``MOST_FAULTS`` of them.
        ParseError: The document is nested deeper than ``MAX_DEPTH``.
    """
    faults: Any = {}
    for path in islice(_unsafe_places(value, ()), MOST_FAULTS):
        if not path:
            raise ValidationError([_unsafe()])
        *outer, last = path
        inner = faults
        for step in outer:
            inner = inner.setdefault(step, {})
        inner[last] = [_unsafe()]
    if faults:
        raise ValidationError(faults)


def _unsafe_places(
    value: object, path: tuple[str | int, ...]
) -> Iterator[tuple[str | int, ...]]:
    """Yield where a document has an unsafe name or text, in its order."""
    members: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    elif isinstance(value, str) and UNSAFE_CHARACTERS.search(value):
        yield path
    for name, member in members:
        if len(path) == MAX_DEPTH:
            raise ParseError(TOO_DEEP)
        if isinstance(name, str) and UNSAFE_CHARACTERS.search(name):
            yield (*path, name)
        elif isinstance(member, str | dict | list):
            yield from _unsafe_places(member, (*path, name))


def _unsafe() -> ErrorDetail:
    return ErrorDetail("Has a character that is not allowed.", "invalid-character")


def _read(stream: IO[Any]) -> bytes:
    """Read the whole body; a client that hangs up made a bad request."""
    try:
        source: bytes = stream.read()
    except UnreadablePostError as error:
        msg = "The body ended early."
        raise ParseError(msg) from error
    return source


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Build an object whose every member was given once."""
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        msg = f"member {json.dumps(repeated)} is repeated"
        raise ValueError(msg)
    return members


def _refuse_constant(name: str) -> NoReturn:
    msg = f"{name} is not a number"
    raise ValueError(msg)


def _float(text: str) -> float:
    """Read a number with a fraction or an exponent."""
    number = float(text)
    if math.isinf(number):
        msg = "a number is too large"
        raise ValueError(msg)
    return number


def _integer(text: str) -> int:
    """Read a whole number of at most 64 bits."""
    # Python itself refuses to read thousands of digits, in words of its own.
    number = int(text) if len(text) <= MAX_DIGITS else MAX_INTEGER + 1
    if abs(number) > MAX_INTEGER:
        msg = "a number is too large"
        raise ValueError(msg)
    return number
