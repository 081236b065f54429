"""Bodies of the addresses by which one is forgotten."""

from rest_framework import serializers

from custom.api.output import ModelOutputSerializer
from custom.api.serializers import StrictSerializer
from custom.privacy.holdings import waits_for
from users.api.serializers import PASSWORD_MAX_LENGTH
from users.models import Erasure
from users.selectors import person_of_erasure


class ErasureInputSerializer(StrictSerializer):
    """Body of ``DELETE /api/user/me/``."""

    password = serializers.CharField(
        max_length=PASSWORD_MAX_LENGTH, trim_whitespace=False, write_only=True
    )


class ErasureSerializer(ModelOutputSerializer[Erasure]):
    """An erasure that was asked for."""

    id = serializers.UUIDField(source="public_id")
    requested_at = serializers.DateTimeField(source="asked_at")
    due_at = serializers.DateTimeField(help_text="Until then it can be withdrawn.")
    waits_for = serializers.SerializerMethodField(
        help_text="What must be over before it begins, such as an order under way."
    )

    class Meta:
        model = Erasure
        fields = ("id", "requested_at", "due_at", "waits_for")
        read_only_fields = fields

    def get_waits_for(self, erasure: Erasure) -> list[str]:
        """Ask the apps; a fixed number of queries."""
        return waits_for(person_of_erasure(erasure))
