"""``GET /api/rate-limit/``: where the caller stands, for free."""

import math
from collections.abc import Iterator
from itertools import repeat
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from custom.api.keys import EVERY_KEY
from custom.api.output import OutputSerializer
from custom.api.views import ApiView
from custom.limits.identity import address_ident, client_address, user_ident
from custom.limits.limiter import Window, get_limiter
from custom.rates import PER_MINUTE, SETTINGS
from custom.throttling.counting import rate_for

ACCOUNT = "account"
ADDRESS = "address"


class WindowSerializer(OutputSerializer[Any]):
    """One sliding window of the caller."""

    scope = serializers.ChoiceField(choices=list(SETTINGS))
    counts = serializers.ChoiceField(
        choices=[ACCOUNT, ADDRESS], help_text="Whose requests are counted together."
    )
    limit = serializers.IntegerField()
    window = serializers.IntegerField(help_text="Seconds.")
    remaining = serializers.IntegerField(
        allow_null=True, help_text="Null while nothing is counted."
    )
    reset = serializers.IntegerField(
        allow_null=True, help_text="Seconds until a slot frees; 0 while all are free."
    )


class RateLimitSerializer(OutputSerializer[Any]):
    """Every window of the caller."""

    windows = WindowSerializer(many=True)


class RateLimitView(ApiView):
    """The caller's rate limits; see docs/api/rate-limits.md."""

    permission_classes = (AllowAny,)
    throttle_classes = ()
    key_scope = EVERY_KEY

    @extend_schema(responses=RateLimitSerializer)
    def get(self, request: Request) -> Response:
        """Tell every window of the caller, and count nothing; one round trip."""
        user_pk = request.user.pk if request.user.is_authenticated else None
        named = list(caller_windows(user_pk, client_address(request.META)))
        verdicts = get_limiter().look([window for _, _, window in named])
        windows = [
            {
                "scope": scope,
                "counts": counts,
                "limit": window.rate.limit,
                "window": window.rate.window,
                "remaining": verdict and verdict.remaining,
                "reset": verdict and math.ceil(verdict.wait),
            }
            for (scope, counts, window), verdict in zip(
                named, verdicts or repeat(None, len(named)), strict=True
            )
        ]
        return Response(RateLimitSerializer({"windows": windows}).data)


def caller_windows(user_pk: object, address: str) -> Iterator[tuple[str, str, Window]]:
    """Yield scope, what it counts, and the window, of an account and its address.

    Plain requests of an account count for the account alone.
    """
    limiter = get_limiter()
    for scope in SETTINGS:
        if user_pk is not None and (rate := rate_for(scope, user_pk)):
            yield scope, ACCOUNT, limiter.window(scope, rate, user_ident(user_pk))
        is_account_alone = scope == PER_MINUTE and user_pk is not None
        if not is_account_alone and (rate := rate_for(scope, None)):
            yield scope, ADDRESS, limiter.window(scope, rate, address_ident(address))
