"""Tags for URLs of files: ``{% load cachebuster %}``, or just ``{% load static %}``.

In this project ``static`` is this library too, so that the pages of Django's admin
and of every other app use these tags without a change.
"""

from typing import Self

from django import template
from django.core.files.storage import default_storage
from django.template.base import FilterExpression, Parser, Token
from django.template.context import Context
from django.templatetags.static import get_media_prefix, get_static_prefix
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from cachebuster.options import Options
from cachebuster.stamps import time_stamp
from cachebuster.storage import static_files

register = template.Library()
register.tag("get_static_prefix", get_static_prefix)
register.tag("get_media_prefix", get_media_prefix)


class CacheBusterTag(template.Node):
    """The URL of a static file.

    Attributes:
        path: What names the file.
        varname: Variable that takes the URL instead of the page, or None.
        constant: The name itself where it is written in the tag, else None.
    """

    child_nodelists = ()

    def __init__(self, path: FilterExpression, varname: str | None = None) -> None:
        self.path = path
        self.varname = varname
        is_plain = isinstance(path.var, str) and not path.filters
        self.constant = str(path.var) if is_plain else None

    @classmethod
    def parse(cls, parser: Parser, token: Token) -> Self:
        """Read ``name``, an old second argument, and ``as variable``.

        The second argument once forced a stamp where there would have been none; now
        every URL has one.
        """
        tag, *words = token.split_contents()
        varname = None
        if len(words) > 2 and words[-2] == "as":  # noqa: PLR2004 - name, "as", variable
            *words, _, varname = words
        if len(words) not in (1, 2) or "as" in words:
            msg = f"{{% {tag} %}} takes the name of a file, and perhaps 'as variable'"
            raise template.TemplateSyntaxError(msg)
        path, *_ = [parser.compile_filter(word) for word in words]
        return cls(path, varname)

    def render(self, context: Context) -> str:
        """Write the URL, escaped like any other text, or keep it in the variable."""
        name = self.constant or str(self.path.resolve(context))
        url = self.url(name)
        if context.autoescape and type(url) is not SafeString:
            url = conditional_escape(url)
        if self.varname is None:
            return url
        context[self.varname] = url
        return ""

    def url(self, name: str) -> str:
        """Return the file's URL."""
        return static_files.urls.get(name) or static_files.url(name)


class MediaTag(CacheBusterTag):
    """The URL of an uploaded file, whose name carries its content since its upload."""

    def url(self, name: str) -> str:
        """Return the URL; the stamp of old behind it if that is set."""
        url = default_storage.url(name)
        if Options.read().stamp != "mtime":
            return url
        try:
            return f"{url}?{time_stamp(default_storage.path(name))}"
        except OSError:
            return url


class SriTag(CacheBusterTag):
    """The attributes by which a browser checks a script or style sheet."""

    def url(self, name: str) -> SafeString:
        """Return the attributes, or nothing where a file has no fixed content."""
        found = static_files.integrity_of(name)
        told = f'integrity="{found}" crossorigin="anonymous"' if found else ""
        return mark_safe(told)  # noqa: S308 - base64


@register.tag("static")
def do_static(parser: Parser, token: Token) -> CacheBusterTag:
    """Write the URL of a static file: ``{% static "js/stats.js" %}``."""
    return CacheBusterTag.parse(parser, token)


@register.tag("media")
def do_media(parser: Parser, token: Token) -> MediaTag:
    """Write the URL of an uploaded file: ``{% media image.file %}``."""
    return MediaTag.parse(parser, token)


@register.tag("sri")
def do_sri(parser: Parser, token: Token) -> SriTag:
    """Write ``integrity="…" crossorigin="…"`` of a script or style sheet."""
    return SriTag.parse(parser, token)
