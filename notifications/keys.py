"""Mails about API keys: one more, or one less."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from custom.figures import show_day
from custom.models import OutboxMessage
from custom.outbox import external_effect
from notifications.accounts import name_for
from notifications.mails import send_mail
from users.models import ApiKey

SUBJECTS = {
    "key_made": _("%(shop)s: an API key was made"),
    "key_revoked": _("%(shop)s: an API key was revoked"),
}


@external_effect
def send_key_made(message: OutboxMessage) -> None:
    """Tell the owner of an account that a key acts for it, and what it may do."""
    _send(message, "key_made")


@external_effect
def send_key_revoked(message: OutboxMessage) -> None:
    """Tell the owner of an account that a key opens nothing any more."""
    _send(message, "key_revoked")


def _send(message: OutboxMessage, template: str) -> None:
    """Mail the owner of a key; what somebody called it stays out of the mail."""
    keys = ApiKey.objects.of_active_accounts()
    key = keys.filter(pk=message.payload["key"]).first()
    if key is None:
        return
    owner = key.user
    with translation.override(settings.LANGUAGE_CODE):
        send_mail(
            template,
            to=[owner.email],
            subject=SUBJECTS[template] % {"shop": settings.SHOP_NAME},
            context={
                "name": name_for(owner, owner.email),
                "hint": key.hint,
                "scopes": key.scopes,
                "day": show_day(key.created_at, settings.LANGUAGE_CODE),
            },
            message_id=message.public_id,
        )
