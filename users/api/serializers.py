"""Bodies of the account addresses."""

from typing import Any, Final

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers
from rest_framework.fields import get_error_detail

from custom.api.serializers import StrictSerializer
from users.emails import EMAIL_MAX_LENGTH, validate_normalized_length
from users.models import User
from users.services import SignIn

NAME_MAX_LENGTH: Final = 150
DEVICE_MAX_LENGTH: Final = 100
PASSWORD_MAX_LENGTH: Final = 1024


class UserSerializer(serializers.ModelSerializer[User]):
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


class SignInSerializer(serializers.Serializer[SignIn]):
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

    email = serializers.EmailField(
        max_length=EMAIL_MAX_LENGTH, validators=[validate_normalized_length]
    )
    password = serializers.CharField(
        max_length=PASSWORD_MAX_LENGTH, trim_whitespace=False, write_only=True
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Hold the password against the rules and against the person's own data.

        Raises:
            ValidationError: Names every broken rule, at the password.
        """
        password = attrs["password"]
        person = User(**{name: attrs[name] for name in attrs.keys() - {"password"}})
        try:
            validate_password(password, person)
        except DjangoValidationError as error:
            faults = {"password": get_error_detail(error)}
            raise serializers.ValidationError(faults) from error
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


class LogoutInputSerializer(StrictSerializer):
    """Body of ``POST /api/user/logout/``: nothing."""
