"""What the tests of this package run in processes of their own."""

from basket.holders import Holder
from basket.requests import LineRequest
from basket.selectors import contents_of
from basket.services import add_line, close_basket, merge_baskets
from custom.ids import new_public_id


def add(holder: str, variants: list[int], times: int = 1) -> None:
    """Put one unit of each variant into a holder's basket, again and again."""
    user_id = int(holder[5:]) if holder.startswith("user:") else None
    for _ in range(times):
        for variant in variants:
            add_line(Holder(holder, user_id), LineRequest(variant, 1))


def merge(guest: str, user_id: int) -> bool:
    """Merge a guest's basket into an account's, as a sign-in does."""
    return merge_baskets(Holder(guest), into=Holder(f"user:{user_id}", user_id))


def close(holder: str) -> None:
    """Turn a basket into an order of its own."""
    close_basket(contents_of(Holder(holder)), order=new_public_id())
