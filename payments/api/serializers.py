"""Payments, refunds and ways of paying as clients see them; orders show them too."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from rest_framework import serializers

from custom.api.fields import MoneyField
from custom.api.output import ModelOutputSerializer, OutputSerializer
from custom.api.serializers import StrictSerializer
from payments.models import Payment, Refund
from payments.services import StartedPayment

MAX_TOKEN = 255
MAX_URL = 500


class PaymentMethodSerializer(OutputSerializer[Any]):
    """One way of paying."""

    provider = serializers.CharField(source="code")
    name = serializers.CharField()
    publishable_key = serializers.CharField(
        required=False, help_text="For the provider's own script; absent without one."
    )

    def to_representation(self, instance: Any) -> dict[str, Any]:  # noqa: ANN401
        """Leave out a key that there is not."""
        shown = super().to_representation(instance)
        if shown.get("publishable_key") == "":
            del shown["publishable_key"]
        return shown


class PaymentInputSerializer(StrictSerializer):
    """How the buyer wants to pay."""

    provider = serializers.CharField(max_length=32)
    token = serializers.CharField(
        max_length=MAX_TOKEN,
        required=False,
        allow_blank=True,
        default="",
        help_text="What the provider's script gave the browser.",
    )
    return_url = serializers.URLField(
        max_length=MAX_URL,
        required=False,
        allow_blank=True,
        default="",
        help_text="Where the provider sends the buyer back to: a page of this shop's.",
    )

    def validate_return_url(self, value: str) -> str:
        """Lead buyers to the shop's own pages and to no one else's."""
        if value and origin_of(value) not in settings.PAYMENT_RETURN_ORIGINS:
            msg = "Buyers are not sent back to this site."
            raise serializers.ValidationError(msg, code="foreign-site")
        return value


class NextActionSerializer(OutputSerializer[Any]):
    """What the buyer has to do before money moves."""

    type = serializers.CharField()
    url = serializers.CharField(required=False)

    def to_representation(self, instance: Any) -> dict[str, Any]:  # noqa: ANN401
        """Leave out an address that there is not."""
        shown = super().to_representation(instance)
        return {name: value for name, value in shown.items() if value is not None}


class PaymentSerializer(OutputSerializer[Any]):
    """A payment; one just started also shows what the browser needs to go on."""

    id = serializers.UUIDField(source="payment.public_id")
    provider = serializers.CharField(source="payment.provider")
    status = serializers.ChoiceField(Payment.Status.choices, source="payment.status")
    amount = MoneyField(source="payment.amount", currency_source="payment.currency")
    currency = serializers.CharField(source="payment.currency")
    client_secret = serializers.CharField(
        required=False, help_text="Absent unless the provider's script needs it."
    )
    next_action = NextActionSerializer(allow_null=True)
    error = serializers.CharField(
        source="payment.error", help_text="A code; empty if nothing is wrong."
    )

    def to_representation(self, instance: Payment | StartedPayment) -> dict[str, Any]:
        """Show a stored payment without secrets: none are stored."""
        if isinstance(instance, Payment):
            instance = StartedPayment(payment=instance)
        shown = super().to_representation(instance)
        if shown.get("client_secret", "") is None:
            del shown["client_secret"]
        return shown


class RefundSerializer(ModelOutputSerializer[Refund]):
    """Money that goes back."""

    id = serializers.UUIDField(source="public_id")
    amount = MoneyField()

    class Meta:
        model = Refund
        fields = ("id", "amount", "currency", "status", "reason", "created_at")


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, as browsers compare them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
