"""XML Schema (1.0) of what the API answers and takes, made of its OpenAPI schemas.

Every document of the API has the root element ``root``, so a schema is of one body of
one operation. Members of objects may come in any order, as in JSON. What XML Schema
cannot say is left open: objects of any members, and choices of lists and objects.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from custom.api.schema_parts import merged
from custom.api.xml import LIST_ITEM_NAME, ROOT_NAME, TYPE_ATTRIBUTE

NAMESPACE: Final = "http://www.w3.org/2001/XMLSchema"
SIMPLE: Final = {
    "string": "xs:string",
    "integer": "xs:integer",
    "number": "xs:double",
    "boolean": "xs:boolean",
}
BY_FORMAT: Final = {
    "date": "xs:date",
    "date-time": "xs:dateTime",
    "decimal": "xs:decimal",
}
FACETS: Final = {
    "minLength": "xs:minLength",
    "maxLength": "xs:maxLength",
    "minimum": "xs:minInclusive",
    "maximum": "xs:maxInclusive",
}
OF_TEXTS: Final = ("minLength", "maxLength")
UUID: Final = "[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}"
# Look-arounds and the like, which the regular expressions of XML Schema lack.
FOREIGN: Final = re.compile(r"\(\?[^:]|\\[bBAZ]|[*+?}]\?")
ANNOTATIONS: Final = frozenset(
    {"description", "example", "title", "default", "readOnly", "writeOnly"}
)
NULL: Final = "null"


class Body(StrEnum):
    """What of an operation a schema is of."""

    ANSWER = "answer"
    REQUEST = "request"
    PROBLEM = "problem"


def find_body(
    document: Mapping[str, Any], operation: str, body: str
) -> Mapping[str, Any]:
    """Return the OpenAPI schema of an operation's body.

    Raises:
        KeyError: There is no such operation, or it has no such body.
    """
    found = {
        each["operationId"]: each
        for operations in document["paths"].values()
        for each in operations.values()
    }[operation]
    if body == Body.PROBLEM:
        return {"$ref": "#/components/schemas/Problem"}
    good = [told for status, told in found["responses"].items() if status[0] == "2"]
    told = found["requestBody"] if body == Body.REQUEST else good[0]
    schema: Mapping[str, Any] = told["content"]["application/xml"]["schema"]
    return schema


class SchemaWriter:
    """Writes one schema document.

    Args:
        schemas: Schemas of the OpenAPI document, by name.
        is_request: Bodies are sent, and not answered.
        is_sparse: Any member may be missing, as with ``?fields=``.
    """

    def __init__(
        self,
        schemas: Mapping[str, Any],
        *,
        is_request: bool = False,
        is_sparse: bool = False,
    ) -> None:
        self.schemas = schemas
        self.hidden = "readOnly" if is_request else "writeOnly"
        self.is_sparse = is_sparse
        self.named: dict[str, None] = {}
        self.further: dict[str, Mapping[str, Any]] = {}

    def write(self, schema: Mapping[str, Any], told: str = "") -> str:
        """Return the document of one body, with all types that it refers to."""
        top = _document(told)
        self._element(top, ROOT_NAME, schema)
        return self._finish(top)

    def write_types(self, told: str) -> str:
        """Return the document of every type, without a root element."""
        top = _document(told)
        self.named = dict.fromkeys(sorted(self.schemas))
        return self._finish(top)

    def _finish(self, top: Element) -> str:
        written: set[str] = set()
        waiting = [*self.named]
        while waiting:
            for name in waiting:
                written.add(name)
                self._type(top, self.schemas[name]).set("name", name)
            while self.further:
                self._element(top, *self.further.popitem())
            waiting = [name for name in self.named if name not in written]
        indent(top)
        return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(top, "unicode")}\n'

    def _element(
        self, parent: Element, name: str, schema: Mapping[str, Any]
    ) -> Element:
        """Add an element of a schema's type."""
        made = SubElement(parent, "xs:element", name=name)
        schema, is_nullable = self._without_null(schema)
        if is_nullable:
            made.set("nillable", "true")
        if reference := _name_of(schema):
            made.set("type", reference)
            self.named.setdefault(reference)
        else:
            self._type(made, schema)
        return made

    def _without_null(
        self, schema: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], bool]:
        """Return a schema without null as a value, and whether it was one."""
        if isinstance(kinds := schema.get("type"), list) and NULL in kinds:
            rest = [kind for kind in kinds if kind != NULL]
            return {**schema, "type": rest[0] if len(rest) == 1 else rest}, True
        for choice in ("oneOf", "anyOf"):
            options = schema.get(choice, ())
            rest = [each for each in options if each.get("type") != NULL]
            if len(rest) < len(options):
                return rest[0] if len(rest) == 1 else {choice: rest}, True
        return schema, False

    def _type(self, parent: Element, schema: Mapping[str, Any]) -> Element:
        """Add the definition of a schema's type."""
        schema = merged(schema, self.schemas)
        options = schema.get("oneOf") or schema.get("anyOf")
        if options and "enum" not in schema:
            return self._choice(
                parent, [merged(each, self.schemas) for each in options]
            )
        if schema.get("type") == "array":
            return self._list(parent, schema)
        if schema.get("type") == "object" or "properties" in schema:
            return self._object(parent, schema)
        if schema.keys() & {"type", "enum", "const"}:
            return _simple(parent, schema)
        return _open(parent)

    def _choice(self, parent: Element, options: list[Mapping[str, Any]]) -> Element:
        """Add a type of several: simple ones, or a text instead of an object."""
        rest = [each for each in options if each.get("type", "string") not in SIMPLE]
        if len(rest) == 1 and "properties" in rest[0]:
            made = self._object(parent, {**rest[0], "required": ()})
            made.set("mixed", "true")
            return made
        if rest:
            return _open(parent)
        made = SubElement(parent, "xs:simpleType")
        union = SubElement(made, "xs:union")
        for each in options:
            _simple(union, each)
        return made

    def _list(self, parent: Element, schema: Mapping[str, Any]) -> Element:
        made = SubElement(parent, "xs:complexType")
        item = self._element(
            SubElement(made, "xs:sequence"), LIST_ITEM_NAME, schema.get("items", {})
        )
        item.set("minOccurs", str(schema.get("minItems", 0)))
        item.set("maxOccurs", str(schema.get("maxItems", "unbounded")))
        return _marked(made, "list")

    def _object(self, parent: Element, schema: Mapping[str, Any]) -> Element:
        """Add an object.

        One that may hold more than it names begins with what it requires; what it names
        beside that is declared of its own, which is how ``xs:any`` checks it.
        """
        members = schema.get("properties", {})
        is_open = bool(schema.get("additionalProperties", not members))
        made = SubElement(parent, "xs:complexType")
        group = SubElement(made, "xs:sequence" if is_open else "xs:all")
        required = set() if self.is_sparse else {*schema.get("required", ())}
        for name, member in members.items():
            if member.get(self.hidden):
                continue
            if is_open and name not in required:
                self.further[name] = member
                continue
            element = self._element(group, name, member)
            if name not in required:
                element.set("minOccurs", "0")
        if is_open:
            _any(group, "lax")
        return _marked(made, "object")


