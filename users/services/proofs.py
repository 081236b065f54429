"""What follows when somebody has proved to read the mails of an account's address."""

from django.utils import timezone

from custom import outbox
from users.models import User


def note_proof(user: User) -> bool:
    """Set when the address was proved, for the caller to store, and tell who waits.

    Every way of proving an address comes here, in the transaction that stores the
    account. Whoever listens to ``user.address_proved`` finds what was made with that
    address before there was a proof.

    Returns:
        Whether it was not proved before.
    """
    if user.email_verified_at is not None:
        return False
    user.email_verified_at = timezone.now()
    outbox.publish("user.address_proved", {"user": str(user.public_id)})
    return True
