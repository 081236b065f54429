"""The shop's application, which also changes a product when a test says so.

``POST /write/`` takes ``{"product": id, "stock_record": id, "title"?, "price"?,
"is_public"?, "sell"?, "category"?: [id, name]}`` and answers once its services have
committed, and the index has followed.
"""

import json
from collections.abc import Iterable
from decimal import Decimal
from wsgiref.types import StartResponse, WSGIEnvironment

from django.db import close_old_connections

from shop.wsgi import application as shop


def application(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Write, or serve as the shop does."""
    if environ["PATH_INFO"] != "/write/":
        return shop(environ, start_response)
    length = int(environ["CONTENT_LENGTH"])
    write(**json.loads(environ["wsgi.input"].read(length)))
    close_old_connections()
    start_response("200 OK", [("Content-Length", "0")])
    return []


def write(
    product: int,
    stock_record: int,
    *,
    price: str | None = None,
    sell: str | None = None,
    category: tuple[int, str] | None = None,
    **changes: object,
) -> None:
    """Change what is given, each by its service."""
    # They can be imported only once the application has loaded the apps.
    from catalogue.models import Category  # noqa: PLC0415
    from catalogue.services import rename_category, update_product  # noqa: PLC0415
    from partner.services import take_stock, update_stock_record  # noqa: PLC0415
    from search.services import follow_changes  # noqa: PLC0415

    if price is not None:
        update_stock_record(stock_record, price=Decimal(price))
    if sell is not None:
        take_stock({stock_record: 1}, source=sell)
    if category is not None:
        pk, name = category
        rename_category(Category.objects.get(pk=pk), name)
    if changes:
        update_product(product, **changes)
    follow_changes()
