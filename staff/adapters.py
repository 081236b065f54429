"""What allauth is told about the shop's accounts, limits and secrets."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.app_settings import REAUTHENTICATION_TIMEOUT
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest

from custom.limits.identity import client_address, tried_ident
from custom.throttling.counting import counts_of
from staff import secrets
from staff.factors import FactorChange, has_factor, tell_factor_change
from users.emails import normalize_email
from users.errors import SignInLockedError
from users.models import User
from users.services import user_of_password

# What allauth would mail -> what the shop tells through its outbox.
TOLD = {
    "mfa/email/totp_activated": FactorChange.ADDED,
    "mfa/email/totp_deactivated": FactorChange.REMOVED,
    "mfa/email/recovery_codes_generated": FactorChange.CODES,
}


class AccountAdapter(DefaultAccountAdapter):
    """Signs staff in by the users app's own accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse: accounts are made by the API or by staff."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ANN401
        """Count a try of an address, known or not, as the API's login does."""
        tried = tried_ident(normalize_email(credentials["email"]))
        count = counts_of(request).count_post("login", None, tried)
        if count is not None and count.is_refused:
            fault = self.validation_error("too_many_login_attempts")
            raise fault

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:  # noqa: ANN401
        """Return the staff of an address and password.

        Whatever is wrong, the answer and its time are the same: an address nobody
        has, a password, a closed account, a customer's account.
        """
        self.pre_authenticate(request, **credentials)
        try:
            user = user_of_password(
                email=credentials["email"],
                password=credentials["password"],
                address=client_address(request.META),
            )
        except SignInLockedError:
            fault = self.validation_error("too_many_login_attempts")
            raise fault from None
        return user if user is not None and user.is_staff else None

    def reauthenticate(self, user: User, password: str) -> bool:
        """Tell whether it is the account's password; counted as a login is."""
        return (
            self.authenticate(context.request, email=user.email, password=password)
            == user
        )

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:  # noqa: ANN401
        """Tell whether the sign-in was too long ago to change factors."""
        request = context.request
        records = get_authentication_records(request, request.user)
        fresh = time.time() - REAUTHENTICATION_TIMEOUT
        wanted = "mfa" if has_factor(request.user) else "password"
        return not any(
            record["method"] == wanted and record["at"] > fresh for record in records
        )

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        """Offer the second factor alone to who has one."""
        methods = super().get_reauthentication_methods(user)
        codes = [each for each in methods if each["id"] == "mfa_reauthenticate"]
        return codes or methods

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Have the owner of a second factor told what became of it."""
        if template_prefix in TOLD:
            tell_factor_change(user, TOLD[template_prefix])

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that the shop's limits know the client by."""
        return client_address(request.META)


class FactorAdapter(DefaultMFAAdapter):
    """Keeps secrets unreadable, and names the shop to authenticator apps."""

    def get_totp_issuer(self) -> str:
        """Return the name apps show beside the codes."""
        return settings.SHOP_NAME

    def build_totp_svg(self, url: str) -> str:
        """Draw a QR code that can stand in a page."""
        svg = super().build_totp_svg(url)
        return svg[svg.index("<svg") :]

    def encrypt(self, text: str) -> str:
        """Return what the database may hold."""
        return secrets.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret again."""
        return secrets.decrypt(encrypted_text)
