"""What the tests of this package run in processes of their own."""

from typing import Any
from unittest.mock import patch

from basket.requests import LineRequest
from orders.services import erase_guest, place_order
from tests.child import tell
from tests.orders.factories import order_request
from users.models import User
from users.services import close_account, erase_user, start_erasure


def act(name: str, **arguments: Any) -> object:  # noqa: ANN401
    """Do one of these, so that one race mixes them."""
    match name:
        case "buy":
            return buy(**arguments)
        case "close":
            return close_account(arguments["erasure"])
        case "ask":
            return start_erasure(User.objects.get(pk=arguments["user"])).pk
    erase_user(arguments["erasure"])
    return None


def buy(user: int, variant: int) -> str:
    """Place an order of an account; return its number."""
    buyer = User.objects.get(pk=user)
    return place_order(order_request(LineRequest(variant, 1), user=buyer)).number


def erase_until_addresses(erasure: int) -> None:
    """Erase, and stop for good where the address book would be deleted."""

    def stop(*_arguments: object) -> None:
        tell("at the addresses")
        input()  # never comes

    with patch("custom.privacy.traces.forget_rows", stop):
        erase_user(erasure)


def forget_guest(token: str) -> int:
    """Ask for a guest's erasure; return its key."""
    return erase_guest(token).pk
