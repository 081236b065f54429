"""Holds answers of the API against its OpenAPI document."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import jsonschema_rs
from lxml import etree

from custom.api.xsd import SchemaWriter
from shop.api.views import build_schema

PLACEHOLDER = re.compile(r"\{[^}]*\}|<[^>]*>")
UNDESCRIBED = frozenset({"/api/docs/", "/api/docs/reference/"})  # pages
# Answers of any address, which no operation needs to declare.
OF_NO_OPERATION = frozenset({"OPTIONS", "TRACE", "CONNECT"})
METHOD_NOT_ALLOWED = 405
MIN_REFUSAL = 400
WITHOUT_BODY = frozenset({204, 304})
# Headers of any answer of any server, and those that tell browsers to be careful.
OF_NO_CONTRACT = frozenset(
    {
        "Allow",
        "Connection",
        "Content-Length",
        "Content-Type",
        "Cross-Origin-Opener-Policy",
        "Date",
        "Referrer-Policy",
        "Server",
        "Set-Cookie",
        "Strict-Transport-Security",
        "X-Content-Type-Options",
        "X-Frame-Options",
    }
)
OF_OTHER_ORIGINS = "Access-Control-"


@dataclass(frozen=True)
class Answer:
    """What came back, as far as the contract speaks of it.

    Attributes:
        route: Path of the address, its parameters in braces or angle brackets.
        is_partial: ``?fields=`` left members out.
    """

    method: str
    route: str
    status: int
    headers: Mapping[str, str]
    content: bytes
    is_partial: bool = False


class Contract:
    """The document, with a compiled validator for each body that was met."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.operations = {
            (method.upper(), PLACEHOLDER.sub("{}", path)): operation
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        }
        self.routes = {route for _, route in self.operations}

    def find_faults(self, answer: Answer) -> list[str]:
        """Return what the document does not say of an answer."""
        if answer.method in OF_NO_OPERATION or answer.status == METHOD_NOT_ALLOWED:
            return []
        route = PLACEHOLDER.sub("{}", answer.route)
        if route in UNDESCRIBED:
            return []
        method = "GET" if answer.method == "HEAD" else answer.method
        operation = self.operations.get((method, route))
        if operation is None:
            if route in self.routes and answer.status >= MIN_REFUSAL:
                return []  # refused by its headers, before anyone looked for a method
            return [f"{method} {answer.route} is not described"]
        response = operation["responses"].get(str(answer.status))
        if response is None:
            return [f"status {answer.status} is not declared: {answer.content[:300]!r}"]
        response = self._resolve(response)
        faults = list(self._header_faults(response, answer.headers))
        if answer.method != "HEAD" and answer.status not in WITHOUT_BODY:
            faults += self._body_faults(response, answer)
        return faults

    def _resolve(self, part: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in part and part["$ref"].startswith("#/"):
            found: Any = self.document
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            part = found
        return part

    def _header_faults(
        self, response: dict[str, Any], headers: Mapping[str, str]
    ) -> Iterator[str]:
        declared = response.get("headers", {})
        known = {*map(str.lower, declared), *map(str.lower, OF_NO_CONTRACT)}
        for name in headers:
            if name.lower() not in known and not _is_cors(name):
                yield f"header {name} is not declared"
        for name, reference in declared.items():
            header = self._resolve(reference)
            if name not in headers:
                if header.get("required"):
                    yield f"header {name} is missing"
                continue
            value: Any = headers[name]
            if header["schema"].get("type") == "integer":
                value = int(value) if value.isdecimal() else value
            if not jsonschema_rs.is_valid(header["schema"], value):
                yield f"header {name} is {value!r}"

    def _body_faults(self, response: dict[str, Any], answer: Answer) -> Iterator[str]:
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        media = response.get("content", {}).get(kind)
        if media is None:
            if response.get("content") or answer.content:
                yield f"content type {kind!r} is not declared"
            return
        if kind.endswith("xml") and media["schema"].get("type") != "string":
            xsd = self._xsd(json.dumps(media["schema"]), answer.is_partial)
            if not xsd.validate(etree.fromstring(answer.content)):
                yield f"body: {xsd.error_log.last_error}"
        if kind.endswith("json"):
            validator = self._validator(json.dumps(media["schema"]), answer.is_partial)
            for error in validator.iter_errors(json.loads(answer.content)):
                place = "/".join(map(str, error.instance_path))
                yield f"body at {place or 'its top'}: {error.message[:500]}"

    @cache  # noqa: B019 - one document a process
    def _validator(self, schema: str, is_partial: bool) -> Any:  # noqa: ANN401, FBT001
        """Compile a schema that allows no member it does not name."""
        schemas = self._loose if is_partial else self._strict
        whole = json.loads(schema) | {"components": {"schemas": schemas}}
        if is_partial:
            whole = _without_required(whole)
        return jsonschema_rs.Draft202012Validator(whole)

    @cache  # noqa: B019 - as above
    def _xsd(self, schema: str, is_sparse: bool) -> etree.XMLSchema:  # noqa: FBT001
        """Compile the XML Schema of a body."""
        schemas = self.document["components"]["schemas"]
        text = SchemaWriter(schemas, is_sparse=is_sparse).write(json.loads(schema))
        return etree.XMLSchema(etree.fromstring(text.encode()))

    @cached_property
    def _strict(self) -> dict[str, Any]:
        return {
            name: _closed(schema)
            for name, schema in self.document["components"]["schemas"].items()
        }

    @cached_property
    def _loose(self) -> dict[str, Any]:
        return {name: _without_required(each) for name, each in self._strict.items()}


def _is_cors(name: str) -> bool:
    return name.lower().startswith(OF_OTHER_ORIGINS.lower())


def _closed(schema: Any) -> Any:  # noqa: ANN401
    """Return a schema whose objects have no members but those it names."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(each) for key, each in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed.setdefault("additionalProperties", False)
    return closed


def _without_required(schema: Any) -> Any:  # noqa: ANN401
    if isinstance(schema, list):
        return [_without_required(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_required(each)
        for key, each in schema.items()
        if not (key == "required" and isinstance(each, list))
    }


@cache
def the_contract() -> Contract:
    """Return the contract of this code."""
    return Contract(build_schema("1"))
