"""The least that could answer: bare WSGI, Django and REST framework, and raw SQL.

A WSGI application without anything of the shop but its database. What is below
``/sql/`` reads with the driver alone what the shop's page of the same path shows, with
the fewest statements, and writes it by ``json.dumps``.
"""

import json
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

import django
import environ
import MySQLdb
import MySQLdb.cursors
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

BODY = {"ok": True}
PAGE_SIZE = 20

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of nothing",  # noqa: S106 - it signs nothing
    MIDDLEWARE=[],
    INSTALLED_APPS=["rest_framework"],
    REST_FRAMEWORK={"UNAUTHENTICATED_USER": None},
)
django.setup()

from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402, TID251 - as bare as can be


class BareView(APIView):
    """REST framework's own defaults, but for accounts, which are not installed."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, _request: Request) -> Response:
        """Answer."""
        return Response(BODY)


def bare(_request: HttpRequest) -> JsonResponse:
    """Answer."""
    return JsonResponse(BODY)


urlpatterns = [path("django/", bare), path("drf/", BareView.as_view())]
DJANGO = get_wsgi_application()
DATABASE: Any = environ.Env().db("DATABASE_URL") if "DATABASE_URL" in os.environ else {}
LINKS = threading.local()
MEDIA = "http://127.0.0.1/media/"
ROW = """
    SELECT p.id, p.slug, p.title, s.price_from, s.compare_at_price, s.currency,
        s.in_stock, s.rating,
        (SELECT COUNT(*) FROM catalogue_variant AS v
         WHERE v.product_id = p.id AND v.is_public) AS variant_count
    FROM catalogue_product AS p
    JOIN catalogue_productsummary AS s ON s.product_id = p.id
    WHERE p.id IN %s
"""


def application(request: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401
    """Answer by the first part of the path."""
    _, first, *rest = request["PATH_INFO"].split("/")
    if first in ("django", "drf"):
        answer: Iterable[bytes] = DJANGO(request, start_response)
        return answer
    value: object = BODY
    if first == "sql":
        link = _link()
        value = PAGES[rest[0]](
            link.cursor(), rest[1], parse_qs(request["QUERY_STRING"])
        )
    body = json.dumps(value, default=str).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]


def _link() -> Any:  # noqa: ANN401 - the driver's
    """Return the thread's connection."""
    if not hasattr(LINKS, "link"):
        query = DATABASE["OPTIONS"]
        LINKS.link = MySQLdb.connect(
            unix_socket=query["unix_socket"],
            user=DATABASE["USER"],
            database=DATABASE["NAME"],
            autocommit=True,
            charset="utf8mb4",
            cursorclass=MySQLdb.cursors.DictCursor,
        )
    return LINKS.link


def _rows(cursor: Any, statement: str, *values: object) -> list[dict[str, Any]]:  # noqa: ANN401
    cursor.execute(statement, values)
    return list(cursor.fetchall())


def _by(rows: list[dict[str, Any]], key: str) -> dict[Any, list[dict[str, Any]]]:
    """Group rows by what one column holds, which is taken away."""
    found = defaultdict(list)
    for row in rows:
        found[row.pop(key)].append(row)
    return found


def product_list(cursor: Any, _key: str, query: dict[str, list[str]]) -> object:  # noqa: ANN401
    """Show a page of the whole list in the order of titles; 4 statements."""
    start = (int(query.get("page", ["1"])[0]) - 1) * PAGE_SIZE
    (count,) = _rows(
        cursor, "SELECT product_count FROM catalogue_listingcount WHERE scope = 0"
    )
    keys = [
        row["product_id"]
        for row in _rows(
            cursor,
            "SELECT product_id FROM catalogue_productlisting WHERE scope = 0 "
            "ORDER BY title, product_id LIMIT %s OFFSET %s",
            PAGE_SIZE,
            start,
        )
    ]
    rows = {row["id"]: row for row in _rows(cursor, ROW, keys)}
    images = _images(cursor, keys)
    for row in rows.values():
        row["in_stock"] = bool(row["in_stock"])
        row["image"] = next(iter(images.get(row["id"], ())), None)
    page = [rows[key] for key in keys]
    return {
        "count": count["product_count"],
        "next": None,
        "previous": None,
        "results": page,
    }


def _images(cursor: Any, keys: list[int]) -> dict[int, list[dict[str, Any]]]:  # noqa: ANN401
    """Return the pictures of products; 1 statement."""
    rows = _rows(
        cursor,
        "SELECT product_id, id, alt, width, height, file FROM catalogue_productimage "
        "WHERE product_id IN %s ORDER BY position, id",
        keys,
    )
    for row in rows:
        stem, _, ending = row.pop("file").rpartition(".")
        row["url"] = f"{MEDIA}{stem}.{ending}"
        row["renditions"] = {
            size: f"{MEDIA}renditions/{stem}.{ending}.{size}.webp"
            for size in ("small", "medium", "large")
        }
    return _by(rows, "product_id")


