"""Cards by Stripe, through its official library.

One PaymentIntent for each payment: it can succeed only once, however often it is
confirmed. No network retries here: the outbox, the sweeper and the buyer repeat, with
the same idempotency keys.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import stripe
import structlog
from django.conf import settings
from stripe.params import PaymentIntentConfirmParams

from custom.money import places
from payments.errors import (
    BadSignatureError,
    ProviderDownError,
    ProviderRefusedError,
)
from payments.providers.base import (
    Charge,
    ChargeState,
    NextAction,
    Provider,
    RefundStanding,
    RefundState,
    Standing,
    WebhookEvent,
)

logger = structlog.get_logger(__name__)

CONNECT_SECONDS = 3
SIGNATURE_SECONDS = 300  # how old a webhook may be
# Where Stripe counts in other units than ISO 4217.
PLACES = {"ISK": 2, "UGX": 2, "MGA": 0}
REFUND_KEY = "refund_key"  # in a refund's metadata
PAYMENT_ID = "payment"  # in an intent's metadata
STANDINGS = {
    "requires_payment_method": Standing.PENDING,
    "requires_confirmation": Standing.PENDING,
    "requires_action": Standing.PENDING,
    "processing": Standing.PENDING,
    "requires_capture": Standing.AUTHORIZED,
    "succeeded": Standing.CAPTURED,
    "canceled": Standing.CANCELLED,
}
REFUND_STANDINGS = {
    "pending": RefundStanding.PENDING,
    "requires_action": RefundStanding.PENDING,
    "succeeded": RefundStanding.SUCCEEDED,
    "failed": RefundStanding.FAILED,
    "canceled": RefundStanding.FAILED,
}


class StripeProvider(Provider):
    """Charges cards; may ask the buyer for 3-D Secure."""

    code = "stripe"
    name = "Card"

    @property
    def publishable_key(self) -> str:
        """Return the key by which a browser makes tokens."""
        return str(settings.STRIPE_PUBLISHABLE_KEY)

    def create(self, charge: Charge) -> str:
        """Create the intent, unconfirmed."""
        with _answering():
            intent = _client().v1.payment_intents.create(
                {
                    "amount": to_minor(charge.amount, charge.currency),
                    "currency": charge.currency.lower(),
                    "capture_method": settings.STRIPE_CAPTURE,
                    "metadata": {
                        PAYMENT_ID: str(charge.payment),
                        "order": str(charge.order),
                    },
                },
                {"idempotency_key": charge.key},
            )
        return intent.id

    def confirm(
        self, charge: Charge, *, token: str, return_url: str, attempt: int
    ) -> ChargeState:
        """Attach the payment method and confirm; one that has succeeded stays so.

        The key of a try is its own: a later one may bring another card.
        """
        intents = _client().v1.payment_intents
        key = f"{charge.key}-{attempt}"
        try:
            with _answering():
                if token:
                    intents.update(
                        charge.reference,
                        {"payment_method": token},
                        {"idempotency_key": f"{key}-method"},
                    )
                wanted: PaymentIntentConfirmParams = {"expand": ["latest_charge"]}
                if return_url:
                    wanted["return_url"] = return_url
                intent = intents.confirm(
                    charge.reference, wanted, {"idempotency_key": f"{key}-confirm"}
                )
        except ProviderRefusedError as refusal:
            state = self.fetch(charge)
            if state.standing != Standing.PENDING or state.next_action:
                return state
            reason = str(refusal.extra["reason"])
            return replace(state, standing=Standing.FAILED, error=reason)
        return _state(intent, charge.currency)

    def fetch(self, charge: Charge) -> ChargeState:
        """Retrieve the intent, and its refunds once it has been captured."""
        with _answering():
            intent = _client().v1.payment_intents.retrieve(
                charge.reference, {"expand": ["latest_charge"]}
            )
            state = _state(intent, charge.currency)
            if state.standing != Standing.CAPTURED:
                return state
            return replace(state, refunds=self._refunds(charge))

    def capture(self, charge: Charge, amount: Decimal) -> ChargeState:
        """Capture, unless that has happened."""
        try:
            with _answering():
                _client().v1.payment_intents.capture(
                    charge.reference,
                    {"amount_to_capture": to_minor(amount, charge.currency)},
                    {"idempotency_key": f"{charge.key}-capture"},
                )
        except ProviderRefusedError:
            state = self.fetch(charge)
            if state.standing == Standing.AUTHORIZED:
                raise
            return state
        return self.fetch(charge)

    def void(self, charge: Charge) -> ChargeState:
        """Cancel the intent; one that was captured meanwhile stays so."""
        with suppress(ProviderRefusedError), _answering():
            _client().v1.payment_intents.cancel(
                charge.reference, {}, {"idempotency_key": f"{charge.key}-void"}
            )
        return self.fetch(charge)

    def refund(self, charge: Charge, amount: Decimal, *, key: str) -> RefundState:
        """Make a refund, unless there is one of this key.

        Asked first: Stripe forgets idempotency keys after a day or so.
        """
        try:
            with _answering():
                for refund in self._refunds(charge):
                    if refund.key == key:
                        return refund
                made = _client().v1.refunds.create(
                    {
                        "payment_intent": charge.reference,
                        "amount": to_minor(amount, charge.currency),
                        "metadata": {REFUND_KEY: key},
                    },
                    {"idempotency_key": key},
                )
        except ProviderRefusedError as refusal:
            return RefundState(
                reference="",
                amount=amount,
                standing=RefundStanding.FAILED,
                key=key,
                error=str(refusal.extra["reason"]),
            )
        return _refund_state(made, charge.currency)

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookEvent:
        """Check ``Stripe-Signature`` by any of the secrets that are in use."""
        signature = headers.get("Stripe-Signature", "")
        for secret in settings.STRIPE_WEBHOOK_SECRETS:
            with suppress(stripe.SignatureVerificationError, ValueError):
                stripe.WebhookSignature.verify_header(
                    body.decode(), signature, secret, SIGNATURE_SECONDS
                )
                return _event(json.loads(body))
        msg = "The webhook has no valid signature of Stripe's."
        raise BadSignatureError(msg)

    def _refunds(self, charge: Charge) -> tuple[RefundState, ...]:
        """List the refunds of an intent that has a charge."""
        found = _client().v1.refunds.list(
            {"payment_intent": charge.reference, "limit": 100}
        )
        return tuple(
            _refund_state(refund, charge.currency)
            for refund in found.auto_paging_iter()
        )


def to_minor(amount: Decimal, currency: str) -> int:
    """Return an amount in Stripe's units of a currency (cents; yen as they are)."""
    return int(amount.scaleb(PLACES.get(currency, places(currency))))


