"""What every change of an order has in common: its lock, its lines, its event."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone

from basket.items import line_errors
from custom import outbox
from custom.errors import StaleError
from custom.transactions import transactional
from orders.actors import Actor
from orders.errors import QuantityError, UnknownLineError
from orders.models import Order, OrderEvent, OrderLine
from orders.transitions import (
    check_fulfilment_move,
    check_payment_move,
    sum_up,
)

STATE_FIELDS = (
    "status",
    "payment_status",
    "fulfilment_status",
    "version",
    "credited_amount",
    "paid_amount",
    "refunded_amount",
    "needs_prepayment",
    "expires_at",
    "cancelled_at",
    "delivered_at",
)
Quantities = Mapping[int, int]  # line id -> units, at least 1 each


@dataclass(slots=True)
class LockedOrder:
    """An order nobody else can change until the transaction ends, and its lines."""

    order: Order
    lines: Sequence[OrderLine]

    @property
    def is_anything_kept(self) -> bool:
        """Tell whether a unit is left that was neither given up nor taken back."""
        return any(line.kept_quantity for line in self.lines)

    def named(
        self, wanted: Quantities, *, among: Iterable[OrderLine] | None = None
    ) -> dict[int, OrderLine]:
        """Return the lines of the ids, in the order of the request.

        Args:
            wanted: At least one line.
            among: The lines the caller may name; None for all of the order.

        Raises:
            UnknownLineError: An id is none of these.
        """
        known = {line.pk: line for line in (self.lines if among is None else among)}
        unknown = [at for at, pk in enumerate(wanted) if pk not in known]
        if unknown or not wanted:
            msg = "Some of these are no lines of yours in this order."
            detail = "This is no line of yours in this order."
            errors = line_errors(unknown, code=UnknownLineError.code, detail=detail)
            raise UnknownLineError(msg, errors=errors)
        return {pk: known[pk] for pk in wanted}


def lock(order_id: int) -> LockedOrder:
    """Lock an order's row and read it and its lines; 2 queries.

    The row is the first thing locked in every change of an order; its payments and
    its stock come after, in this order.

    Raises:
        Order.DoesNotExist: There is none.
    """
    order = Order.objects.lock(order_id)
    lines = list(OrderLine.objects.filter(order=order).order_by("position"))
    for line in lines:
        line.order = order
    return LockedOrder(order, lines)


@transactional
def run_as_seen(order_id: int, version: int, step: Callable[[], object]) -> None:
    """Take a step with an order that is still what a page showed of it.

    So a form that is sent twice is carried out once. Locks the order.

    Args:
        order_id: Visible to the actor.
        version: Of the order, as shown.
        step: Calls one of these services.

    Raises:
        StaleError: It is another by now; nothing is changed.
        DomainError: As the step raises.
    """
    if Order.objects.lock(order_id).version != version:
        msg = "The order has changed since this page was shown. Look at it again."
        raise StaleError(msg)
    step()


def check_quantities(
    lines: Mapping[int, OrderLine], wanted: Quantities, available: str
) -> None:
    """Refuse to move more units of a line than there are.

    Args:
        lines: Line id -> line, of every id wanted.
        wanted: In the order of the request.
        available: The attribute of a line that tells how many there are.

    Raises:
        QuantityError: It names every line at fault.
    """
    errors = []
    for position, (pk, units) in enumerate(wanted.items()):
        there = getattr(lines[pk], available)
        if units > there:
            noun = "unit" if there == 1 else "units"
            errors += line_errors(
                [position],
                code=QuantityError.code,
                detail=f"This is possible for {there} {noun}.",
                line=pk,
                requested=units,
                available=there,
            )
    if errors:
        msg = "You named more units of a line than there are."
        raise QuantityError(msg, errors=errors)


def move_goods(order: Order, action: str, target: str) -> None:
    """Set the fulfilment status that an action leads to; not stored yet.

    Raises:
        TransitionNotAllowedError: The action cannot lead there.
    """
    check_fulfilment_move(order, action, target)
    order.fulfilment_status = target
    if target == Order.FulfilmentStatus.DELIVERED and order.delivered_at is None:
        order.delivered_at = timezone.now()


def move_money(order: Order, target: str) -> None:
    """Set the payment status that providers' news lead to; not stored yet.

    Raises:
        TransitionNotAllowedError: The ledger cannot lead there.
    """
    if target != order.payment_status:
        check_payment_move(order, target)
        order.payment_status = target


def store(
    order: Order,
    kind: OrderEvent.Type,
    actor: Actor,
    *,
    detail: Mapping[str, object] | None = None,
    is_public: bool = True,
) -> OrderEvent:
    """Store a locked order's new state with the event that tells of it; 2 statements.

    Args:
        order: Locked, with its new state.
        kind: What happened.
        actor: Who did it, and as what.
        detail: JSON-safe; shown to the buyer unless the event is private.
        is_public: The buyer may see it.
    """
    before = order.status
    order.status = sum_up(
        order.payment_status,
        order.fulfilment_status,
        is_cancelled=order.is_cancelled,
    )
    order.version += 1
    order.save(update_fields=STATE_FIELDS)
    return OrderEvent.objects.create(
        order=order,
        type=kind,
        from_status=before,
        to_status=order.status,
        actor=actor.user,
        role=actor.role,
        detail=dict(detail or {}),
        is_public=is_public,
    )


def announce(topic: str, order: Order, event: OrderEvent) -> None:
    """Tell the rest of the shop, once the transaction is kept."""
    ids = {"order": str(order.public_id), "event": str(event.public_id)}
    outbox.publish(topic, dict(ids))


def source_of(event: OrderEvent) -> str:
    """Return by what movements of stock and money know their cause."""
    return f"order-event:{event.public_id}"


def told_lines(lines: Mapping[int, OrderLine], wanted: Quantities) -> list[object]:
    """Return how an event's detail names lines."""
    return [
        {"line": pk, "sku": lines[pk].sku, "quantity": units}
        for pk, units in wanted.items()
    ]


def open_quantities(lines: Iterable[OrderLine]) -> dict[int, int]:
    """Return line id -> units, of every line with units still to be shipped."""
    return {line.pk: line.open_quantity for line in lines if line.open_quantity}


def stock_of(lines: Mapping[int, OrderLine], wanted: Quantities) -> dict[int, int]:
    """Return stock record id -> units; a record has one line in an order."""
    return {lines[pk].stock_record_id: units for pk, units in wanted.items()}


def goods_status(
    lines: Sequence[OrderLine], *, have_all_arrived: bool
) -> Order.FulfilmentStatus:
    """Return where an order's goods are, from its lines.

    Args:
        lines: All of them, as they are now.
        have_all_arrived: No shipment is still on its way.
    """
    status = Order.FulfilmentStatus
    shipped = sum(line.fulfilled_quantity for line in lines)
    is_anything_open = any(line.open_quantity for line in lines)
    if not shipped:
        return status.UNFULFILLED
    if is_anything_open:
        return status.PARTLY_SHIPPED
    if shipped == sum(line.returned_quantity for line in lines):
        return status.RETURNED
    return status.DELIVERED if have_all_arrived else status.SHIPPED
