"""The OpenAPI document: what drf-spectacular finds, with the ground rules added."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from custom.api import schema_parts as parts
from custom.api.contract import Operation
from custom.api.deprecation import FIELDS_ATTRIBUTE, Deprecation, deprecation_of
from custom.api.expanding import EXPAND_PARAMETER
from custom.api.idempotency import HEADER, REPLAYED_HEADER
from custom.api.keys import EVERY_KEY
from custom.api.output import CompiledOutput
from custom.api.problems import PROBLEM_BY_STATUS
from custom.api.selecting import DEEPEST, FIELDS_PARAMETER, shape_of
from custom.api.views import ApiMixin

FORMAT_PARAMETER = OpenApiParameter(
    "format",
    OpenApiTypes.STR,
    enum=["json", "xml"],
    description="Overrules the Accept header.",
)
ETAG = "ETag"
OF_PAGES = frozenset({ETAG, "Surrogate-Key"})  # of those that anyone may keep
PAGE = "page"
CREATED = "201"
MAP_TAG = "api"  # of the address that tells the others


class ApiSchema(AutoSchema):
    """Documents what every view of the API takes, tells and refuses."""

    def get_override_parameters(self) -> list[Any]:
        """Add ``format``, ``fields``, and the names the view lists."""
        parameters = [FORMAT_PARAMETER]
        if isinstance(self.view, ApiMixin) and self.view.picks_fields():
            parameters.append(_fields_parameter(self.view.get_serializer_class()))
            if self.view.expansions:
                parameters.append(_expand_parameter(list(self.view.expansions)))
        if isinstance(self.view, ApiMixin):
            names = sorted(self.view.query_parameters)
            parameters += [OpenApiParameter(name, OpenApiTypes.STR) for name in names]
        return parameters

    def get_tags(self) -> list[str]:
        """Name the app, without what an address tells of its format."""
        tags = super().get_tags()
        return [tag.partition(".")[0] for tag in tags] or [MAP_TAG]

    def get_operation(
        self,
        path: str,
        path_regex: str,
        path_prefix: str,
        method: str,
        registry: ComponentRegistry,
    ) -> dict[str, Any] | None:
        """Add headers, problems and 304 to what drf-spectacular found."""
        operation: dict[str, Any] | None = super().get_operation(
            path, path_regex, path_prefix, method, registry
        )
        if operation and isinstance(self.view, ApiMixin):
            self._complete(operation, self.view)
        return operation

    def _get_request_body(self, direction: str = "request") -> Any:  # noqa: ANN401
        """Describe the body of a deletion, too, where a view takes one."""
        if self.method != "DELETE" or not getattr(self.view, "deletes_by_body", False):
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        self.method = "POST"  # only of these the library describes bodies
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = "DELETE"

    def _complete(self, operation: dict[str, Any], view: ApiMixin[Any]) -> None:
        """Say what the view and the ground rules promise."""
        if self.method == "POST" and CREATED not in operation["responses"]:
            act = operation["operationId"].removesuffix("_create")
            operation["operationId"] = act  # nothing is made by it
        parameters = operation.setdefault("parameters", [])
        meanings = _meanings_of(view)
        for each in parameters:
            if each["name"] in meanings:
                each.setdefault("description", meanings[each["name"]])
        in_header = [each for each in parameters if each["in"] == "header"]
        told = Operation(
            view=view,
            method=self.method,
            path=self.path,
            headers=frozenset(each["name"] for each in in_header),
            required=frozenset(e["name"] for e in in_header if e.get("required")),
            is_list=any(each["name"] == PAGE for each in parameters) or view.is_list(),
        )
        if (scope := told.key_scope) and scope != EVERY_KEY:
            operation["description"] += f"\n\nAPI keys need the scope `{scope}`."
        headers = told.sent_headers() | self._found_headers(told, view)
        responses = operation["responses"]
        for status, response in responses.items():
            own = headers if status == CREATED else headers - {"Location"}
            named = parts.headers_of(*parts.COMMON_HEADERS, *sorted(own))
            response["headers"] = named | response.get("headers", {})
            response["description"] = response["description"] or "As asked."
        parameters.append(parts.parameter("X-Request-ID"))
        if self.method == "GET" and ETAG in headers:
            parameters.append(parts.parameter("If-None-Match"))
            responses["304"] = parts.not_modified(sorted(headers & OF_PAGES))
        operation["responses"] = responses | parts.refused(told.refusals())

    def is_deprecated(self) -> bool:
        """Tell whether the operation, or this version of the API, will end."""
        end = self._deprecation()
        return end is not None or bool(super().is_deprecated())

    def _deprecation(self) -> Deprecation | None:
        step = getattr(self.view, "action", None) or self.method.lower()
        return deprecation_of(
            self.view, step, getattr(self.view.request, "version", None)
        )

    def _found_headers(self, told: Operation, view: ApiMixin[Any]) -> set[str]:
        """Return the headers of good answers that need not be stated."""
        found = set()
        if HEADER in told.headers:
            found.add(REPLAYED_HEADER)
        if self.method == "GET" and view.is_public_page:
            found |= OF_PAGES
        if self._deprecation():
            found.update(parts.DEPRECATION_HEADERS)
        return found

    def _postprocess_serializer_schema(
        self,
        schema: dict[str, Any],
        serializer: Any,  # noqa: ANN401
        direction: str,
    ) -> dict[str, Any]:
        """Add the example that a serializer gives, and mark members that will end.

        An answer has every member, whatever a form might leave empty. A change has no
        defaults: what it leaves out stays as it is.
        """
        shown: dict[str, Any] = super()._postprocess_serializer_schema(  # type: ignore[no-untyped-call]
            schema, serializer, direction
        )
        if direction == "response" and isinstance(serializer, CompiledOutput):
            certain = {*shown.get("required", ()), *_always_shown(serializer)}
            shown["required"] = sorted(certain)
        if getattr(serializer, "partial", False):
            for member in shown.get("properties", {}).values():
                member.pop("default", None)
        named = getattr(serializer, FIELDS_ATTRIBUTE, {})
        for name in named.keys() & shown.get("properties", {}).keys():
            shown["properties"][name] = shown["properties"][name] | {"deprecated": True}
        example = getattr(serializer, "example", None)
        return shown if example is None else shown | {"example": example}


def _meanings_of(view: ApiMixin[Any]) -> dict[str, str]:
    """Return what a view says of its parameters, and its filters of theirs."""
    filterset = getattr(view, "filterset_class", None)
    filters = filterset.base_filters.items() if filterset else ()
    told = {name: each.extra.get("help_text") for name, each in filters}
    return {name: text for name, text in told.items() if text} | dict(view.meanings)


def _always_shown(serializer: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield what every answer has: all but members declared as ``required=False``."""
    for name, field in serializer.fields.items():
        declared = serializer._declared_fields.get(name)  # noqa: SLF001 - DRF's
        is_optional = declared and not (declared.required or declared.read_only)
        if not (is_optional or field.write_only):
            yield name


