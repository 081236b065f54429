"""Second factors: which codes count, how often one may be tried, how they end."""

from enum import StrEnum

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings

from custom import outbox
from custom.transactions import transactional
from staff import secrets
from staff.access import record_access
from users.errors import (
    SecondFactorRequiredError,
    SecondFactorWrongError,
)
from users.models import User
from users.services import count_code, end_sessions

Type = Authenticator.Type
TOPIC = "factor.changed"


class FactorChange(StrEnum):
    """What an account's owner is told of."""

    ADDED = "added"
    REMOVED = "removed"
    RESET = "reset"  # by somebody else
    CODES = "codes"  # recovery codes were made anew


LAST_STEP = "last_step"  # of a code that was used, in the data of a factor


def has_factor(user: User) -> bool:
    """Tell whether an account asks for a code at sign-in; 1 query."""
    return Authenticator.objects.filter(user=user.pk, type=Type.TOTP).exists()


def check_sign_in(user: User, code: str) -> None:
    """Ask who has a second factor for a code; 1 query for who has none.

    Where the factor is compulsory, staff without one do not sign in.

    Raises:
        SecondFactorRequiredError: There is no code, or no factor that there must be.
        SecondFactorWrongError: The code opens nothing, or does no more.
        SignInLockedError: Too many codes were tried; this one was not.
    """
    if not has_factor(user):
        if settings.STAFF_MFA_REQUIRED and user.is_staff:
            msg = "Staff need a second factor. Set one up in the admin first."
            raise SecondFactorRequiredError(msg)
        return
    if not code:
        msg = "Send a code of your authenticator app in otp, or a recovery code."
        raise SecondFactorRequiredError(msg)
    if try_code(user, code) is None:
        msg = "This code is not right, or has been used."
        raise SecondFactorWrongError(msg)


def try_code(user: User, code: str) -> Authenticator | None:
    """Return the factor whose code it is, as ``use_code`` does; counted.

    Raises:
        SignInLockedError: Too many codes were tried; this one was not.
    """
    return count_code(user, lambda: use_code(user, code))


def use_code(user: User, code: str) -> Authenticator | None:
    """Return the factor whose code it is, and spend the code; None if it is no one's.

    Of two requests with the same code one succeeds: the row of the factor is locked.
    """
    for factor in Authenticator.objects.filter(user=user.pk).order_by("pk"):
        if factor.type == Type.TOTP:
            is_right = _use_step(factor.pk, code)
        else:
            is_right = factor.type == Type.RECOVERY_CODES and (
                factor.wrap().validate_code(code)
            )
        if is_right:
            factor.user = user
            return factor
    return None


@transactional
def spend_enrolling_code(user: User, code: str) -> None:
    """Let the code that proved a new factor open nothing any more."""
    use_code(user, code)


@transactional
def reset_factors(user: User, *, actor: User | None) -> None:
    """Take an account's factors away and end its sessions; it enrols anew.

    The owner is told.

    Args:
        user: Who lost the factor.
        actor: Who resets it, for the log of staff; None for the command line.
    """
    Authenticator.objects.filter(user=user.pk).delete()
    end_sessions(user)
    tell_factor_change(user, FactorChange.RESET)
    if actor is not None:
        record_access(actor, model=User, pk=user.pk, action="reset second factor")


@transactional
def tell_factor_change(user: User, change: FactorChange) -> None:
    """Have the owner of an account told what became of its second factor."""
    outbox.publish(TOPIC, {"user": str(user.public_id), "change": str(change)})


@transactional
def _use_step(factor_id: int, code: str) -> bool:
    """Tell whether a code is of a step after the last one used, and remember it."""
    factor = Authenticator.objects.select_for_update().filter(pk=factor_id).first()
    if factor is None:
        return False
    secret = secrets.decrypt(factor.data["secret"])
    steps = [
        step
        for step in yield_hotp_counters_from_time()
        if compare_user_code(
            actual=code, expected=format_hotp_value(hotp_value(secret, step))
        )
    ]
    if not steps or steps[0] <= factor.data.get(LAST_STEP, 0):
        return False
    factor.data[LAST_STEP] = steps[0]
    factor.save(update_fields=["data"])
    return True
