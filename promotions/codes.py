"""What buyers type, and who they are."""

from django.utils.crypto import salted_hmac

from custom import codes
from users.emails import normalize_email

_SALT = "promotions.codes.customer"


def normalize_code(typed: str) -> str:
    """Return the form in which vouchers' codes are stored: capitals."""
    return codes.normalize_code(typed).upper()


def customer_key(user_id: int | None, guest_email: str = "") -> str:
    """Return what stands for a customer in the ledger of uses.

    Of a guest it is a digest of the normalised address, keyed by ``SECRET_KEY``;
    empty while neither is known.
    """
    if user_id is not None:
        return f"user:{user_id}"
    if not guest_email:
        return ""
    email = normalize_email(guest_email)
    return f"guest:{salted_hmac(_SALT, email, algorithm='sha256').hexdigest()}"
