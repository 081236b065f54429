"""Whose basket a request is about."""

import contextlib

from rest_framework.request import Request

from basket.holders import Holder, guest_of_token, holder_of_user, new_guest
from basket.services import merge_baskets
from custom.api.idempotency import BASKET_TOKEN_HEADER
from custom.errors import UnavailableError
from users.models import User


def holder_of(request: Request) -> Holder:
    """Return the signed-in user, else the guest of the token, else a new guest.

    A token this shop has not made leads to a new guest too, whose own token the
    answer tells.
    """
    if request.user.is_authenticated:
        return holder_of_user(request.user)
    return guest_of(request) or new_guest()


def guest_of(request: Request) -> Holder | None:
    """Return the guest whose token the request carries, whoever is signed in."""
    return guest_of_token(request.headers.get(BASKET_TOKEN_HEADER, ""))


def merge_at_sign_in(request: Request, user: User) -> None:
    """Move the guest's basket, if the request names one, into the account's.

    A database that is too busy for it must not keep anybody out: both baskets then
    stay as they are, until the next sign-in.
    """
    guest = guest_of(request)
    if guest is not None:
        with contextlib.suppress(UnavailableError):
            merge_baskets(guest, into=holder_of_user(user))
