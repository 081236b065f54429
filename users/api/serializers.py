"""Bodies of the account addresses."""

from typing import Any, Final

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers
from rest_framework.fields import get_error_detail

from custom.api.output import ModelOutputSerializer, OutputSerializer
from custom.api.serializers import StrictSerializer
from users.api.fields import MailboxField
from users.emails import EMAIL_MAX_LENGTH
from users.links import PASSWORD_RESET
from users.models import AuthToken, User
from users.services import SignIn

NAME_MAX_LENGTH: Final = 150
DEVICE_MAX_LENGTH: Final = 100
PASSWORD_MAX_LENGTH: Final = 1024
LINK_MAX_LENGTH: Final = 200
OTP_MAX_LENGTH: Final = 32


def check_password_rules(password: str, person: User) -> None:
    """Hold a new password against the rules and against the person's own data.

    Raises:
        ValidationError: Names every broken rule, at ``password``.
    """
    try:
        validate_password(password, person)
    except DjangoValidationError as error:
        faults = {"password": get_error_detail(error)}
        raise serializers.ValidationError(faults) from error


class UserSerializer(ModelOutputSerializer[User]):
    """An account as its owner sees it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    is_email_verified = serializers.BooleanField(read_only=True)
    joined_at = serializers.DateTimeField(source="date_joined", read_only=True)

    class Meta:
        model = User
        fields = (
            "id",
            "email",
            "is_email_verified",
            "first_name",
            "last_name",
            "joined_at",
        )
        read_only_fields = fields


class SignInSerializer(OutputSerializer[SignIn]):
    """The token of a new sign-in; its secret is never shown again."""

    token = serializers.CharField(source="secret", read_only=True)
    expires_at = serializers.DateTimeField(source="token.expiry", read_only=True)
    user = UserSerializer(source="token.user", read_only=True)


class ProfileInputSerializer(StrictSerializer):
    """Body of ``PATCH /api/user/me/``."""

    first_name = serializers.CharField(
        required=False, allow_blank=True, max_length=NAME_MAX_LENGTH
    )
    last_name = serializers.CharField(
        required=False, allow_blank=True, max_length=NAME_MAX_LENGTH
    )


class RegistrationInputSerializer(ProfileInputSerializer):
    """Body of ``POST /api/user/``."""

    email = MailboxField()
    password = serializers.CharField(
        max_length=PASSWORD_MAX_LENGTH, trim_whitespace=False, write_only=True
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Hold the password against the rules and against the person's own data."""
        person = User(**{name: attrs[name] for name in attrs.keys() - {"password"}})
        check_password_rules(attrs["password"], person)
        return attrs


class LoginInputSerializer(StrictSerializer):
    """Body of ``POST /api/user/login/``; any text may be tried as an address."""

    email = serializers.CharField(max_length=EMAIL_MAX_LENGTH)
    password = serializers.CharField(
        max_length=PASSWORD_MAX_LENGTH, trim_whitespace=False, write_only=True
    )
    device = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=DEVICE_MAX_LENGTH,
        help_text="What the user calls the device, to find it among others.",
    )
    otp = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=OTP_MAX_LENGTH,
        help_text="A code of the second factor, where the account has one.",
    )


class LogoutInputSerializer(StrictSerializer):
    """Body of ``POST /api/user/logout/``: nothing."""


class EmailInputSerializer(StrictSerializer):
    """Body of what asks for a mail; any text may be tried as an address."""

    email = serializers.CharField(max_length=EMAIL_MAX_LENGTH)


class LinkInputSerializer(StrictSerializer):
    """Body of what takes nothing but a token from a mail."""

    token = serializers.CharField(
        max_length=LINK_MAX_LENGTH, help_text="From the mail."
    )


class ResetConfirmSerializer(LinkInputSerializer):
    """Body of ``POST /api/user/password/reset/confirm/``."""

    password = serializers.CharField(
        max_length=PASSWORD_MAX_LENGTH, trim_whitespace=False, write_only=True
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Hold the password against the rules for the token's owner; 1 query.

        Raises:
            LinkInvalidError: The token is old, used, or none.
        """
        check_password_rules(attrs["password"], PASSWORD_RESET.user_of(attrs["token"]))
        return attrs


class PasswordChangeSerializer(StrictSerializer):
    """Body of ``POST /api/user/password/change/``; ``person`` is in the context."""

    current_password = serializers.CharField(
        max_length=PASSWORD_MAX_LENGTH, trim_whitespace=False, write_only=True
    )
    password = serializers.CharField(
        max_length=PASSWORD_MAX_LENGTH, trim_whitespace=False, write_only=True
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Hold the new password against the rules and the person's own data."""
        check_password_rules(attrs["password"], self.context["person"])
        return attrs


class EmailChangeSerializer(StrictSerializer):
    """Body of ``POST /api/user/email/change/``."""

    email = MailboxField()
    current_password = serializers.CharField(
        max_length=PASSWORD_MAX_LENGTH, trim_whitespace=False, write_only=True
    )


class DeviceSerializer(ModelOutputSerializer[AuthToken]):
    """A device that is signed in; the context's ``token`` is the request's own."""

    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry")
    is_current = serializers.SerializerMethodField()

    class Meta:
        model = AuthToken
        fields = (
            "id",
            "device",
            "created_at",
            "last_used_at",
            "expires_at",
            "is_current",
        )
        read_only_fields = fields

    def get_is_current(self, token: AuthToken) -> bool:
        """Tell whether this device asks."""
        current: AuthToken | None = self.context.get("token")
        return current is not None and current.pk == token.pk
