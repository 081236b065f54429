"""Parts of the OpenAPI document that every operation refers to."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from custom.api.contract import Refusal

RATE_HEADERS = (
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "RateLimit-Policy",
    "RateLimit",
)
# On every answer, whatever it says.
COMMON_HEADERS = (
    "X-Request-ID",
    *RATE_HEADERS,
    "Cache-Control",
    "Vary",
    "Server-Timing",
)
REFUSAL_HEADERS = {
    301: ("Location", "ETag"),
    308: ("Location",),
    401: ("WWW-Authenticate",),
    409: ("Retry-After",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
DEPRECATION_HEADERS = ("Deprecation", "Sunset", "Link")
MEDIA_TYPES = ("application/json", "application/xml", "text/xml")
PROBLEM_MEDIA_TYPES = ("application/problem+json", "application/problem+xml")


class _Header(NamedTuple):
    schema: Mapping[str, object]
    description: str
    is_certain: bool = False  # it is on every answer that declares it


HEADERS: Mapping[str, _Header] = {
    "X-Request-ID": _Header(
        {"type": "string", "maxLength": 128},
        "Names this request in the shop's logs: the client's own, if it was sane.",
        is_certain=True,
    ),
    "X-RateLimit-Limit": _Header(
        {"type": "integer"},
        "Requests allowed in a window of `per_minute`; on every answer while there is "
        "a limit.",
    ),
    "X-RateLimit-Remaining": _Header(
        {"type": "integer", "minimum": 0},
        "Requests left in `per_minute`; only where the request was counted.",
    ),
    "X-RateLimit-Reset": _Header(
        {"type": "integer", "minimum": 0}, "Seconds until one more is left."
    ),
    "RateLimit-Policy": _Header(
        {"type": "string"}, 'The limits that were counted: `"per_minute";q=256;w=60`.'
    ),
    "RateLimit": _Header(
        {"type": "string"}, 'Where they stand: `"per_minute";r=255;t=60`.'
    ),
    "Cache-Control": _Header(
        {"type": "string"},
        "Who may keep the answer, and for how long.",
        is_certain=True,
    ),
    "Vary": _Header(
        {"type": "string"},
        "Request headers that the answer goes by.",
        is_certain=True,
    ),
    "Server-Timing": _Header(
        {"type": "string"}, "For staff: where the time went, in milliseconds."
    ),
    "Surrogate-Key": _Header(
        {"type": "string"},
        "What the page shows, for caches of the shop's own in front of it.",
    ),
    "Content-Disposition": _Header(
        {"type": "string"}, "What the file is called.", is_certain=True
    ),
    "Deprecation": _Header(
        {"type": "string", "pattern": "^@[0-9]+$"},
        "Since when this should not be used any more, in seconds of UNIX time.",
    ),
    "Sunset": _Header({"type": "string"}, "When it stops to work: an HTTP date."),
    "Link": _Header({"type": "string"}, "Where to read what to do instead."),
    "ETag": _Header(
        {"type": "string", "pattern": '^(W/)?".*"$'},
        "Names what is shown: for `If-None-Match`, or `If-Match` where that is read.",
    ),
    "Location": _Header(
        {"type": "string", "format": "uri-reference"},
        "Where it is.",
        is_certain=True,
    ),
    "Retry-After": _Header(
        {"type": "integer", "minimum": 0},
        "Whole seconds until the request may pass; for a conflict, only if waiting "
        "helps.",
    ),
    "WWW-Authenticate": _Header(
        {"type": "string"}, "`Token`: how to say who calls.", is_certain=True
    ),
    "Idempotent-Replayed": _Header(
        {"type": "string", "const": "true"},
        "The answer to an earlier request with the same key.",
    ),
    "X-Basket-Token": _Header(
        {"type": "string"}, "A guest's basket: send it with every request about it."
    ),
}
REQUEST_ID_PARAMETER = {
    "name": "X-Request-ID",
    "in": "header",
    "description": "Names the request in logs; letters, digits and `._:/+=-`.",
    "schema": {"type": "string", "maxLength": 128},
}
IF_NONE_MATCH_PARAMETER = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of what the client has: 304 if it is still that.",
    "schema": {"type": "string"},
}
ERROR_SCHEMA = {
    "type": "object",
    "description": "One fault of the input.",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": {
            "type": "string",
            "description": "JSON pointer to the faulty value, as a URI fragment: of "
            "the body, or below `#/query` or `#/header`.",
            "example": "#/lines/0/quantity",
        },
        "code": {"type": "string", "example": "required"},
        "detail": {"type": "string", "example": "This field is required."},
    },
    "additionalProperties": True,
}
PROBLEM_SCHEMA = {
    "type": "object",
    "description": "What went wrong (RFC 9457); some problems have more members.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "example": "urn:shop:problem:not-found"},
        "title": {"type": "string", "example": "Not found"},
        "status": {"type": "integer", "example": 404},
        "detail": {"type": "string", "description": "A sentence for people."},
        "code": {
            # Clients that read answers strictly must not refuse one that is new.
            "anyOf": [{"$ref": "#/components/schemas/ProblemCode"}, {"type": "string"}],
            "description": "Stable, for programs.",
        },
        "request_id": {"type": "string", "description": "Names this request in logs."},
        "errors": {
            "type": "array",
            "description": "Every fault of the input.",
            "items": {"$ref": "#/components/schemas/ProblemError"},
        },
    },
    "additionalProperties": True,
}


def components() -> dict[str, Any]:
    """Return the components that operations refer to by the functions below."""
    return {
        "headers": {
            name: {"description": each.description, "schema": dict(each.schema)}
            | ({"required": True} if each.is_certain else {})
            for name, each in HEADERS.items()
        },
        "parameters": {
            str(each["name"]): each
            for each in (REQUEST_ID_PARAMETER, IF_NONE_MATCH_PARAMETER)
        },
        "schemas": {"Problem": PROBLEM_SCHEMA, "ProblemError": ERROR_SCHEMA},
    }


def headers_of(*names: str) -> dict[str, Any]:
    """Return references to headers that a response declares."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def parameter(name: str) -> dict[str, str]:
    """Return a reference to a parameter that many operations take."""
    return {"$ref": f"#/components/parameters/{name}"}


