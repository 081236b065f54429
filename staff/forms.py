"""The forms that take a code of a second factor, or the present password."""

from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm as AllauthAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as AllauthReauthenticateForm
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.core.exceptions import ValidationError

from staff.factors import try_code
from users.errors import PasswordWrongError, SignInLockedError
from users.forms import StoringMixin
from users.services import confirm_password


class _SpendingMixin:
    """Takes a code once, and counts tries exactly.

    allauth notes both in the cache, which may forget, and which closes the door when
    Redis is down.
    """

    user: Any
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        """Return the code, if it opens anything."""
        code: str = self.cleaned_data["code"]
        try:
            factor = try_code(self.user, code)
        except SignInLockedError:
            fault = get_account_adapter().validation_error("too_many_login_attempts")
            raise fault from None
        if factor is None:
            fault = get_adapter().validation_error("incorrect_code")
            raise fault
        self.authenticator = factor
        return code


class AuthenticateForm(_SpendingMixin, AllauthAuthenticateForm):
    """The second step of signing in."""


class ReauthenticateForm(_SpendingMixin, AllauthReauthenticateForm):
    """Proof that it is still the same person."""


class OwnPasswordForm(StoringMixin, AdminPasswordChangeForm):
    """Another password for the reader; the present one is counted as a sign-in is."""

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.address = address

    def clean_old_password(self) -> str:
        """Return the present password, if it is right."""
        current: str = self.cleaned_data["old_password"]
        try:
            confirm_password(self.user, current, self.address)
        except PasswordWrongError as error:
            raise ValidationError(error.detail, code="password_incorrect") from error
        except SignInLockedError as error:
            raise ValidationError(error.detail, code="locked") from error
        return current
