"""What clients send to price, place and change orders.

Serializers check shapes and look nothing up; ``order_request`` then finds the addresses
that are named by id.
"""

from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from address.api.serializers import AddressSerializer, ShippingAddressSerializer
from address.numbers import READERS
from address.querysets import AddressQuerySet
from basket.api.serializers import (
    CODE_LENGTH,
    MAX_ID,
    LineInputSerializer,
    line_request,
)
from basket.holders import Holder, guest_of_token
from basket.models import MAX_LINES, MAX_QUANTITY, MAX_VOUCHERS
from custom.api.fields import ListField
from custom.api.serializers import StrictSerializer
from custom.fields import MONEY_DECIMAL_PLACES, MONEY_MAX_DIGITS
from custom.ids import new_public_id
from orders.requests import OrderRequest
from payments.api.serializers import PaymentInputSerializer
from users.api.fields import MailboxField

MAX_NOTE = 2_000  # characters
MAX_REASON = 500  # characters
# Of an address nobody has given yet, whatever decides the price.
UNKNOWN_ADDRESS = {"country": "", "postcode": "", "region": ""}


@extend_schema_field({"oneOf": [{"type": "boolean"}, {"type": "string"}]})
class BasketField(serializers.Field[Holder, Any, Any, Any]):
    """Reads whose open basket is meant: a guest's token, or `true` for the caller's."""

    default_error_messages = {"invalid": "Give `true`, or the token of a basket."}

    def to_internal_value(self, data: object) -> Holder:
        """Return the holder; a token this shop has not made is refused."""
        if data is True or data == "true":
            own: Holder = self.context["holder"]
            return own
        holder = guest_of_token(data) if isinstance(data, str) else None
        if holder is None:
            self.fail("invalid")
        return holder


class AddressChoiceField(serializers.Field[UUID | dict[str, str], Any, Any, Any]):
    """Reads an address that is written out, or the id of one in the caller's book.

    Attributes:
        written: Reads the former; what the latter names must suit it, too.
    """

    default_error_messages = {
        "guests": "Guests have no address book: write the address out.",
        "unknown-address": "Your address book has no such address.",
    }

    def __init__(self, written: AddressSerializer, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self.written = written

    def to_internal_value(self, data: object) -> UUID | dict[str, str]:
        """Return the address, or an id that may be anybody's."""
        if not isinstance(data, str):
            written: dict[str, str] = self.written.run_validation(data)
            return written
        if self.context["buyer"] is None:
            self.fail("guests")
        try:
            return UUID(data)
        except ValueError:
            self.fail("unknown-address")

    def copy_of(self, found: dict[str, str] | None) -> dict[str, str]:
        """Return what an id has found, checked as if it had been written out.

        Its numbers were checked when they were; older ones may be of any form.
        """
        if found is None:
            self.fail("unknown-address")
        numbers = {name: found[name] for name in READERS}
        unread = dict.fromkeys(READERS, "")
        written: dict[str, str] = self.written.run_validation(found | unread)
        return written | numbers


# Of a guest; custom.api.schema shows it.
EXAMPLE = {
    "lines": [{"variant": 1, "quantity": 2}],
    "shipping_address": {
        "first_name": "Zoë",
        "last_name": "Çelik",
        "line1": "Neubaugasse 1",
        "city": "Vienna",
        "postcode": "1070",
        "country": "AT",
    },
    "email": "zoe@example.com",
    "shipping_method": "standard",
    "payment": {"provider": "invoice"},
    "expected_total": "24.70",
}


class PlaceOrderInputSerializer(StrictSerializer):
    """Body of ``POST /api/order/``; knows shapes, not stock.

    The context's ``buyer`` is the signed-in user, or None for a guest; its ``holder``
    is whose open basket ``true`` means; its ``addresses`` are the buyer's book.
    """

    needs_email = True
    example = EXAMPLE

    basket = BasketField(required=False)
    lines = ListField(
        child=LineInputSerializer(),
        min_length=1,
        max_length=MAX_LINES,
        required=False,
        help_text="Instead of a basket.",
    )
    shipping_address = AddressChoiceField(ShippingAddressSerializer())
    billing_address = AddressChoiceField(
        AddressSerializer(),
        required=False,
        help_text="The shipping address, if left out.",
    )
    email = MailboxField(
        required=False,
        help_text="Guests must give it; others may not.",
    )
    shipping_method = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        default="",
        help_text="Its code; the cheapest, if left out.",
    )
    vouchers = ListField(
        child=serializers.CharField(max_length=CODE_LENGTH),
        max_length=MAX_VOUCHERS,
        required=False,
        default=list,
        help_text="Beside those of the basket.",
    )
    payment = PaymentInputSerializer(
        required=False, help_text="May be chosen later, before the order expires."
    )
    note = serializers.CharField(
        max_length=MAX_NOTE, required=False, allow_blank=True, default=""
    )
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    expected_total = serializers.DecimalField(
        max_digits=MONEY_MAX_DIGITS,
        decimal_places=MONEY_DECIMAL_PLACES,
        min_value=Decimal(0),
        required=False,
        help_text="What the buyer was shown; another total is refused.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Want one source of lines, and an e-mail address of guests only."""
        faults: dict[str, list[ErrorDetail]] = {}
        if ("lines" in attrs) == ("basket" in attrs):
            detail = "Give either lines or a basket."
            faults["lines"] = [ErrorDetail(detail, "required")]
        is_guest = self.context["buyer"] is None
        if self.needs_email and is_guest and "email" not in attrs:
            fault = ErrorDetail("Guests must give an e-mail address.", "required")
            faults["email"] = [fault]
        if not is_guest and "email" in attrs:
            detail = "Leave this out: the confirmation goes to your account's address."
            faults["email"] = [ErrorDetail(detail, "guests-only")]
        if faults:
            raise ValidationError(faults)
        return attrs

    def order_request(self, public_id: UUID | None = None) -> OrderRequest:
        """Return the validated body in the service's own terms.

        One query where addresses are named by id, else none.

        Args:
            public_id: Of the order, if whoever asks has chosen it.

        Raises:
            ValidationError: The book has no such address, or it does not suit.
        """
        body = self.validated_data | self._copied_addresses()
        address = body.get("shipping_address", UNKNOWN_ADDRESS)
        return OrderRequest(
            public_id=public_id or new_public_id(),
            user=self.context["buyer"],
            guest_email=body.get("email", ""),
            lines=tuple(line_request(line) for line in body.get("lines", ())),
            basket=body.get("basket"),
            shipping_address=address,
            billing_address=body.get("billing_address", address),
            shipping_method=body["shipping_method"],
            vouchers=tuple(body["vouchers"]),
            payment_provider=body.get("payment", {}).get("provider", ""),
            note=body["note"],
            language=body.get("language", settings.LANGUAGE_CODE),
            expected_total=body.get("expected_total"),
        )

    def _copied_addresses(self) -> dict[str, dict[str, str]]:
        """Return name of the field -> copy of the address whose id it has."""
        chosen = {
            name: value
            for name in ("shipping_address", "billing_address")
            if isinstance(value := self.validated_data.get(name), UUID)
        }
        if not chosen:
            return {}
        addresses: AddressQuerySet = self.context["addresses"]
        found = addresses.filter(public_id__in=set(chosen.values()))
        book = {address.public_id: address.as_copy() for address in found}
        copies: dict[str, dict[str, str]] = {}
        faults: dict[str, Any] = {}
        for name, public_id in chosen.items():
            field = cast("AddressChoiceField", self.fields[name])
            try:
                copies[name] = field.copy_of(book.get(public_id))
            except ValidationError as error:
                faults[name] = error.detail
        if faults:
            raise ValidationError(faults)
        return copies

    def payment_start(self) -> dict[str, str]:
        """Return what only the provider is told; never stored."""
        payment = self.validated_data.get("payment", {})
        return {name: payment.get(name, "") for name in ("token", "return_url")}


class QuoteInputSerializer(PlaceOrderInputSerializer):
    """Body of ``POST /api/order/quote/``: of an order, as far as it is known."""

    needs_email = False
    shipping_address = AddressChoiceField(ShippingAddressSerializer(), required=False)


class LineQuantityInputSerializer(StrictSerializer):
    """Units of one line of an order."""

    line = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)


