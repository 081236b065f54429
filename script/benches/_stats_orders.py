"""A shop of many orders for ``script/bench stats``, made by SQL in about two minutes.

Everything is as services would have left it as far as summaries look; payments, stock
movements and addresses are not there.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from catalogue.models import Category, Product, ProductType, Variant
from catalogue.services import create_category
from partner.models import Partner, StockLevel, StockRecord

PRODUCTS, PARTNERS, ROOTS, BRANCHES = 3_000, 100, 12, 5
OFFERS = 2 * PRODUCTS
BASKETS = 60_000  # of the last thirty days
DAYS = 730
SLICE = 50_000  # orders in one statement
NUMBERS = """
    CREATE TABLE bench_order (
        seq INT PRIMARY KEY, first INT, second INT, placed_at DATETIME(6)
    ) ENGINE=InnoDB
"""
# Squares make some offers sell a hundred times as often as others.
DRAW = """
    INSERT INTO bench_order
    SELECT seq, first,
        (first + 1 + CRC32(CONCAT('b', seq)) %% (%(offers)s - 1)) %% %(offers)s,
        %(now)s - INTERVAL FLOOR(seq * %(days)s * 86400 / %(orders)s) SECOND
    FROM (
        SELECT seq, FLOOR(
            POW(CRC32(CONCAT('a', seq)) %% 100000 / 100000, 2) * %(offers)s
        ) AS first FROM seq_1_to_{orders}
    ) AS drawn
"""
ORDERS = """
    INSERT INTO orders_order (
        id, public_id, number, guest_email, status, payment_status, fulfilment_status,
        currency, subtotal, discount_amount, shipping_amount, included_tax,
        additional_tax, total_amount, shipping_address, billing_address,
        shipping_method, note, language, placed_at, version, needs_prepayment
    )
    SELECT seq, UUID(), CONCAT('B', seq), 'guest@example.com', 'completed', 'paid',
        'delivered', 'EUR', a.price + b.price, 0, 4.9, 0, 0, a.price + b.price + 4.9,
        '{{}}', '{{}}', '', '', 'en', placed_at, 1, 0
    FROM bench_order
    JOIN bench_offer AS a ON a.n = first JOIN bench_offer AS b ON b.n = second
    WHERE seq BETWEEN %s AND %s
"""
LINES = """
    INSERT INTO orders_orderline (
        id, order_id, position, product_id, variant_id, stock_record_id, partner_id,
        partner_name, sku, title, quantity, unit_price, line_total, discount_amount,
        tax_amount, fulfilled_quantity, returned_quantity
    )
    SELECT 2 * seq - 1 + {position}, seq, {position}, product_id, variant_id,
        stock_record_id, partner_id, 'Partner', 'SKU', 'Film', 1, price, price, 0, 0,
        1, 0
    FROM bench_order JOIN bench_offer ON n = {place}
    WHERE seq BETWEEN %s AND %s
"""
PLACED = """
    INSERT INTO orders_orderevent (
        public_id, order_id, type, from_status, to_status, role, is_public, detail, at
    )
    SELECT UUID(), seq, 'placed', '', 'pending', '', 1, '{{}}', placed_at
    FROM bench_order WHERE seq BETWEEN %s AND %s
"""
# Of every thirtieth order the first line came back a week later.
RETURNED = """
    INSERT INTO orders_orderevent (
        public_id, order_id, type, from_status, to_status, role, is_public, detail, at
    )
    SELECT UUID(), seq, 'returned', '', '', '', 1,
        JSON_OBJECT('amount', CAST(ROUND(price, 2) AS CHAR), 'lines',
            JSON_ARRAY(JSON_OBJECT('line', 2 * seq - 1, 'quantity', 1))),
        placed_at + INTERVAL 7 DAY
    FROM bench_order JOIN bench_offer ON n = first
    WHERE seq BETWEEN %s AND %s AND seq %% 30 = 0