def product(cursor: Any, key: str, _query: object) -> object:  # noqa: ANN401
    """Show a product with variants, offers and pictures; 5 statements."""
    (row,) = _rows(
        cursor,
        "SELECT p.id, p.slug, p.title, p.description, p.attributes, p.product_type_id, "
        "p.created_at, p.updated_at, s.rating, s.review_count "
        "FROM catalogue_product AS p "
        "JOIN catalogue_productsummary AS s ON s.product_id = p.id "
        "WHERE p.slug = %s AND p.is_public",
        key,
    )
    definitions = _rows(
        cursor,
        "SELECT code, name, kind, options, applies_to "
        "FROM catalogue_attributedefinition WHERE product_type_id = %s "
        "ORDER BY position, id",
        row.pop("product_type_id"),
    )
    row["categories"] = _rows(
        cursor,
        "SELECT c.id, c.slug, c.name FROM catalogue_category AS c "
        "JOIN catalogue_product_categories AS link ON link.category_id = c.id "
        "WHERE link.product_id = %s AND c.is_public ORDER BY c.tree_id, c.lft",
        row["id"],
    )
    row["images"] = _images(cursor, [row["id"]]).get(row["id"], [])
    variants = _rows(
        cursor,
        "SELECT v.id, v.sku, v.title, v.attributes, r.id AS offer_id, r.price, "
        "r.compare_at_price, r.currency, r.partner_id, o.name AS partner_name, "
        "l.num_in_stock - l.num_allocated AS num_available, l.backorder, "
        "(SELECT MIN(price) FROM partner_stockprice AS former "
        " WHERE former.stock_record_id = r.id AND (former.valid_until IS NULL "
        " OR former.valid_until > NOW() - INTERVAL 30 DAY)) AS lowest_price_30d "
        "FROM catalogue_variant AS v "
        "LEFT JOIN partner_stockrecord AS r ON r.variant_id = v.id "
        "LEFT JOIN partner_partner AS o ON o.id = r.partner_id AND o.is_active "
        "LEFT JOIN partner_stocklevel AS l ON l.stock_record_id = r.id "
        "WHERE v.product_id = %s AND v.is_public ORDER BY v.position, v.id",
        row["id"],
    )
    for each in (row, *variants):
        values = json.loads(each["attributes"])
        each["attributes"] = [
            {
                "code": one["code"],
                "name": one["name"],
                "kind": one["kind"],
                "value": values[one["code"]],
                "label": str(values[one["code"]]),
            }
            for one in definitions
            if one["code"] in values
        ]
    return row | {"options": [], "variants": variants}


def category_tree(cursor: Any, _key: str, _query: object) -> object:  # noqa: ANN401
    """Show the whole tree; 1 statement."""
    rows = _rows(
        cursor,
        "SELECT c.id, c.name, c.slug, c.level, c.parent_id, "
        "COALESCE(n.product_count, 0) AS product_count "
        "FROM catalogue_category AS c "
        "LEFT JOIN catalogue_listingcount AS n ON n.scope = c.id "
        "WHERE c.is_public ORDER BY c.tree_id, c.lft",
    )
    nodes: dict[int | None, dict[str, Any]] = {None: {"path": "", "children": []}}
    for row in rows:
        above = nodes[row.pop("parent_id")]
        row["path"] = f"{above['path']}/{row['slug']}".removeprefix("/")
        row["children"] = []
        above["children"].append(row)
        nodes[row["id"]] = row
    tops = nodes[None]["children"]
    return {
        "count": len(tops),
        "next": None,
        "previous": None,
        "results": tops[:PAGE_SIZE],
    }


def history(cursor: Any, _key: str, query: dict[str, list[str]]) -> object:  # noqa: ANN401
    """Show a customer's latest orders with their lines; 2 statements."""
    orders = _rows(
        cursor,
        "SELECT id AS order_id, number, status, payment_status, fulfilment_status, "
        "placed_at, currency, total_amount, discount_amount AS discounted_amount "
        "FROM orders_order WHERE user_id = %s "
        "ORDER BY placed_at DESC, id DESC LIMIT 20",
        query["user"][0],
    )
    lines = _by(
        _rows(
            cursor,
            "SELECT order_id, product_id AS product, variant_id AS variant, sku, "
            "title, quantity, unit_price, line_total FROM orders_orderline "
            "WHERE order_id IN %s ORDER BY order_id, position",
            [order["order_id"] for order in orders],
        ),
        "order_id",
    )
    for order in orders:
        order["products"] = lines[order["order_id"]]
        order["line_count"] = len(order["products"])
    return {"next": None, "previous": None, "results": orders}


PAGES: dict[str, Callable[[Any, str, dict[str, list[str]]], object]] = {
    "list": product_list,
    "product": product,
    "tree": category_tree,
    "history": history,
}