def from_minor(amount: int, currency: str) -> Decimal:
    """Return an amount of Stripe's as the shop writes it."""
    return Decimal(amount).scaleb(-PLACES.get(currency, places(currency)))


def _client() -> stripe.StripeClient:
    """Return the client for the settings of the moment."""
    return _build_client(
        settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, settings.STRIPE_SECONDS
    )


@cache
def _build_client(key: str, base: str, seconds: float) -> stripe.StripeClient:
    """Make one client a process, which keeps its connections open."""
    return stripe.StripeClient(
        key,
        base_addresses={"api": base},
        http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, seconds)),
        max_network_retries=0,
    )


@contextmanager
def _answering() -> Iterator[None]:
    """Turn Stripe's errors into the shop's; nothing of their text is kept.

    Raises:
        ProviderRefusedError: Stripe understood and said no.
        ProviderDownError: Anything else: time-outs, its own errors, our key.
    """
    try:
        yield
    except (stripe.CardError, stripe.InvalidRequestError) as error:
        reason = _code(error.code or "refused")
        logger.info("stripe_refused", reason=reason, status=error.http_status)
        msg = "The payment was refused."
        raise ProviderRefusedError(msg, reason=reason) from None
    except stripe.StripeError as error:
        kind = type(error).__name__
        logger.warning("stripe_gave_no_answer", kind=kind, status=error.http_status)
        msg = "Stripe gave no usable answer."
        raise ProviderDownError(msg) from None


def _state(intent: stripe.PaymentIntent, currency: str) -> ChargeState:
    """Read an intent whose latest charge is expanded; without its refunds."""
    standing = STANDINGS[intent.status]
    is_waiting = standing == Standing.PENDING
    error = getattr(intent, "last_payment_error", None) if is_waiting else None
    if error and intent.status == "requires_payment_method":
        standing = Standing.FAILED
    return ChargeState(
        reference=intent.id,
        standing=standing,
        captured=_captured(intent, currency),
        error=_code(getattr(error, "code", None) or "") if error else "",
        next_action=_next_action(intent) if is_waiting else None,
        client_secret=intent.client_secret if is_waiting else None,
    )


def _captured(intent: stripe.PaymentIntent, currency: str) -> Decimal:
    """Return what the intent's charge has brought in."""
    charge: Any = intent.latest_charge
    if intent.status != "succeeded" or charge is None:
        return Decimal(0)
    # Absent where a server does not tell parts: then the whole charge was captured.
    amount = getattr(charge, "amount_captured", charge.amount)
    return from_minor(amount, currency)


def _next_action(intent: stripe.PaymentIntent) -> NextAction | None:
    """Tell what the buyer's browser has to do."""
    action = intent.next_action
    if action is None:
        return None
    redirect = getattr(action, "redirect_to_url", None)
    return NextAction(type=action.type, url=redirect.url if redirect else None)


def _refund_state(refund: stripe.Refund, currency: str) -> RefundState:
    """Read one refund."""
    return RefundState(
        reference=refund.id,
        amount=from_minor(refund.amount, currency),
        standing=REFUND_STANDINGS[refund.status or "pending"],
        key=getattr(refund.metadata, REFUND_KEY, ""),
        error=_code(getattr(refund, "failure_reason", None) or ""),
    )


def _event(told: Mapping[str, Any]) -> WebhookEvent:
    """Read an event that is signed; it names its payment in one of two places."""
    about = told["data"]["object"]
    is_intent = about.get("object") == "payment_intent"
    payment = None
    with suppress(ValueError, KeyError, TypeError):
        payment = UUID(about["metadata"][PAYMENT_ID])
    return WebhookEvent(
        id=told["id"],
        type=told["type"],
        reference=about["id"] if is_intent else about.get("payment_intent") or "",
        payment=payment,
    )


def _code(text: str) -> str:
    """Write a code of Stripe's as the shop writes codes."""
    return text.replace("_", "-")
