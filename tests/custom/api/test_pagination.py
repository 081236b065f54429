from typing import Any

from django.test import SimpleTestCase
from rest_framework.pagination import PageNumberPagination as Stock
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from custom.api.pagination import PageNumberPagination

ADDRESSES = (
    "/api/product/",
    "/api/product/?page=2",
    "/api/product/?page=2&page_size=5",
    "/api/product/?page_size=5&ordering=title&page=3",
    "/api/product/?attr.genre=a&attr.genre=b%26c&q=%C3%A9t%C3%A9&empty=&page=02",
    "/api/th%C3%A9%20vert/?page=2",
)


class LinkTests(SimpleTestCase):
    """Addresses of other pages are those REST framework writes"""

    def links(self, kind: type[Any], address: str) -> tuple[str | None, str | None]:
        paginator = kind()
        request = Request(APIRequestFactory().get(address))
        paginator.paginate_queryset(list(range(70)), request)
        return paginator.get_previous_link(), paginator.get_next_link()

    def test_same_as_stock(self) -> None:
        stock = type(
            "Paged",
            (Stock,),
            {"page_size": 20, "page_size_query_param": "page_size"},
        )
        for address in ADDRESSES:
            with self.subTest(address):
                self.assertEqual(
                    self.links(PageNumberPagination, address),
                    self.links(stock, address),
                )


class WindowTests(SimpleTestCase):
    """Which rows a request is about, before they are counted"""

    def test_each(self) -> None:
        for query, window in (
            ("", (0, 20)),
            ("?page=1", (0, 20)),
            ("?page=3", (40, 20)),
            ("?page=3&page_size=7", (14, 7)),
            ("?page_size=1000", (0, 100)),
            ("?page=0", (0, 20)),
            ("?page=-1", (0, 20)),
            ("?page=last", (0, 20)),
            ("?page=" + "9" * 5000, (0, 20)),
        ):
            with self.subTest(query[:20]):
                request = Request(APIRequestFactory().get(f"/{query}"))
                self.assertEqual(PageNumberPagination().window(request), window)
