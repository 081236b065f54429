"""Guests' orders become those of the account whose owner reads the same mails."""

from uuid import UUID

from django.db.models import F

from custom.transactions import transactional
from orders.actors import Role
from orders.models import Order, OrderEvent
from promotions.codes import customer_key
from promotions.services import assign_redemptions
from users.emails import is_same_mailbox
from users.models import User


@transactional
def claim_guest_orders(user_id: UUID) -> int:
    """Give an account the guests' orders placed with its address before it was proved.

    Does nothing while the address is not proved. May be repeated, and be raced with
    itself: an order is claimed once. Its guest's token opens it no longer. Locks the
    orders by ascending key.

    Args:
        user_id: Public id of the account.

    Returns:
        Number of orders that were claimed.
    """
    user = User.objects.active().filter(public_id=user_id).first()
    if user is None or user.email_verified_at is None:
        return 0
    found = _orders_of(user)
    guests = Order.objects.for_guests().filter(pk__in=[order.pk for order in found])
    locked = list(guests.select_for_update().order_by("pk"))
    if not locked:
        return 0
    Order.objects.filter(pk__in=[order.pk for order in locked]).update(
        user=user, guest_email="", version=F("version") + 1
    )
    OrderEvent.objects.bulk_create(
        OrderEvent(
            order=order,
            type=OrderEvent.Type.CLAIMED,
            actor=user,
            role=Role.CUSTOMER,
        )
        for order in locked
    )
    assign_redemptions(
        [order.public_id for order in locked], customer=customer_key(user.pk)
    )
    return len(locked)


def _orders_of(user: User) -> list[Order]:
    """Return the orders that may be claimed; 1 query along the index of addresses."""
    placed = Order.objects.placed_as_guest(user.email)
    before = placed.filter(placed_at__lte=user.email_verified_at).order_by("pk")
    return [
        order
        for order in before.only("guest_email")
        if is_same_mailbox(order.guest_email, user.email)
    ]
