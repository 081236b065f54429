"""How answers are written; both formats carry the same values."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework.renderers import BaseRenderer
from rest_framework_xml.renderers import XMLRenderer as BaseXMLRenderer

from custom.api.problems import ProblemResponse
from custom.api.xml import dump_xml

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


def dump_json(value: object, *, indented: bool = False) -> bytes:
    """Write a JSON document; decimals and lazy texts become strings."""
    options = _OPTIONS | orjson.OPT_INDENT_2 if indented else _OPTIONS
    return orjson.dumps(value, default=_as_json, option=options)


def _as_json(value: object) -> object:
    """Give orjson what it cannot write by itself in a form it can."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, Promise) or not hasattr(value, "__iter__"):
        return str(value)
    return list(value)


class JSONRenderer(BaseRenderer):
    """Writes JSON, and problems as ``application/problem+json``."""

    media_type = "application/json"
    format = "json"
    charset = None  # JSON is UTF-8 by definition

    def render(
        self,
        data: Any,  # noqa: ANN401
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the document, or nothing for a response without one."""
        if data is None:
            return b""
        context = renderer_context or {}
        _label_problem(self, context, "application/problem+json")
        return dump_json(data, indented=bool(context.get("indent")))


class XMLRenderer(BaseXMLRenderer):
    """Writes XML, and problems as ``application/problem+xml``."""

    def render(
        self,
        data: Any,  # noqa: ANN401
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> str:
        """Return the document, or nothing for a response without one.

        It is written from what JSON would carry, so that the two cannot differ.
        """
        if data is None:
            return ""
        content_type = f"application/problem+xml; charset={self.charset}"
        _label_problem(self, renderer_context or {}, content_type)
        return dump_xml(orjson.loads(dump_json(data)))


class TextXMLRenderer(XMLRenderer):
    """Writes the same XML under its older name."""

    media_type = "text/xml"


class XsdRenderer(XMLRenderer):
    """Writes XML that is written already, and problems."""

    def render(
        self,
        data: Any,  # noqa: ANN401
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> str:
        """Return the document."""
        if isinstance(data, str):
            return data
        return super().render(data, accepted_media_type, renderer_context)


class TextXsdRenderer(XsdRenderer):
    """Writes the same under XML's older name."""

    media_type = "text/xml"


def _label_problem(
    renderer: BaseRenderer, context: Mapping[str, Any], content_type: str
) -> None:
    """Correct the content type of a problem this renderer was chosen for."""
    response = context.get("response")
    if isinstance(response, ProblemResponse) and (
        response.accepted_renderer is renderer
    ):
        response["Content-Type"] = content_type