def refused(refusals: Iterable[Refusal]) -> dict[str, Any]:
    """Return status -> the response that declares the codes of that status."""
    return {
        str(status): problem_response(status, list(group))
        for status, group in groupby(sorted(refusals), key=attrgetter("status"))
    }


def problem_response(status: int, refusals: list[Refusal]) -> dict[str, Any]:
    """Describe the problems of one status."""
    told = [f"`{each.code}`: {each.title}." for each in refusals]
    schema = {
        "allOf": [{"$ref": "#/components/schemas/Problem"}],
        "properties": {
            "status": {"const": status},
            "code": {"enum": [each.code for each in refusals]},
        },
    }
    headers = (*COMMON_HEADERS, *REFUSAL_HEADERS.get(status, ()))
    return {
        "description": " ".join(told),
        "headers": headers_of(*headers),
        "content": {
            kind: {"schema": schema, "examples": _examples(refusals, kind)}
            for kind in PROBLEM_MEDIA_TYPES
        },
    }


def _examples(refusals: list[Refusal], kind: str) -> dict[str, Any]:
    """Refer to an example of each refusal."""
    form = kind.rpartition("+")[2]
    return {
        each.code: {"$ref": f"#/components/examples/{each.status}_{each.code}.{form}"}
        for each in refusals
    }


def not_modified(headers: Iterable[str]) -> dict[str, Any]:
    """Describe the answer to a client that has it already."""
    return {
        "description": HTTPStatus.NOT_MODIFIED.phrase,
        "headers": headers_of(*COMMON_HEADERS, *headers),
    }


def merged(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a schema's references, and merge in what stands beside them."""
    while "$ref" in schema or "allOf" in schema:
        parts = [*schema.get("allOf", ())]
        if "$ref" in schema:
            parts.append(schemas[schema["$ref"].rpartition("/")[2]])
        parts.append({k: v for k, v in schema.items() if k not in ("$ref", "allOf")})
        schema = {}
        for part in parts:
            schema = schema | part | _members(schema, part)
    return schema


def _members(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of both, what is said of one twice being merged."""
    before, after = one.get("properties", {}), other.get("properties", {})
    found = before | {name: before.get(name, {}) | after[name] for name in after}
    return {"properties": found} if found else {}
