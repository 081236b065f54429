"""What tests run in processes of their own."""

from django.test import override_settings
from structlog.testing import capture_logs

from users.errors import CredentialsInvalidError, SignInLockedError
from users.models import User
from users.services import (
    confirm_email_change,
    log_in,
    make_key,
    register_user,
    unlock_sign_in,
)


def register(email: str) -> str:
    """Register an address; return the account's public id."""
    user, _ = register_user(email=email, password="quite-unguessable-1")
    return str(user.public_id)


def sign_in(email: str, password: str) -> list[int]:
    """Sign one account in twenty times; return with what the database said no."""
    with capture_logs() as logs:
        for _ in range(20):
            log_in(email=email, password=password)
    return [log["number"] for log in logs if log["event"] == "transaction_repeated"]


def give_key(owner: int) -> str:
    """Make a key for an account; return how it begins."""
    made = make_key(User.objects.get(pk=owner), name="Racer", scopes=["stock:read"])
    return made.key.hint


def confirm_address(token: str) -> str:
    """Give an account the address that a token is for; return it."""
    return confirm_email_change(token).email


def guess(email: str, address: str, limit: str = "") -> list[str]:
    """Try ten wrong passwords; return the code of what each came to.

    Args:
        email: The account that is tried.
        address: Where from.
        limit: In place of those of an account, and of a client address.
    """
    limits = {"SIGN_IN_LOCK_ACCOUNT": limit, "SIGN_IN_LOCK_ADDRESS": limit}
    codes = []
    with override_settings(**limits if limit else {}):
        for number in range(10):
            try:
                log_in(email=email, password=f"wrong-{number}", address=address)
            except (CredentialsInvalidError, SignInLockedError) as error:
                codes.append(error.code)
    return codes


def unlock(token: str) -> None:
    """Take the token of a mail."""
    unlock_sign_in(token)


def sign_in_with(email: str, password: str, otp: str) -> None:
    """Sign in once, with a code."""
    log_in(email=email, password=password, otp=otp)