def _document(told: str) -> Element:
    top = Element("xs:schema", {"xmlns:xs": NAMESPACE})
    if told:
        noted = SubElement(top, "xs:annotation")
        SubElement(noted, "xs:documentation").text = told
    return top


def _name_of(schema: Mapping[str, Any]) -> str:
    """Return the name of a schema that is no more than a reference."""
    rest = schema.keys() - ANNOTATIONS
    if rest == {"allOf"} and len(schema["allOf"]) == 1:
        return _name_of(schema["allOf"][0])
    name: str = schema["$ref"].rpartition("/")[2] if rest == {"$ref"} else ""
    return name


def _marked(made: Element, kind: str) -> Element:
    """Allow the attribute that tells an empty list from an empty object."""
    SubElement(made, "xs:attribute", name=TYPE_ATTRIBUTE, type="xs:string", fixed=kind)
    return made


def _any(group: Element, how: str) -> None:
    SubElement(
        group, "xs:any", processContents=how, minOccurs="0", maxOccurs="unbounded"
    )


def _open(parent: Element) -> Element:
    """Add the type of anything: a text, a list or an object."""
    made = SubElement(parent, "xs:complexType", mixed="true")
    _any(SubElement(made, "xs:sequence"), "skip")
    SubElement(made, "xs:attribute", name=TYPE_ATTRIBUTE, type="xs:string")
    return made


def _simple(parent: Element, schema: Mapping[str, Any]) -> Element:
    """Add the type of a text, a number or a truth, with its limits."""
    kind = schema.get("type", "string")
    base = BY_FORMAT.get(schema.get("format", ""), SIMPLE[kind])
    made = SubElement(parent, "xs:simpleType")
    limited = SubElement(made, "xs:restriction", base=base)
    patterns = {
        "true|false": kind == "boolean",
        UUID: schema.get("format") == "uuid",
        _pattern(schema.get("pattern", "")): base in ("xs:string", "xs:decimal"),
    }
    for pattern, is_wanted in patterns.items():
        if pattern and is_wanted:
            SubElement(limited, "xs:pattern", value=pattern)
    for keyword, facet in FACETS.items():
        fits = (keyword in OF_TEXTS) == (base == "xs:string")
        if keyword in schema and fits:
            SubElement(limited, facet, value=str(schema[keyword]))
    values = [schema["const"]] if "const" in schema else schema.get("enum", ())
    for value in values:
        if value is not None:
            SubElement(limited, "xs:enumeration", value=str(value))
    return made


def _pattern(pattern: str) -> str:
    """Return a regular expression as XML Schema writes it, or nothing."""
    if FOREIGN.search(pattern):
        return ""
    body = pattern.removesuffix("$")
    anchored = body.removeprefix("^")
    before = "" if body != anchored or not pattern else ".*"
    after = "" if body != pattern or not pattern else ".*"
    return f"{before}{anchored.replace('(?:', '(')}{after}"
