"""What the tests of this package run in processes of their own."""

from typing import Any

from basket.holders import new_guest
from basket.requests import LineRequest
from basket.services import add_line
from custom.idempotency import RequestKey, run_once
from custom.transactions import DatabaseBusyError
from orders.services import place_order
from tests.orders.factories import order_request
from tests.web import WebClient


def buy(  # noqa: PLR0913 - keywords of a call
    buyer: int,
    variants: list[int],
    times: int,
    *,
    vouchers: tuple[str, ...] = (),
    through_basket: bool = False,
    is_patient: bool = False,
) -> dict[str, int]:
    """Order one unit of each variant, again and again, each time with a new key.

    Args:
        is_patient: Ask again, with the same key, where a client would be told 503.

    Returns:
        How often it succeeded (``sold``), and how often it was refused, by code.
    """
    outcomes: dict[str, int] = {}
    number = 0
    while number < times:
        try:
            _buy_once(
                f"{buyer}-{number}",
                variants,
                vouchers,
                through_basket=through_basket,
            )
        except DatabaseBusyError:
            if not is_patient:
                raise
            continue
        except Exception as error:
            code = getattr(error, "code", None)
            if code not in ("insufficient-stock", "voucher-used-up"):
                raise
            outcomes[code] = outcomes.get(code, 0) + 1
        else:
            outcomes["sold"] = outcomes.get("sold", 0) + 1
        number += 1
    return outcomes


def _buy_once(
    key: str, variants: list[int], vouchers: tuple[str, ...], *, through_basket: bool
) -> None:
    lines = [LineRequest(variant, 1) for variant in variants]
    fields: dict[str, Any] = {
        "guest_email": f"buyer{key}@example.com",
        "vouchers": tuple(vouchers),
    }
    if through_basket:
        fields["basket"] = new_guest()
        for line in lines:
            add_line(fields["basket"], line)
        lines = []
    wanted = order_request(*lines, **fields)
    request_key = RequestKey.of(key, caller="", endpoint="order.place", body=None)
    run_once(
        request_key,
        lambda: str(place_order(wanted).public_id),
        makes=str(wanted.public_id),
    )


def post(port: int, path: str, body: object, headers: dict[str, str]) -> dict[str, Any]:
    """Send one request, once."""
    with WebClient(port) as client:
        answer = client.call("POST", path, body, headers)
    return {"status": answer.status, "body": answer.body}
