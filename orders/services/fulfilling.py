"""Goods that leave and arrive."""

import uuid
from collections import defaultdict
from collections.abc import Mapping

from django.utils import timezone

from custom.ids import new_public_id
from custom.transactions import transactional
from orders.actors import Actor, Role
from orders.errors import SeveralPartnersError
from orders.models import Order, OrderEvent, OrderLine, Shipment, ShipmentLine
from orders.services.changes import (
    LockedOrder,
    Quantities,
    announce,
    check_quantities,
    goods_status,
    lock,
    move_goods,
    open_quantities,
    source_of,
    stock_of,
    store,
    told_lines,
)
from orders.tracking import tracking_url
from orders.transitions import check_action
from partner.services import ship_stock
from payments.services import capture_payments


@transactional
def ship_lines(  # noqa: PLR0913 - keywords only
    order_id: int,
    *,
    actor: Actor,
    quantities: Quantities | None = None,
    carrier: str = "",
    tracking_number: str = "",
    public_id: uuid.UUID | None = None,
) -> Shipment:
    """Send units of one partner's lines off; they leave the stock.

    Money that is only promised is asked for now.

    Args:
        order_id: Visible to the actor; the caller has seen to that.
        actor: Who asks, and as what; a partner may name its own lines only.
        quantities: Line id -> units, at least 1; None for all the actor may ship.
        carrier: A key of ``SHOP_CARRIERS``, or any name.
        tracking_number: As the carrier knows the parcel.
        public_id: Of the shipment, where the caller wants to know it beforehand.

    Raises:
        TransitionNotAllowedError: Nothing is open, the order is not paid, or the
            actor may not.
        UnknownLineError: A line is not of this order, or another partner's.
        SeveralPartnersError: The lines do not all come from one partner.
        QuantityError: Fewer units of a line are open.
        InsufficientStockError: Units sold beyond the stock have not arrived yet.

    Whatever is raised, nothing is changed.
    """
    locked = lock(order_id)
    order = locked.order
    check_action(order, "ship", actor.role)
    own = _own_lines(locked, actor)
    if quantities is None:
        quantities = open_quantities(own)
    lines = locked.named(quantities, among=own)
    check_quantities(lines, quantities, "open_quantity")
    shipment = _pack(
        Shipment(
            public_id=public_id or new_public_id(),
            order=order,
            partner_id=_partner_of(lines),
            carrier=carrier,
            tracking_number=tracking_number,
        ),
        quantities,
    )
    event = _count_shipped(locked, shipment, quantities, actor)
    if order.payment_status == Order.PaymentStatus.AUTHORIZED:
        capture_payments(order.public_id, amount=order.owed_amount)
    announce("order.shipped", order, event)
    ship_stock(stock_of(lines, quantities), source=source_of(event), actor=actor.user)
    return shipment


@transactional
def ship_parcels(
    order_id: int,
    *,
    actor: Actor,
    quantities: Quantities | None = None,
    carrier: str = "",
    tracking_number: str = "",
) -> None:
    """Send units off, one parcel for each partner; arguments as above.

    Raises:
        DomainError: As ``ship_lines`` raises; nothing is changed.
    """
    locked = lock(order_id)
    check_action(locked.order, "ship", actor.role)
    if quantities is None:
        quantities = open_quantities(locked.lines)
    parcels: dict[int, dict[int, int]] = defaultdict(dict)
    for line in locked.named(quantities).values():
        parcels[line.partner_id][line.pk] = quantities[line.pk]
    for _partner, parcel in sorted(parcels.items()):
        ship_lines(
            order_id,
            actor=actor,
            quantities=parcel,
            carrier=carrier,
            tracking_number=tracking_number,
        )


@transactional
def deliver_everything(order_id: int, *, actor: Actor) -> None:
    """Note that every shipment of an order has arrived.

    Raises:
        TransitionNotAllowedError: The actor may not, or nothing is on its way.
    """
    order = lock(order_id).order
    check_action(order, "deliver", actor.role)
    waiting = order.shipments.filter(delivered_at__isnull=True)
    for public_id in waiting.values_list("public_id", flat=True):
        deliver_shipment(public_id, actor=actor)


@transactional
def deliver_shipment(public_id: uuid.UUID, *, actor: Actor) -> Shipment:
    """Note that a shipment has arrived; a second time changes nothing.

    With an order's last shipment the order is delivered, and what is paid on delivery
    is paid.

    Args:
        public_id: Visible to the actor; the caller has seen to that.
        actor: Who says so, and as what.

    Raises:
        TransitionNotAllowedError: The actor may not, or the goods came back.
    """
    order_id = Shipment.objects.values_list("order", flat=True).get(public_id=public_id)
    locked = lock(order_id)
    shipment = Shipment.objects.get(public_id=public_id)
    if shipment.delivered_at is not None:
        return shipment
    order = locked.order
    check_action(order, "deliver", actor.role)
    shipment.delivered_at = timezone.now()
    shipment.save(update_fields=["delivered_at"])
    on_its_way = order.shipments.filter(delivered_at__isnull=True).exists()
    target = goods_status(locked.lines, have_all_arrived=not on_its_way)
    move_goods(order, "deliver", target)
    store(
        order,
        OrderEvent.Type.DELIVERED,
        actor,
        detail={"shipment": str(shipment.public_id)},
    )
    if order.delivered_at is not None:
        capture_payments(order.public_id, amount=order.owed_amount, delivered=True)
    return shipment


def _own_lines(locked: LockedOrder, actor: Actor) -> list[OrderLine]:
    """Return the lines the actor may ship."""
    if actor.role is not Role.PARTNER:
        return list(locked.lines)
    return [line for line in locked.lines if line.partner_id in actor.partner_ids]


def _partner_of(lines: Mapping[int, OrderLine]) -> int:
    """Return whose parcel it is."""
    partners = {line.partner_id for line in lines.values()}
    if len(partners) != 1:
        msg = "A shipment holds the lines of one partner."
        raise SeveralPartnersError(msg)
    return partners.pop()


def _pack(shipment: Shipment, quantities: Quantities) -> Shipment:
    """Store a shipment and what is in it; 2 statements."""
    shipment.save(force_insert=True)
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, line_id=pk, quantity=units)
        for pk, units in quantities.items()
    )
    return shipment


def _count_shipped(
    locked: LockedOrder, shipment: Shipment, quantities: Quantities, actor: Actor
) -> OrderEvent:
    """Count units as sent, and tell the buyer where to look for them."""
    order, lines = locked.order, locked.named(quantities)
    for pk, line in lines.items():
        line.fulfilled_quantity += quantities[pk]
    OrderLine.objects.bulk_update(lines.values(), ["fulfilled_quantity"])
    move_goods(order, "ship", goods_status(locked.lines, have_all_arrived=False))
    return store(
        order,
        OrderEvent.Type.SHIPPED,
        actor,
        detail={
            "shipment": str(shipment.public_id),
            "carrier": shipment.carrier,
            "tracking_number": shipment.tracking_number,
            "tracking_url": tracking_url(shipment),
            "lines": told_lines(lines, quantities),
        },
    )