"""
FILLED = """
    INSERT INTO basket_basket (
        id, public_id, holder, state, `order`, version, created_at, updated_at
    )
    SELECT seq, UUID(), IF(seq %% 3, CONCAT('guest', seq), NULL),
        IF(seq %% 3, 'open', 'ordered'), IF(seq %% 3, NULL, UUID()), 1, made, made
    FROM (
        SELECT seq,
            %(now)s - INTERVAL FLOOR(seq * 29 * 86400 / %(baskets)s) SECOND AS made
        FROM seq_1_to_{baskets}
    ) AS drawn
"""
IN_BASKETS = """
    INSERT INTO basket_basketline (
        basket_id, variant_id, offer, quantity, seen_price, currency
    )
    SELECT id, %(variant)s, 0, 1, 5, 'EUR' FROM basket_basket WHERE id %% 10
"""


def make_shop(orders: int) -> None:
    """Store products, then orders of two lines each over two years."""
    _make_offers()
    now = timezone.now().replace(tzinfo=None)
    with connection.cursor() as cursor:
        cursor.execute(NUMBERS)
        asked: dict[str, Any] = {
            "offers": OFFERS,
            "orders": orders,
            "days": DAYS,
            "now": now,
        }
        cursor.execute(DRAW.format(orders=orders), asked)
        statements = (
            ORDERS.format(),
            LINES.format(position=0, place="first"),
            LINES.format(position=1, place="second"),
            PLACED.format(),
            RETURNED.format(),
        )
        for first in range(1, orders + 1, SLICE):
            for statement in statements:
                cursor.execute(statement, [first, first + SLICE - 1])
        asked = {"now": now, "baskets": BASKETS}
        cursor.execute(FILLED.format(baskets=BASKETS), asked)
        variant = Variant.objects.values_list("pk", flat=True)[0]
        cursor.execute(IN_BASKETS, {"variant": variant})


def _make_offers() -> None:
    """Store categories, partners, and products of two variants, each with an offer."""
    leaves = _make_tree()
    kind = ProductType.objects.create(code="film", name="Film")
    Partner.objects.bulk_create(
        Partner(code=f"p{number}", name=f"Partner {number}")
        for number in range(PARTNERS)
    )
    partners = list(Partner.objects.order_by("pk"))
    Product.objects.bulk_create(
        Product(product_type=kind, title=f"Film {number}", slug=f"film-{number}")
        for number in range(PRODUCTS)
    )
    products = list(Product.objects.order_by("pk"))
    through = Product.categories.through
    through.objects.bulk_create(
        through(product_id=product.pk, category_id=leaves[place % len(leaves)].pk)
        for at, product in enumerate(products)
        for place in (at, at + 7)
    )
    Variant.objects.bulk_create(
        Variant(product=products[number // 2], sku=f"SKU-{number}")
        for number in range(OFFERS)
    )
    StockRecord.objects.bulk_create(
        StockRecord(
            variant=variant,
            partner=partners[number % PARTNERS],
            partner_sku=f"P-{number}",
            price=Decimal(5 + number % 20),
            currency="EUR",
        )
        for number, variant in enumerate(Variant.objects.order_by("pk"))
    )
    records = StockRecord.objects.order_by("pk").select_related("variant")
    StockLevel.objects.bulk_create(
        StockLevel(stock_record=record, num_in_stock=at % 50)
        for at, record in enumerate(records)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_offer (n INT PRIMARY KEY, stock_record_id BIGINT,"
            " variant_id BIGINT, product_id BIGINT, partner_id BIGINT,"
            " price DECIMAL(12, 3)) ENGINE=InnoDB"
        )
        cursor.executemany(
            "INSERT INTO bench_offer VALUES (%s, %s, %s, %s, %s, %s)",
            [
                (
                    at,
                    record.pk,
                    record.variant_id,
                    record.variant.product_id,
                    record.partner_id,
                    record.price,
                )
                for at, record in enumerate(records)
            ],
        )


def _make_tree() -> Sequence[Category]:
    """Store roots with branches; return the branches."""
    roots = [create_category(name=f"Root {number}") for number in range(ROOTS)]
    return [
        create_category(name=f"{root.name} branch {number}", parent=root)
        for root in roots
        for number in range(BRANCHES)
    ]


def last_days(number: int) -> str:
    """Return the query of a period that ends today."""
    today = timezone.now().date()
    return f"since={today - timedelta(days=number - 1)}&until={today}"
