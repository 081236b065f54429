"""An order as mail programs read it: schema.org/Order in JSON-LD."""

from django.utils.html import json_script
from django.utils.safestring import SafeString, mark_safe

from custom.money import format_money
from orders.models import Order, OrderLine

TYPE = "application/ld+json"


def order_markup(order: Order, *, link: str, shop: str, state: str) -> SafeString:
    """Return the script element that tells of an order, loaded with its lines.

    Args:
        order: Only its number, day, amounts and lines are told, nobody's name.
        link: Where it can be read.
        shop: Name of the merchant.
        state: A schema.org ``OrderStatus``, ``OrderProcessing``.
    """
    document = {
        "@context": "https://schema.org",
        "@type": "Order",
        "merchant": {"@type": "Organization", "name": shop},
        "orderNumber": order.number,
        "orderStatus": f"https://schema.org/{state}",
        "orderDate": order.placed_at.isoformat(timespec="seconds"),
        "priceCurrency": order.currency,
        "price": format_money(order.total_amount, order.currency),
        "discount": format_money(order.discount_amount, order.currency),
        "discountCurrency": order.currency,
        "url": link,
        "acceptedOffer": [_offer(line, order) for line in order.lines.all()],
    }
    # Django escapes what could end the element; only the type is another.
    element = json_script(document)
    return mark_safe(element.replace("application/json", TYPE, 1))  # noqa: S308


def _offer(line: OrderLine, order: Order) -> dict[str, object]:
    """Tell of one line."""
    return {
        "@type": "Offer",
        "itemOffered": {"@type": "Product", "name": line.title, "sku": line.sku},
        "price": format_money(line.unit_price, order.currency),
        "priceCurrency": order.currency,
        "eligibleQuantity": {"@type": "QuantitativeValue", "value": line.quantity},
        "seller": {"@type": "Organization", "name": line.partner_name},
    }
