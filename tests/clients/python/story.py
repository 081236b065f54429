"""What a shopper does by the generated package ``shop_client``, from end to end.

Run as a program with the shop's address as its argument. It prints ``mail`` when it
needs the token of the mail just sent, and reads it; its last line tells what it saw,
as JSON.
"""

import json
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from patient import PatientTransport
from shop_client import AuthenticatedClient, Client
from shop_client.api.basket import basket_line_create
from shop_client.api.order import (
    order_create,
    order_history_list,
    order_quote,
)
from shop_client.api.product import product_list, product_retrieve
from shop_client.api.shipping import shipping_list
from shop_client.api.shop import shop_retrieve
from shop_client.api.user import user_create, user_login, user_me_retrieve, user_verify
from shop_client.models import (
    LineInput,
    LinkInput,
    LoginInput,
    PlacedOrder,
    PlaceOrderInput,
    Problem,
    ProductListAttributes,
    ProductListOrdering,
    QuoteInput,
    RegistrationInput,
    ShippingAddress,
)
from shop_client.types import UNSET, Response, Unset

Answer = TypeVar("Answer")

EMAIL = "zoe.python@example.com"
PASSWORD = "a tide of seven lanterns"
ADDRESS = ShippingAddress(
    first_name="Zoë",
    last_name="Çelik",
    line1="Neubaugasse 1",
    city="Wien",
    postcode="1070",
    country="AT",
)
BURST = 8  # requests; the shop allows a few in a second
HASTE = 5 * BURST


def good(response: Response[Answer | Problem]) -> Answer:
    """Return what an answer holds that is no problem."""
    assert response.parsed is not None, response
    assert not isinstance(response.parsed, Problem), response.parsed
    return response.parsed


def refused(response: Response[Any]) -> list[object]:
    """Return status and code of a problem, and the pointers of its faults."""
    problem = response.parsed
    assert isinstance(problem, Problem), problem
    assert problem.status == response.status_code
    return [problem.status, problem.code, *(e.pointer for e in problem.errors or ())]


def register(client: Client) -> dict[str, object]:
    """Make an account and prove its address."""
    wanted = RegistrationInput(email=EMAIL, password=PASSWORD, first_name="Zoë")
    user = good(user_create.sync_detailed(client=client, body=wanted))
    again = user_create.sync_detailed(client=client, body=wanted)
    short = RegistrationInput(email="zoe", password=PASSWORD)
    print("mail", flush=True)
    token = LinkInput(token=input())
    proof = user_verify.sync_detailed(client=client, body=token)
    return {
        "registered": user.email,
        "taken": refused(again),
        "faulty": refused(user_create.sync_detailed(client=client, body=short)),
        "proved": proof.status_code == HTTPStatus.NO_CONTENT,
    }


def sign_in(client: Client, url: str) -> AuthenticatedClient:
    """Return a client that calls as the account."""
    login = LoginInput(email=EMAIL, password=PASSWORD, device="Zoë's phone")
    signed = good(user_login.sync_detailed(client=client, body=login))
    return AuthenticatedClient(base_url=url, token=signed.token, prefix="Token")


def browse(client: Client) -> tuple[int, dict[str, object]]:
    """Find films on Blu-ray; return a variant of the dearest, and what was seen."""
    page = product_list.sync_detailed(
        client=client,
        attributes=ProductListAttributes.from_dict({"attr.format": "blu-ray"}),
        ordering=ProductListOrdering.PRICE_REVERSED,
    )
    rows = good(page).results
    film = product_retrieve.sync_detailed(rows[0].slug, client=client)
    tag = film.headers["ETag"]
    kept = product_retrieve.sync_detailed(
        rows[0].slug, client=client, if_none_match=tag
    )
    variant = next(
        each
        for each in good(film).variants
        if each.attributes[0].value == "blu-ray" and each.availability.purchasable
    )
    missing = product_retrieve.sync_detailed("no-such-film", client=client)
    return variant.id, {
        "prices": [row.price_from for row in rows],
        "kept": kept.status_code,
        "missing": refused(missing),
    }