class LinesInputSerializer(StrictSerializer):
    """Which units of an order something is done to."""

    lines = ListField(
        child=LineQuantityInputSerializer(),
        min_length=1,
        max_length=MAX_LINES,
        required=False,
        help_text="Everything possible, if left out.",
    )

    def validate_lines(self, value: list[dict[str, int]]) -> dict[int, int]:
        """Return line id -> units; a line named twice is refused."""
        quantities = {row["line"]: row["quantity"] for row in value}
        if len(quantities) < len(value):
            msg = "Name each line once."
            raise ValidationError(msg, code="repeated")
        return quantities

    def quantities(self) -> dict[int, int] | None:
        """Return line id -> units, or None for everything possible."""
        found: dict[int, int] | None = self.validated_data.get("lines")
        return found


class TakeBackInputSerializer(LinesInputSerializer):
    """Body of ``POST /api/order/{key}/cancel/`` and ``…/return/``."""

    reason = serializers.CharField(
        max_length=MAX_REASON, required=False, allow_blank=True, default=""
    )


class ShipInputSerializer(LinesInputSerializer):
    """Body of ``POST /api/partner/order/{key}/ship/``."""

    carrier = serializers.CharField(
        max_length=32, required=False, allow_blank=True, default=""
    )
    tracking_number = serializers.CharField(
        max_length=100, required=False, allow_blank=True, default=""
    )

    def shipping(self) -> dict[str, Any]:
        """Return the validated body in the service's own terms."""
        return {
            "quantities": self.quantities(),
            "carrier": self.validated_data["carrier"],
            "tracking_number": self.validated_data["tracking_number"],
        }


class DeliverInputSerializer(StrictSerializer):
    """Body of ``POST /api/partner/order/{key}/deliver/``."""

    shipment = serializers.UUIDField(help_text="The `id` of the shipment.")
