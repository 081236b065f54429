"""What the processes of a race do."""

import signal
from decimal import Decimal
from typing import Any
from unittest import mock
from uuid import UUID

from django.conf import settings
from django.test import Client
from django.utils.module_loading import import_string
from redis import Redis

from payments.providers.base import ChargeState
from payments.providers.dummy import SIGNATURE_HEADER, DummyProvider, sign
from payments.services import cancel_payments, refund_payments, start_payment
from tests.child import tell


def announce(body: str, together: int) -> int:
    """Deliver a signed webhook of the dummy's; return the status of the answer.

    All of them ask the dummy before any of them writes what it said.
    """
    fetch = DummyProvider.fetch

    def fetch_together(*arguments: Any) -> ChargeState:  # noqa: ANN401
        state = fetch(*arguments)
        meet(together)
        return state

    with mock.patch.object(DummyProvider, "fetch", fetch_together):
        answer = Client().post(
            "/payment/webhook/dummy/",
            body,
            content_type="application/json",
            headers={SIGNATURE_HEADER: sign(body.encode())},
        )
    return answer.status_code


def meet(number: int) -> None:
    """Go on once so many processes have come here."""
    redis = Redis.from_url(settings.REDIS_URL)  # the cache's own gives up too soon
    place = settings.CACHES["default"]["KEY_PREFIX"] + ":payments:meeting"
    if redis.incr(f"{place}:came") == number:
        redis.delete(f"{place}:came")
        redis.rpush(place, *range(number))
    redis.blpop([place], timeout=30)


def pay_back(order: str, amount: str, source: str) -> int:
    """Ask for a refund; return how many were made."""
    refunds = refund_payments(
        order=UUID(order), amount=Decimal(amount), reason="race", source=source
    )
    return len(refunds)


def begin(payment: str, token: str) -> str:
    """Start a payment; return the status it has then."""
    return start_payment(UUID(payment), token=token).payment.status


def give_up(order: str) -> None:
    """Cancel the payments of an order."""
    cancel_payments(UUID(order))


def one_of(target: str, **arguments: str) -> Any:  # noqa: ANN401
    """Call one of several functions, so that they race each other."""
    return import_string(target)(**arguments)


def begin_and_hang(payment: str) -> None:
    """Have the money taken, say so, and never come to writing it down."""
    confirm = DummyProvider.confirm

    def hang(*arguments: Any, **options: Any) -> None:  # noqa: ANN401
        confirm(*arguments, **options)
        tell("taken")
        signal.pause()

    with mock.patch.object(DummyProvider, "confirm", hang):
        start_payment(UUID(payment))
