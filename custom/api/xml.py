"""The XML form of a JSON document, without loss in either direction.

``<root>`` holds the document; members of an object are elements of their name,
items of a list are ``<list-item>``. What plain elements would lose is marked:
``xsi:nil="true"`` null, ``type="list"`` an empty list, ``type="object"`` an empty
object. A name that XML does not allow as an element's is written
``<item key="…">``. Every scalar is text: the serializer that reads it knows its type.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn
from xml.etree.ElementTree import ParseError as XmlSyntaxError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

ROOT_NAME = "root"
LIST_ITEM_NAME = "list-item"
ODD_NAME = "item"
MAX_DEPTH = 32  # of nested lists and objects
TOO_DEEP = f"The body is nested deeper than {MAX_DEPTH} levels."
KEY_ATTRIBUTE = "key"
TYPE_ATTRIBUTE = "type"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NIL_ATTRIBUTE = f"{{{XSI}}}nil"

_PLAIN_NAME = re.compile(r"(?!xml)[a-z_][a-z0-9_.-]*", re.IGNORECASE | re.ASCII)
# Legal in a Python string, illegal in XML 1.0 even as a character reference.
ILLEGAL_CHARACTERS = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_TEXT_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"},
)
_ATTRIBUTE_ESCAPES = _TEXT_ESCAPES | str.maketrans(
    {'"': "&quot;", "\t": "&#9;", "\n": "&#10;"}
)


class MalformedXmlError(ValueError):
    """The text is not XML, or not the XML form of a JSON document."""


def dump_xml(value: object) -> str:
    """Write a JSON document: objects, lists, strings, numbers, booleans, null.

    A character that XML cannot carry becomes U+FFFD; input never lets one in.
    """
    writer = _Writer()
    writer.write(ROOT_NAME, "", value)
    if writer.has_null:
        declared = f'<{ROOT_NAME} xmlns:xsi="{XSI}"'
        writer.parts[0] = declared + writer.parts[0].removeprefix(f"<{ROOT_NAME}")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + "".join(writer.parts)


class _Writer:
    """Collects the text of a document; its first part opens the root."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.has_null = False

    def write(self, name: str, attributes: str, value: object) -> None:
        """Append one element; ``attributes`` is text that starts with a space."""
        if value is None:
            self.has_null = True
            self.parts.append(f'<{name}{attributes} xsi:nil="true"/>')
        elif isinstance(value, Mapping | list) and not value:
            kind = "list" if isinstance(value, list) else "object"
            self.parts.append(f'<{name}{attributes} {TYPE_ATTRIBUTE}="{kind}"/>')
        else:
            self.parts.append(f"<{name}{attributes}>")
            self._write_contents(value)
            self.parts.append(f"</{name}>")

    def _write_contents(self, value: object) -> None:
        """Append what stands between the two tags."""
        if isinstance(value, Mapping):
            for key, member in value.items():
                if _PLAIN_NAME.fullmatch(key) and key != LIST_ITEM_NAME:
                    self.write(key, "", member)
                else:
                    quoted = _escape(key, _ATTRIBUTE_ESCAPES)
                    self.write(ODD_NAME, f' {KEY_ATTRIBUTE}="{quoted}"', member)
        elif isinstance(value, list):
            for item in value:
                self.write(LIST_ITEM_NAME, "", item)
        else:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            self.parts.append(_escape(text, _TEXT_ESCAPES))


def _escape(text: str, escapes: Mapping[int, str]) -> str:
    """Make text safe inside an element or a quoted attribute."""
    return ILLEGAL_CHARACTERS.sub("\ufffd", text).translate(escapes)


