"""What guests may have done with what their orders hold, by proof of their address."""

from django.utils import timezone

from custom import outbox
from custom.privacy import Person
from custom.transactions import transactional
from orders.links import GUEST_DATA
from orders.models import Order
from users.emails import is_same_mailbox
from users.models import Erasure
from users.services import start_guest_erasure


@transactional
def request_guest_data(email: str) -> None:
    """Have a mail sent to a guest; 2 statements, whether there are orders or not."""
    # The database takes some texts for equal to none, which erased orders have.
    placed = Order.objects.placed_as_guest(email).exclude(guest_email="")
    orders = placed.only("public_id", "guest_email").order_by("-pk")
    own = (each for each in orders if is_same_mailbox(each.guest_email, email))
    newest = next(own, None)
    name = str(newest.public_id) if newest else ""
    outbox.publish("guest.data_wanted", {"order": name})


def guest_of(token: str) -> Person:
    """Return whose address a mail's token has proved; 1 query.

    Raises:
        LinkInvalidError: The token is old, used, or none.
    """
    order = GUEST_DATA.find(token, Order.objects.for_guests())
    return Person.guest(
        order.guest_email, public_id=order.public_id, before=timezone.now()
    )


def erase_guest(token: str) -> Erasure:
    """Note that a guest wants to be forgotten, by a mail's token; again is the same.

    Raises:
        LinkInvalidError: The token is old, used, or none.
    """
    return start_guest_erasure(guest_of(token).email)
