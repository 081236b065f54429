"""Sending mails. Every mail can be sent twice: its Message-ID stays the same."""

import uuid
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from typing import Any

import structlog
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from basket.items import line_title
from custom.figures import language_of, show_amount, show_day
from notifications.links import ORDER, STOCK_RECORD, absolute_link
from notifications.mails import plain_words, send_mail
from notifications.markup import order_markup
from orders.guests import guest_token
from orders.models import Order, OrderEvent, OrderLine
from orders.wording import address_lines, sums_of
from partner.models import PartnerMember, StockRecord

logger = structlog.get_logger(__name__)


class OrderMail(StrEnum):
    """What a buyer is told; the value names the templates."""

    PLACED = "order_placed"
    SHIPPED = "order_shipped"
    CANCELLED = "order_cancelled"
    REFUNDED = "order_refunded"


SUBJECTS = {
    OrderMail.PLACED: gettext_lazy("%(shop)s: order %(number)s"),
    OrderMail.SHIPPED: gettext_lazy("%(shop)s: order %(number)s is on its way"),
    OrderMail.CANCELLED: gettext_lazy("%(shop)s: order %(number)s: cancellation"),
    OrderMail.REFUNDED: gettext_lazy("%(shop)s: order %(number)s: refund"),
}


def send_order_mail(
    kind: OrderMail,
    *,
    order_id: uuid.UUID,
    message_id: uuid.UUID,
    event_id: uuid.UUID | None = None,
) -> None:
    """Tell the buyer what became of an order; at most 3 queries and one mail.

    Nobody is told where the buyer has been erased.

    Args:
        kind: Chooses subject and templates.
        order_id: Public id of the order.
        message_id: The same for each attempt.
        event_id: Public id of what happened; its ``detail`` is told.

    Raises:
        Order.DoesNotExist: There is no such order.
        OrderEvent.DoesNotExist: It has no such event.
        OSError: The mail server refused the mail, or is not there.
    """
    order = (
        Order.objects.prefetch_related("lines")
        .select_related("user")
        .get(public_id=order_id)
    )
    to = _buyer_address(order)
    if not to:
        logger.info("order_mail_untold", order=order.number)
        return
    event = order.events.get(public_id=event_id) if event_id else None
    language = language_of(order.language)
    with translation.override(language):
        send_mail(
            kind,
            to=[to],
            subject=SUBJECTS[kind]
            % {"shop": settings.SHOP_NAME, "number": order.number},
            context=_order_context(order, event, language),
            message_id=message_id,
        )


def send_low_stock(
    *, stock_record_id: int, num_free: int, threshold: int, message_id: uuid.UUID
) -> None:
    """Tell a partner's managers that little is left; 2 queries and one mail.

    Nobody is told where nobody manages the partner.

    Raises:
        StockRecord.DoesNotExist: There is no such record.
        OSError: The mail server refused the mail, or is not there.
    """
    records = StockRecord.objects.select_related("partner", "variant__product")
    record = records.get(pk=stock_record_id)
    managers = PartnerMember.objects.managers_of(record.partner_id)
    to = [manager.user.email for manager in managers]
    if not to:
        logger.info("low_stock_untold", stock_record_id=stock_record_id)
        return
    with translation.override(settings.LANGUAGE_CODE):
        title = line_title(record.variant)
        send_mail(
            "stock_low",
            to=to,
            subject=gettext("%(shop)s: %(title)s is running low")
            % {"shop": settings.SHOP_NAME, "title": title},
            context={
                "record": record,
                "title": title,
                "num_free": num_free,
                "threshold": threshold,
                "link": absolute_link(STOCK_RECORD, pk=record.pk),
            },
            message_id=message_id,
        )


def _buyer_address(order: Order) -> str:
    """Return where a buyer's mails go; empty for one who has been erased."""
    if order.user is None:
        return order.guest_email
    return "" if order.user.is_erased else order.user.email


def _order_context(
    order: Order, event: OrderEvent | None, language: str
) -> dict[str, object]:
    """Return what the templates of an order's mail show."""
    lines = list(order.lines.all())
    detail: dict[str, Any] = dict(event.detail) if event else {}
    if "reason" in detail:
        detail["reason"] = plain_words(detail["reason"])
    link = _order_link(order)
    return {
        "language": language,
        "order": order,
        "day": show_day(order.placed_at, language),
        "lines": [
            (
                line.quantity,
                line.title,
                show_amount(line.line_total, order.currency, language),
            )
            for line in lines
        ],
        "sums": list(sums_of(order, language)),
        "address": list(map(plain_words, address_lines(order.shipping_address))),
        "link": link,
        "markup": order_markup(
            order, link=link, shop=settings.SHOP_NAME, state=_state(order)
        ),
        "event": event,
        "detail": detail,
        "told_lines": list(_told_lines(lines, detail)),
        "told_amount": _told_amount(order, detail, language),
    }


def _told_lines(
    lines: list[OrderLine], detail: dict[str, Any]
) -> Iterator[tuple[int, str]]:
    """Return units and title of each line an event is about."""
    titles = {line.pk: line.title for line in lines}
    for told in detail.get("lines", ()):
        yield told["quantity"], titles.get(told["line"], told["sku"])


def _told_amount(order: Order, detail: dict[str, Any], language: str) -> str:
    """Return the amount an event is about; empty if it is about none."""
    amount = detail.get("amount")
    return show_amount(Decimal(amount), order.currency, language) if amount else ""


def _state(order: Order) -> str:
    """Name where the whole order stands, as schema.org does."""
    if order.status == Order.Status.CANCELLED:
        return "OrderCancelled"
    if order.status == Order.Status.RETURNED:
        return "OrderReturned"
    shipped = order.fulfilment_status != Order.FulfilmentStatus.UNFULFILLED
    return "OrderInTransit" if shipped else "OrderProcessing"


def _order_link(order: Order) -> str:
    """Return where the order can be read; a guest's link carries the token."""
    link = absolute_link(ORDER, number=order.number)
    if order.user_id is None:
        link += f"?token={guest_token(order.public_id)}"
    return link
