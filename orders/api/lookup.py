"""Which order a request is about, and whether its caller may see it."""

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from orders.actors import Actor, Role
from orders.guests import is_guest_token
from orders.models import Order
from orders.querysets import OrderQuerySet

TOKEN_HEADER = "X-Order-Token"  # noqa: S105 - a name, not a secret
TOKEN_PARAMETER = "token"  # noqa: S105
TOKEN_IN_HEADER = OpenApiParameter(
    TOKEN_HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="A guest's: `guest_token` of the order that was placed.",
)
ORDER_KEY = {"key": "Number or id of the order."}


def find_order(request: Request, key: str, orders: OrderQuerySet) -> Order:
    """Find an order among the caller's own, or the one its token opens.

    Args:
        request: With the guest's token, if there is one.
        key: The order's number or id.
        orders: With all that will be shown.

    Raises:
        NotAuthenticated: The caller showed neither account nor token.
        Http404: There is no such order, or not for this caller.
    """
    token = request.headers.get(TOKEN_HEADER)
    if request.method in ("GET", "HEAD"):
        token = token or request.query_params.get(TOKEN_PARAMETER)
    if not token and not request.user.is_authenticated:
        raise NotAuthenticated
    if token:
        guests = orders.for_guests().find(key).first()
        if guests is not None and is_guest_token(guests.public_id, token):
            return guests
    own = orders.visible_to(request.user).find(key).first()
    if own is None:
        raise Http404
    return own


def buyer_of(request: Request) -> Actor:
    """Return the caller as who has bought the order."""
    user = request.user if request.user.is_authenticated else None
    return Actor(Role.CUSTOMER, user)
