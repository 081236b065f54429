"""A provider for development and tests that does as its token says.

Its books are kept in the cache, so that every process sees them.

| token | what happens |
| --- | --- |
| (empty), ``ok`` | captured |
| ``authorize`` | reserved, to be captured or voided |
| ``action`` | the buyer has to confirm; starting again with ``ok`` stands for it |
| ``decline`` | refused by the bank |
| ``fail`` | no answer, and nothing has happened |
| ``timeout`` | no answer, but the money was taken |
| ``twice`` | its webhook tells so twice, before the answer comes |
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any
from urllib.request import Request, urlopen
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import constant_time_compare, salted_hmac

from payments.errors import BadSignatureError, ProviderDownError
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

Entry = dict[str, Any]  # one payment in the dummy's books, JSON-safe

KEPT_FOR = 90 * 24 * 3600  # seconds
SIGNATURE_HEADER = "X-Dummy-Signature"
WEBHOOK_SECONDS = 5
STANDINGS = {
    "authorize": Standing.AUTHORIZED,
    "action": Standing.PENDING,
    "decline": Standing.FAILED,
}


class DummyProvider(Provider):
    """Plays every part a real provider may play."""

    code = "dummy"
    name = "Test payment"

    def create(self, charge: Charge) -> str:
        """Return the reference, which needs no books."""
        return f"dummy-{charge.payment}"

    def confirm(
        self, charge: Charge, *, token: str, return_url: str, attempt: int
    ) -> ChargeState:
        """Do as the token says, unless the payment has got further before."""
        if token == "fail":  # noqa: S105 - a word of this module's
            raise _down()
        standing = STANDINGS.get(token, Standing.CAPTURED)

        def decide(entry: Entry) -> None:
            if entry["standing"] not in (Standing.PENDING, Standing.FAILED):
                return
            entry["standing"] = standing
            entry["url"] = return_url or None
            if standing == Standing.CAPTURED:
                entry["captured"] = str(charge.amount)

        state = _change(charge, decide)
        if token == "timeout":  # noqa: S105
            raise _down()
        if token == "twice":  # noqa: S105
            _announce_twice(charge)
        return state

    def fetch(self, charge: Charge) -> ChargeState:
        """Read the books."""
        return _change(charge, lambda _entry: None)

    def capture(self, charge: Charge, amount: Decimal) -> ChargeState:
        """Take what is reserved."""

        def take(entry: Entry) -> None:
            if entry["standing"] == Standing.AUTHORIZED:
                entry |= {"standing": Standing.CAPTURED, "captured": str(amount)}

        return _change(charge, take)

    def void(self, charge: Charge) -> ChargeState:
        """Close the payment unless it was captured."""

        def close(entry: Entry) -> None:
            if entry["standing"] != Standing.CAPTURED:
                entry["standing"] = Standing.CANCELLED

        return _change(charge, close)

    def refund(self, charge: Charge, amount: Decimal, *, key: str) -> RefundState:
        """Pay back at once, as long as there is something left."""

        def pay_back(entry: Entry) -> None:
            refunds: dict[str, str] = entry["refunds"]
            left = Decimal(entry["captured"]) - sum(map(Decimal, refunds.values()))
            if key not in refunds and amount <= left:
                refunds[key] = str(amount)

        for refund in _change(charge, pay_back).refunds:
            if refund.key == key:
                return refund
        return RefundState(
            reference=f"dummy-{key}",
            amount=amount,
            standing=RefundStanding.FAILED,
            key=key,
            error="not-enough-left",
        )

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookEvent:
        """Check the signature made with this shop's own secret key."""
        if not constant_time_compare(headers.get(SIGNATURE_HEADER, ""), sign(body)):
            msg = "The webhook is not signed by this shop."
            raise BadSignatureError(msg)
        told = json.loads(body)
        return WebhookEvent(
            id=told["id"], type=told["type"], payment=UUID(told["payment"])
        )


def sign(body: bytes) -> str:
    """Return the signature of a webhook's body."""
    return salted_hmac("payments.dummy", body, algorithm="sha256").hexdigest()


def _change(charge: Charge, change: Callable[[Entry], None]) -> ChargeState:
    """Read a payment's entry, change it and write it back, one caller at a time."""
    name = f"dummy-payment:{charge.key}"
    with cache.lock(f"{name}:lock", timeout=WEBHOOK_SECONDS):  # type: ignore[attr-defined]
        entry = cache.get(name) or {
            "standing": Standing.PENDING,
            "captured": "0",
            "refunds": {},
            "url": None,
        }
        change(entry)
        cache.set(name, entry, KEPT_FOR)
    return _state(charge, entry)


def _state(charge: Charge, entry: Entry) -> ChargeState:
    """Write an entry as the shop reads it."""
    standing = Standing(entry["standing"])
    is_waiting = standing == Standing.PENDING
    return ChargeState(
        reference=charge.reference,
        standing=standing,
        captured=Decimal(entry["captured"]),
        refunds=tuple(
            RefundState(
                reference=f"dummy-{key}",
                amount=Decimal(amount),
                standing=RefundStanding.SUCCEEDED,
                key=key,
            )
            for key, amount in entry["refunds"].items()
        ),
        error="card-declined" if standing == Standing.FAILED else "",
        next_action=NextAction(type="confirm", url=entry["url"])
        if is_waiting
        else None,
        client_secret=f"{charge.reference}-secret" if is_waiting else None,
    )


def _announce_twice(charge: Charge) -> None:
    """Call this shop's own webhook with one event, two times."""
    event = {
        "id": f"event-{charge.key}",
        "type": "payment.captured",
        "payment": str(charge.payment),
    }
    body = json.dumps(event).encode()
    headers = {SIGNATURE_HEADER: sign(body), "Content-Type": "application/json"}
    url = f"{settings.SITE_URL}/payment/webhook/dummy/"
    for _ in range(2):
        request = Request(url, body, headers)  # noqa: S310 - the shop's own address
        with suppress(OSError):  # nobody listens, as in a shell
            urlopen(request, timeout=WEBHOOK_SECONDS).close()  # noqa: S310


def _down() -> ProviderDownError:
    return ProviderDownError("The test provider gave no answer.")
