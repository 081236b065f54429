"""Mails to staff about the second step of their sign-in."""

from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from custom.models import OutboxMessage
from custom.outbox import external_effect
from notifications.mails import send_mail
from users.models import User


@external_effect
def send_factor_changed(message: OutboxMessage) -> None:
    """Mail the owner of an account what ``factor.changed`` says of it."""
    owner = User.objects.active().filter(public_id=UUID(message.payload["user"]))
    user = owner.first()
    if user is None:
        return
    with translation.override(settings.LANGUAGE_CODE):
        send_mail(
            "factor_changed",
            to=[user.email],
            subject=_("%(shop)s: the second step of your sign-in")
            % {"shop": settings.SHOP_NAME},
            context={
                "name": user.get_short_name(),
                "change": message.payload["change"],
            },
            message_id=message.public_id,
        )
