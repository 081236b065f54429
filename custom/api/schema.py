"""The OpenAPI document: what drf-spectacular finds, with the ground rules added."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from custom.api.expanding import EXPAND_PARAMETER
from custom.api.views import ApiMixin

FORMAT_PARAMETER = OpenApiParameter(
    "format",
    OpenApiTypes.STR,
    enum=["json", "xml"],
    description="Overrules the Accept header.",
)
FIELDS_PARAMETER = OpenApiParameter(
    "fields",
    OpenApiTypes.STR,
    description="Comma-separated names; the answer keeps only these.",
)
ERROR_SCHEMA = {
    "type": "object",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": {
            "type": "string",
            "description": "JSON pointer to the faulty value, as a URI fragment.",
            "example": "#/lines/0/quantity",
        },
        "code": {"type": "string", "example": "required"},
        "detail": {"type": "string", "example": "This field is required."},
    },
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
        "code": {"type": "string", "description": "Stable, for programs."},
        "request_id": {"type": "string", "description": "Names this request in logs."},
        "errors": {
            "type": "array",
            "description": "Every fault of the input.",
            "items": ERROR_SCHEMA,
        },
    },
}
PROBLEM_RESPONSE = {
    "description": "A problem document.",
    "content": {
        f"application/problem+{name}": {
            "schema": {"$ref": "#/components/schemas/Problem"}
        }
        for name in ("json", "xml")
    },
}


class ApiSchema(AutoSchema):
    """Documents the parameters that every view of the API takes."""

    def get_override_parameters(self) -> list[Any]:
        """Add ``format``, ``fields``, and the names the view lists."""
        parameters = [FORMAT_PARAMETER]
        if isinstance(self.view, ApiMixin) and self.view.picks_fields():
            parameters.append(FIELDS_PARAMETER)
            if added := ",".join(self.view.expansions):
                told = f"Comma-separated, of `{added}`: adds these to each row."
                parameters.append(
                    OpenApiParameter(
                        EXPAND_PARAMETER, OpenApiTypes.STR, description=told
                    )
                )
        if isinstance(self.view, ApiMixin):
            names = sorted(self.view.query_parameters)
            parameters += [OpenApiParameter(name, OpenApiTypes.STR) for name in names]
        return parameters


RATE_HEADERS = {
    "X-RateLimit-Limit": (
        "integer",
        "Requests allowed in a window of `per_minute`; on every answer.",
    ),
    "X-RateLimit-Remaining": (
        "integer",
        "Requests left in `per_minute`; only where the request was counted.",
    ),
    "X-RateLimit-Reset": ("integer", "Seconds until one more is left."),
    "RateLimit-Policy": (
        "string",
        'The limits that were counted: `"per_minute";q=256;w=60`.',
    ),
    "RateLimit": ("string", 'Where they stand: `"per_minute";r=255;t=60`.'),
}
THROTTLED = {
    "description": "A rate limit is spent; nothing was done, and nothing was counted.",
    "headers": {
        "Retry-After": {
            "description": "Whole seconds until the request would pass.",
            "schema": {"type": "integer"},
        },
    }
    | {name: {"$ref": f"#/components/headers/{name}"} for name in RATE_HEADERS},
    "content": PROBLEM_RESPONSE["content"],
}


def add_rate_limits(result: dict[str, Any], **_context: object) -> dict[str, Any]:
    """Give every operation its rate headers and the answer 429."""
    components = result.setdefault("components", {})
    components.setdefault("responses", {})["Throttled"] = THROTTLED
    components["headers"] = {
        name: {"description": told, "schema": {"type": kind}}
        for name, (kind, told) in RATE_HEADERS.items()
    }
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in RATE_HEADERS}
    for operations in result["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if status != "default":
                    response["headers"] = headers | response.get("headers", {})
            throttled = {"$ref": "#/components/responses/Throttled"}
            operation["responses"].setdefault("429", throttled)
    return result


def add_problems(result: dict[str, Any], **_context: object) -> dict[str, Any]:
    """Give every operation the problem document as its default answer."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM_SCHEMA
    for operations in result["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"].setdefault("default", PROBLEM_RESPONSE)
    return result
