"""What processes do at one moment, in races of stats."""

from uuid import UUID

from basket.requests import LineRequest
from orders.services import place_order
from stats.services import mark_orders, refresh
from tests.orders.factories import order_request


def buy_and_count(variants: list[int]) -> int:
    """Place an order of each variant and have its day counted; count the orders."""
    for variant in variants:
        request = order_request(
            LineRequest(variant, 1), guest_email="guest@example.com", user=None
        )
        order = place_order(request)
        mark_orders([UUID(str(order.public_id))])
        refresh()
    return len(variants)
