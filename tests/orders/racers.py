"""What the tests of this package run in processes of their own."""

from typing import Any

from partner.services import verify_stock
from tests.buying.racers import buy


def verify(times: int) -> int:
    """Verify all stock again and again; return the number of findings."""
    return sum(len(verify_stock()) for _ in range(times))


def act(name: str, **arguments: Any) -> object:  # noqa: ANN401
    """Do one of these, so that one race mixes them."""
    return {"buy": buy, "verify": verify}[name](**arguments)
