"""What the tests of this package run in processes of their own."""

from django.test import override_settings

from staff.factors import try_code, use_code
from users.errors import SignInLockedError
from users.models import User


def spend(user: int, code: str) -> bool:
    """Tell whether a code opened something."""
    return use_code(User.objects.get(pk=user), code) is not None


def guess_codes(user: int) -> list[bool]:
    """Try five codes that are none; tell of each whether it was looked at."""
    account, looked = User.objects.get(pk=user), []
    with override_settings(STAFF_MFA_RATE="7/hour"):
        for number in range(5):
            try:
                try_code(account, f"x{number}")
            except SignInLockedError:
                looked.append(False)
            else:
                looked.append(True)
    return looked
