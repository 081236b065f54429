"""Buyers over HTTP: they give no order up, and note what was acknowledged."""

import http.client
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Event, Thread
from typing import Any

from tests.orders.factories import ADDRESS
from tests.web import Address, Answer, WebClient

PATIENCE = 180.0  # seconds for one order, while a busy machine starts a server
PAUSE = 0.02  # seconds before the same request again
AGAIN = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}


def order_body(*lines: tuple[int, int], **fields: object) -> dict[str, Any]:
    """Return a guest's order of variants and quantities."""
    body = {"shipping_address": ADDRESS, "email": "guest@example.com"}
    if lines:
        body["lines"] = [
            {"variant": variant, "quantity": quantity} for variant, quantity in lines
        ]
    return body | fields


def place(client: WebClient, key: str, body: object, **headers: str) -> Answer:
    """Send an order until it is answered for good.

    Raises:
        TimeoutError: It never was.
    """
    last: object = None
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            answer = client.call(
                "POST", "/api/order/", body, {"Idempotency-Key": key, **headers}
            )
        except (OSError, http.client.HTTPException) as error:
            last = error
            time.sleep(PAUSE)
            continue
        last = answer
        if answer.status not in AGAIN and not _is_in_progress(answer):
            return answer
        time.sleep(PAUSE)
    msg = f"an order was not answered for good; the last time: {last}"
    raise TimeoutError(msg)


def _is_in_progress(answer: Answer) -> bool:
    return answer.status == HTTPStatus.CONFLICT and (
        answer.body["code"] == "idempotency-in-progress"
    )


@dataclass
class Shopper(Thread):
    """Places one order after the other until it is told to stop.

    Attributes:
        acknowledged: Idempotency key -> number of the order.
        refusals: Answers that were neither an order nor worth another try.
    """

    address: Address
    variants: Sequence[int]
    stopped: Event
    acknowledged: dict[str, str] = field(default_factory=dict)
    refusals: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        with WebClient(self.address) as client:
            number = 0
            while not self.stopped.is_set():
                key = str(uuid.uuid4())
                variants = [
                    self.variants[(number + step) % len(self.variants)]
                    for step in range(2)
                ]
                body = order_body(
                    *((variant, 1) for variant in dict.fromkeys(variants))
                )
                answer = place(client, key, body)
                if answer.status == HTTPStatus.CREATED:
                    self.acknowledged[key] = answer.body["number"]
                else:
                    self.refusals.append(answer)
                number += 1