def order_basket(client: AuthenticatedClient, variant: int) -> dict[str, object]:
    """Fill the basket and order it, by a key that is sent twice."""
    for quantity in (1, 2):
        line = LineInput(variant=variant, quantity=quantity)
        added = basket_line_create.sync_detailed(client=client, body=line)
    (method, *_) = good(
        shipping_list.sync_detailed(client=client, country="AT", postcode="1070")
    ).results
    wish = {"basket": True, "shipping_method": method.code}
    quote = good(
        order_quote.sync_detailed(
            client=client, body=QuoteInput(shipping_address=ADDRESS, **wish)
        )
    )
    order = PlaceOrderInput(
        shipping_address=ADDRESS, expected_total=quote.total_amount, **wish
    )
    key = str(uuid.uuid4())
    first, second = (
        order_create.sync_detailed(client=client, body=order, idempotency_key=key)
        for _ in range(2)
    )
    moved = PlaceOrderInput(shipping_address=ADDRESS, note="Another wish", **wish)
    return {
        "quantities": [line.quantity for line in good(added).lines],
        "order": good(first).number,
        "again": good(second).number,
        "replayed": second.headers.get("Idempotent-Replayed"),
        "reused": refused(
            order_create.sync_detailed(client=client, body=moved, idempotency_key=key)
        ),
    }


def order_lines(client: AuthenticatedClient, variant: int) -> PlacedOrder:
    """Order one unit without a basket."""
    order = PlaceOrderInput(
        lines=[LineInput(variant=variant, quantity=1)], shipping_address=ADDRESS
    )
    key = str(uuid.uuid4())
    return good(
        order_create.sync_detailed(client=client, body=order, idempotency_key=key)
    )


def read_history(client: AuthenticatedClient) -> list[list[str]]:
    """Return the numbers of all orders, page by page."""
    pages = []
    cursor: str | Unset = UNSET
    while True:
        page = good(
            order_history_list.sync_detailed(client=client, cursor=cursor, page_size=2)
        )
        pages.append([row.number for row in page.results])
        if page.next_ is None:
            return pages
        (cursor,) = parse_qs(urlsplit(page.next_).query)["cursor"]


def hurry(url: str) -> dict[str, object]:
    """Ask more often than the shop allows, once in vain and once with patience."""
    hasty = Client(base_url=url)
    for _ in range(HASTE):
        impatient = shop_retrieve.sync_detailed(client=hasty)
        if impatient.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            break
    transport = PatientTransport()
    patient = Client(base_url=url, httpx_args={"transport": transport})
    with ThreadPoolExecutor(4) as pool:
        calls = [
            pool.submit(shop_retrieve.sync_detailed, client=patient)
            for _ in range(BURST)
        ]
        answers = [good(call.result()).currency for call in calls]
    return {
        "throttled": refused(impatient),
        "limit": impatient.headers["X-RateLimit-Limit"],
        "remaining": impatient.headers["X-RateLimit-Remaining"],
        "wait": impatient.headers["Retry-After"],
        "answers": answers,
        "waited": transport.waits > 0,
    }


def main() -> None:
    """Live the story, and tell it."""
    url = sys.argv[1]
    transport = PatientTransport()
    guest = Client(base_url=url, httpx_args={"transport": transport})
    told = register(guest)
    variant, seen = browse(guest)
    client = sign_in(guest, url)
    told |= seen | order_basket(client, variant)
    placed = [order_lines(client, variant) for _ in range(4)]
    told["orders"] = [order.number for order in placed]
    told["pages"] = read_history(client)
    told["verified"] = good(
        user_me_retrieve.sync_detailed(client=client)
    ).is_email_verified
    told["xml"] = (
        guest.get_httpx_client()
        .get("/api/shop/", headers={"Accept": "application/xml"})
        .text
    )
    told |= hurry(url)
    print(json.dumps(told))


main()
