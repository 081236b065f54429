"""The mail by which a guest has the data of orders told or erased."""

import uuid

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from custom.figures import language_of
from custom.models import OutboxMessage
from custom.outbox import external_effect
from notifications.accounts import HOUR
from notifications.mails import send_mail
from orders.links import GUEST_DATA
from orders.models import Order


@external_effect
def send_guest_data(message: OutboxMessage) -> None:
    """Mail the token to where the order's mails go; nothing where there is no order."""
    name = message.payload["order"]
    if not name:
        return
    guests = Order.objects.for_guests().exclude(guest_email="")
    order = guests.filter(public_id=uuid.UUID(name)).first()
    if order is None:
        return
    token = GUEST_DATA.make(order)
    with translation.override(language_of(order.language)):
        send_mail(
            "guest_data",
            to=[order.guest_email],
            subject=_("%(shop)s: your data") % {"shop": settings.SHOP_NAME},
            context={
                "token": token,
                "link": settings.GUEST_DATA_LINK.replace("{token}", token),
                "hours": settings.PASSWORD_RESET_TIMEOUT // HOUR,
            },
            message_id=message.public_id,
        )
