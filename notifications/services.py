"""Sending mails. Every mail can be sent twice: its Message-ID stays the same."""

import uuid
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from custom.money import format_money
from orders.guests import guest_token
from orders.models import Order


def send_order_confirmation(*, order_id: uuid.UUID, message_id: uuid.UUID) -> None:
    """Tell the buyer what was ordered; 3 queries and one mail.

    Args:
        order_id: Public id of the order.
        message_id: The same for each attempt, so that mail programs show one mail.

    Raises:
        Order.DoesNotExist: There is no such order.
        OSError: The mail server refused the mail, or is not there.
    """
    order = Order.objects.for_list().select_related("user").get(public_id=order_id)
    with translation.override(order.language):
        text = render_to_string(
            "notifications/order_confirmation.txt",
            {
                "order": order,
                "lines": [
                    (line, format_money(line.line_total, order.currency))
                    for line in order.lines.all()
                ],
                "total": format_money(order.total_amount, order.currency),
                "shop": settings.SHOP_NAME,
                "link": _order_link(order),
            },
        )
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    domain = sender.rpartition("@")[2] or "localhost"
    EmailMessage(
        subject=f"{settings.SHOP_NAME}: order {order.number}",
        body=text,
        to=[order.guest_email if order.user is None else order.user.email],
        headers={"Message-ID": f"<{message_id}@{domain}>"},
    ).send()


def _order_link(order: Order) -> str:
    """Return where the order can be read; a guest's link carries the token."""
    link = settings.SITE_URL.rstrip("/") + reverse(
        "orders:order-detail", args=[order.number]
    )
    if order.user_id is None:
        link += f"?token={guest_token(order.public_id)}"
    return link