def load_xml(source: bytes, encoding: str | None = None) -> Any:  # noqa: ANN401
    """Read the XML form of a JSON document; every scalar comes back as a string.

    Args:
        source: A whole document.
        encoding: What the transport says; ``None`` leaves it to the document.

    Raises:
        MalformedXmlError: Its message is fit for the client. Document types,
            entities and anything a JSON document cannot hold are refused.
    """
    parser = DefusedXMLParser(target=_Builder(), encoding=encoding, forbid_dtd=True)
    try:
        parser.feed(source)
        return parser.close()
    except MalformedXmlError:
        raise
    except DefusedXmlException as error:
        msg = "Document types and entities are not allowed."
        raise MalformedXmlError(msg) from error
    except XmlSyntaxError as error:
        msg = f"Not well-formed XML: {error}."
        raise MalformedXmlError(msg) from error
    except (LookupError, ValueError) as error:
        msg = "The encoding of the document cannot be read."
        raise MalformedXmlError(msg) from error


class _Element:
    """An element whose end was not seen yet."""

    def __init__(self, name: str, attributes: Mapping[str, str]) -> None:
        self.name = name
        self.is_list_item = name == LIST_ITEM_NAME and KEY_ATTRIBUTE not in attributes
        self.key = attributes.get(KEY_ATTRIBUTE, name)
        self.is_null = attributes.get(NIL_ATTRIBUTE, "").strip() in ("true", "1")
        self.type = attributes.get(TYPE_ATTRIBUTE)
        self.text: list[str] = []
        self.items: list[object] = []
        self.members: dict[str, object] = {}
        if self.type not in (None, "list", "object"):
            self.refuse("has an unknown type")
        for attribute in attributes:
            is_known = attribute in (KEY_ATTRIBUTE, TYPE_ATTRIBUTE)
            if not is_known and not attribute.startswith(f"{{{XSI}}}"):
                self.refuse("has an unknown attribute")
        if name.startswith("{"):
            self.refuse("has a namespace")

    def refuse(self, fault: str) -> NoReturn:
        """Name the element and what is wrong with it."""
        name = self.name.rpartition("}")[2]
        msg = f'The element "{name}" {fault}.'
        raise MalformedXmlError(msg)

    def add(self, child: "_Element", value: object) -> None:
        """Take a finished child in, as an item or as a member."""
        if child.is_list_item:
            self.items.append(value)
        elif child.key in self.members:
            child.refuse("is repeated; the items of a list are list-item elements")
        else:
            self.members[child.key] = value
        if self.items and self.members:
            self.refuse("mixes list-item elements with others")

    def value(self) -> object:
        """Return what the whole element stands for."""
        text = "".join(self.text)
        is_container = bool(self.items or self.members)
        if (is_container or self.type or self.is_null) and text.strip(" \t\r\n"):
            self.refuse("has text where none belongs")
        if self.is_null and (is_container or self.type):
            self.refuse("is nil and has contents")
        if self.type == ("list" if self.members else "object" if self.items else ""):
            self.refuse("contradicts its type")
        if self.is_null:
            return None
        if self.items or self.type == "list":
            return self.items
        if self.members or self.type == "object":
            return self.members
        return text


class _Builder:
    """Receives the parser's events and keeps the open elements on a stack."""

    def __init__(self) -> None:
        self.open: list[_Element] = []
        self.document: object = None

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Open an element, unless too many are open."""
        if len(self.open) > MAX_DEPTH:
            raise MalformedXmlError(TOO_DEEP)
        self.open.append(_Element(name, attributes))

    def data(self, text: str) -> None:
        """Collect text; it comes in pieces."""
        self.open[-1].text.append(text)

    def end(self, _name: str) -> None:
        """Close the innermost element and hand it to its parent."""
        element = self.open.pop()
        value = element.value()
        if self.open:
            self.open[-1].add(element, value)
        else:
            self.document = value

    def close(self) -> object:
        """Return the document."""
        return self.document


def as_text(value: object) -> object:
    """Return a JSON document as its XML form reads: scalars as text."""
    if isinstance(value, Mapping):
        return {key: as_text(member) for key, member in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [as_text(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)
