"""Second factors for tests: a known secret, and the codes of a moment."""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value

from users.models import User

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP = 30  # seconds


def code_at(moment: float | None = None, *, secret: str = SECRET) -> str:
    """Return what an app shows at a time, of now if it is not said."""
    step = int(time.time() if moment is None else moment) // STEP
    return format_hotp_value(hotp_value(secret, step))


def enrol(user: User) -> Authenticator:
    """Give an account a factor with the known secret, and recovery codes."""
    factor = TOTP.activate(user, SECRET).instance
    RecoveryCodes.activate(user)
    return factor


def recovery_codes(user: User) -> list[str]:
    """Return the codes that are left."""
    factor = Authenticator.objects.get(
        user=user, type=Authenticator.Type.RECOVERY_CODES
    )
    return factor.wrap().get_unused_codes()
