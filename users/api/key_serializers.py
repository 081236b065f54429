"""Bodies of the addresses of API keys."""

from datetime import datetime

from django.utils import timezone
from rest_framework import serializers

from custom.api.fields import ListField
from custom.api.output import ModelOutputSerializer, OutputSerializer
from custom.api.serializers import StrictSerializer
from users.api.serializers import PASSWORD_MAX_LENGTH
from users.models import ApiKey
from users.services import NewKey

SCOPE_MAX_LENGTH = 64
MOST_SCOPES = 50
NAME_MAX_LENGTH = 100


class KeySerializer(ModelOutputSerializer[ApiKey]):
    """A key as its owner finds it again; ``hint`` is how it begins."""

    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = ApiKey
        fields = (
            "id",
            "name",
            "hint",
            "scopes",
            "created_at",
            "expires_at",
            "last_used_at",
        )
        read_only_fields = fields


class NewKeySerializer(OutputSerializer[NewKey]):
    """A key that was just made; ``secret`` is never shown again."""

    secret = serializers.CharField(read_only=True)
    key = KeySerializer(read_only=True)


class KeyInputSerializer(StrictSerializer):
    """Body of ``POST /api/user/key/``."""

    name = serializers.CharField(max_length=NAME_MAX_LENGTH)
    scopes = ListField(
        child=serializers.CharField(max_length=SCOPE_MAX_LENGTH),
        min_length=1,
        max_length=MOST_SCOPES,
    )
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Null: until it is revoked."
    )
    current_password = serializers.CharField(
        max_length=PASSWORD_MAX_LENGTH, trim_whitespace=False, write_only=True
    )

    def validate_expires_at(self, value: datetime | None) -> datetime | None:
        """Refuse an end that has been."""
        if value is not None and value <= timezone.now():
            msg = "This moment is past."
            raise serializers.ValidationError(msg, "past")
        return value