def _fields_parameter(serializer: Any) -> OpenApiParameter:  # noqa: ANN401
    """Describe what may be left out, by an example of this answer's own names."""
    shape = shape_of(serializer)
    plain = next(iter(shape))
    paths = (f"{name}.{next(iter(shape_of(e)))}" for name, e in shape.items() if e)
    names = [plain, *islice(paths, 1)]
    return OpenApiParameter(
        FIELDS_PARAMETER,
        {"type": "string", "example": ",".join(names)},
        description="Names with commas between; the answer, or each of its rows, keeps "
        "only these. Dots lead into objects and lists, at most "
        f"{DEEPEST} names deep.",
    )


def _expand_parameter(names: list[str]) -> OpenApiParameter:
    """Describe what may be added: one level, so that there are no paths but names."""
    return OpenApiParameter(
        EXPAND_PARAMETER,
        {"type": "array", "items": {"type": "string", "enum": names}},
        description="Adds these to each row, with commas between; what is added is "
        "not expanded further.",
        style="form",
        explode=False,
    )


def add_parts(result: dict[str, Any], **_context: object) -> dict[str, Any]:
    """Add the components that operations refer to."""
    own = result.setdefault("components", {})
    for kind, members in parts.components().items():
        own.setdefault(kind, {}).update(members)
    return result


def list_codes(result: dict[str, Any], **_context: object) -> dict[str, Any]:
    """Name every code of problems, beside those that each operation declares."""
    codes = {problem.code for problem in PROBLEM_BY_STATUS.values()}
    for operations in result["paths"].values():
        for operation in operations.values():
            codes.update(*map(_codes_of, operation["responses"].values()))
    result["components"]["schemas"]["ProblemCode"] = {
        "type": "string",
        "enum": sorted(codes),
        "description": "Codes of problems, as of this document; new ones will come.",
    }
    return result


def share_refusals(result: dict[str, Any], **_context: object) -> dict[str, Any]:
    """Write refusals that several operations have in common once, by name."""
    told = [
        (responses, status, _name_of(status, response))
        for operations in result["paths"].values()
        for operation in operations.values()
        for responses in [operation["responses"]]
        for status, response in responses.items()
        if _codes_of(response)
    ]
    times = Counter(name for _, _, name in told)
    shared: dict[str, Any] = {}
    for responses, status, name in told:
        if times[name] > 1:
            shared[name] = responses[status]
            responses[status] = {"$ref": f"#/components/responses/{name}"}
    own = result["components"].setdefault("responses", {})
    own.update(sorted(shared.items()))
    return result


def _codes_of(response: dict[str, Any]) -> list[str]:
    """Return the codes of a response that is a refusal, else nothing."""
    content = response.get("content", {}).get(parts.PROBLEM_MEDIA_TYPES[0])
    return content["schema"]["properties"]["code"]["enum"] if content else []


def _name_of(status: str, response: dict[str, Any]) -> str:
    """Name a refusal by its status and codes."""
    return "_".join((status, *_codes_of(response)))
