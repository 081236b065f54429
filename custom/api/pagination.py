"""Pages of a list: by number, or by cursor where rows keep arriving."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django.core import paginator
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.encoding import escape_uri_path
from rest_framework import pagination
from rest_framework.exceptions import ErrorDetail, NotFound
from rest_framework.request import Request
from rest_framework.views import APIView  # noqa: TID251  # only a type here

from custom.api.problems import QueryParameterError

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
PAGE_SIZE_PARAMETER = "page_size"
CURSOR = re.compile(r"[A-Za-z0-9+/]*={0,2}")  # base64; DRF skips what is not
LONGEST_NUMBER = 10  # digits of a page that may be there
WHOLE_NUMBER = re.compile(r"0*[1-9][0-9]*")


LINK_SCHEMA = {"type": ["string", "null"], "format": "uri"}


class _Page(paginator.Page[Any]):
    """Django's own, which looks up each row by its number."""

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows."""
        return iter(self.object_list)


class _Paginator(paginator.Paginator[Any]):
    """Django's own, with quicker pages."""

    def _get_page(self, *arguments: Any, **options: Any) -> _Page:  # noqa: ANN401
        return _Page(*arguments, **options)


class PageNumberPagination(pagination.PageNumberPagination):
    """``page`` and ``page_size``; answers ``count, next, previous, results``."""

    django_paginator_class = _Paginator
    page_size = DEFAULT_PAGE_SIZE
    page_size_query_param = PAGE_SIZE_PARAMETER
    max_page_size = MAX_PAGE_SIZE

    def get_page_size(self, request: Request) -> int:
        """Return the wanted number of rows."""
        return read_page_size(request)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page of what ``schema`` describes."""
        return page_schema(schema, count={"type": "integer", "minimum": 0})

    def window(self, request: Request) -> tuple[int, int]:
        """Return the first row wanted, from 0, and how many are.

        They are those of the first page if there can be no such page.
        """
        text = request.query_params.get(self.page_query_param, "")
        is_number = WHOLE_NUMBER.fullmatch(text) and len(text) < LONGEST_NUMBER
        size = self.get_page_size(request)
        return (int(text) - 1) * size if is_number else 0, size

    def get_next_link(self) -> str | None:
        """Return the address of the next page."""
        page: Any = self.page
        return self._address(page.next_page_number()) if page.has_next() else None

    def get_previous_link(self) -> str | None:
        """Return the address of the page before; the first one has no number."""
        page: Any = self.page
        if not page.has_previous():
            return None
        return self._address(page.previous_page_number())

    def _address(self, number: int) -> str:
        """Write a page's address as REST framework does, from the parsed query."""
        request: Any = self.request
        query = dict(request.query_params.lists())
        query.pop(self.page_query_param, None)
        if number > 1:
            query[self.page_query_param] = [str(number)]
        address: str = request.build_absolute_uri(escape_uri_path(request.path))
        text = urlencode(sorted(query.items()), doseq=True)
        return f"{address}?{text}" if text else address


class CursorPagination(pagination.CursorPagination):
    """``cursor`` and ``page_size``; stable while rows arrive, without a count.

    The view's ``ordering`` attribute, or a subclass's, names the order.
    """

    page_size = DEFAULT_PAGE_SIZE
    page_size_query_param = PAGE_SIZE_PARAMETER
    max_page_size = MAX_PAGE_SIZE

    def get_page_size(self, request: Request) -> int:
        """Return the wanted number of rows."""
        return read_page_size(request)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page of what ``schema`` describes; it has no count."""
        return page_schema(schema)

    def paginate_queryset(
        self,
        queryset: QuerySet[Any, Any] | Sequence[Any],
        request: Request,
        view: APIView | None = None,
    ) -> list[Any] | None:
        """Return the rows after the cursor; a made-up cursor is a missing page."""
        cursor = request.query_params.get(self.cursor_query_param, "")
        if not CURSOR.fullmatch(cursor):
            raise NotFound(self.invalid_cursor_message)
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError, OverflowError) as error:
            raise NotFound(self.invalid_cursor_message) from error


def page_schema(rows: dict[str, Any], **further: dict[str, Any]) -> dict[str, Any]:
    """Describe a page of rows; ``further`` members come first."""
    properties = {
        **further,
        "next": LINK_SCHEMA,
        "previous": LINK_SCHEMA,
        "results": rows,
    }
    return {"type": "object", "required": [*properties], "properties": properties}


def read_page_size(request: Request) -> int:
    """Return ``page_size``, cut to the largest allowed.

    Raises:
        QueryParameterError: It is not a whole number of at least 1.
    """
    wanted = request.query_params.get(PAGE_SIZE_PARAMETER)
    if wanted is None:
        return DEFAULT_PAGE_SIZE
    if not WHOLE_NUMBER.fullmatch(wanted):
        detail = ErrorDetail("Give a whole number of at least 1.", "invalid")
        raise QueryParameterError({PAGE_SIZE_PARAMETER: [detail]})
    digits = wanted.lstrip("0")
    is_huge = len(digits) > len(str(MAX_PAGE_SIZE))  # int() refuses the hugest
    return MAX_PAGE_SIZE if is_huge else min(int(digits), MAX_PAGE_SIZE)
