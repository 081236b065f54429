"""What the tests of this package run in processes of their own."""

from typing import Any

from basket.requests import LineRequest
from custom.idempotency import RequestKey, run_once
from orders.errors import ShortageError
from orders.services import place_order
from partner.services import verify_stock
from tests.orders.factories import order_request


def buy(buyer: int, variants: list[int], times: int) -> dict[str, int]:
    """Order one unit of each variant, again and again, each time with a new key."""
    sold = short = 0
    for number in range(times):
        key = RequestKey.of(
            f"{buyer}-{number}", caller="", endpoint="order.place", body=None
        )
        wanted = order_request(
            *(LineRequest(variant, 1) for variant in variants),
            guest_email=f"buyer{buyer}@example.com",
        )
        try:
            run_once(key, lambda wanted=wanted: str(place_order(wanted).public_id))
        except ShortageError:
            short += 1
        else:
            sold += 1
    return {"sold": sold, "short": short}


def buy_with_one_key(variant: int) -> dict[str, Any]:
    """Order one unit under a key that every caller uses."""
    key = RequestKey.of("the-key", caller="", endpoint="order.place", body=None)
    wanted = order_request(LineRequest(variant, 1), guest_email="g@example.com")
    outcome = run_once(
        key,
        lambda: str(place_order(wanted).public_id),
        makes=str(wanted.public_id),
    )
    return {"made": outcome.made, "is_replay": outcome.is_replay}


def verify(times: int) -> int:
    """Verify all stock again and again; return the number of findings."""
    return sum(len(verify_stock()) for _ in range(times))


def act(name: str, **arguments: Any) -> object:  # noqa: ANN401
    """Do one of the above, so that one race mixes them."""
    return {"buy": buy, "verify": verify}[name](**arguments)
