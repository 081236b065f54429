"""What one request has used of its caller's allowances."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest

from custom.limits.identity import address_ident, client_address, user_ident
from custom.limits.limiter import Verdict, Window, get_limiter
from custom.limits.overrides import rate_of_user
from custom.rates import PER_MINUTE, Rate, rates_of
from custom.throttling import metrics

UNCOUNTED_METHODS = frozenset({"POST", "OPTIONS"})  # in ``per_minute``
ATTRIBUTE = "rate_counts"


class Count(NamedTuple):
    """One scope as it stands after one request; ``verdict`` is None without Redis."""

    scope: str
    rate: Rate
    verdict: Verdict | None

    @property
    def is_refused(self) -> bool:
        """Tell whether the request may not go on."""
        return (
            self.verdict is not None
            and not self.verdict.is_allowed
            and not settings.RATE_SHADOW
        )

    @property
    def seconds(self) -> int:
        """Return after how many whole seconds a slot frees."""
        return 0 if self.verdict is None else math.ceil(self.verdict.wait)


@dataclass(slots=True)
class RequestCounts:
    """Who a request is charged to, and what it was charged.

    Attributes:
        user_pk: The account; None while the client address is charged.
        address: Filled in when it is first asked for.
        counts: Scope -> how it stands.
        errands: Packed commands that the trip of ``per_minute`` takes along.
        brought: Their replies; None while there are none.
    """

    meta: dict[str, Any]
    user_pk: Any = None
    address: str | None = None
    counts: dict[str, Count] = field(default_factory=dict)
    errands: Sequence[bytes] = ()
    brought: list[Any] | None = None

    @property
    def ident(self) -> str:
        """Name whoever is charged."""
        if self.user_pk is not None:
            return user_ident(self.user_pk)
        return address_ident(self.client_address)

    @property
    def client_address(self) -> str:
        """Return where the request comes from."""
        if self.address is None:
            self.address = client_address(self.meta)
        return self.address

    @property
    def per_minute(self) -> Rate | None:
        """Return the caller's rate of plain requests, None without a limit."""
        return rate_for(PER_MINUTE, self.user_pk)

    @property
    def refused(self) -> Count | None:
        """Return the scope that keeps the request from going on, if one does."""
        return next((one for one in self.counts.values() if one.is_refused), None)

    def count_request(self, user_pk: Any) -> Count | None:  # noqa: ANN401 - a key
        """Charge ``per_minute`` once to each caller; None without a limit."""
        if PER_MINUTE in self.counts and user_pk == self.user_pk:
            return self.counts[PER_MINUTE]
        self.user_pk = user_pk
        rate = self.per_minute
        if rate is None:
            self.counts.pop(PER_MINUTE, None)
            if self.errands:
                errands, self.errands = self.errands, ()
                self.brought = get_limiter().send(errands)
            return None
        return self._keep(Count(PER_MINUTE, rate, self._take(rate)))

    def count_post(
        self,
        scope: str,
        user_pk: Any,  # noqa: ANN401
        tried: str | None,
    ) -> Count | None:
        """Charge a scope of its own to account and address; None without a limit.

        Args:
            scope: Of ``custom.rates.POST_SCOPES``.
            user_pk: The signed-in account, or None.
            tried: Names what is tried to be opened; comes before the account.
        """
        self.user_pk = user_pk
        account = tried or (None if user_pk is None else user_ident(user_pk))
        windows = scope_windows(scope, user_pk, account, self.client_address)
        if not windows:
            return None
        verdicts = get_limiter().take_all(windows)
        if verdicts is None:
            return self._keep(Count(scope, windows[0].rate, None))
        return self._keep(_tightest(scope, windows, verdicts))

    def _take(self, rate: Rate) -> Verdict | None:
        """Ask the window of whoever is charged, and do the errands on the way."""
        limiter = get_limiter()
        window = limiter.window(PER_MINUTE, rate, self.ident)
        errands, self.errands = self.errands, ()
        if not errands:
            return limiter.take(window)
        verdict, self.brought = limiter.take_and_send(window, errands) or (None, None)
        return verdict

    def _keep(self, count: Count) -> Count:
        """Remember, and let Prometheus know."""
        self.counts[count.scope] = count
        if count.verdict is None:
            outcome = metrics.FAILED_OPEN
        elif count.verdict.is_allowed:
            outcome = metrics.ADMITTED
        else:
            outcome = metrics.REFUSED if count.is_refused else metrics.SHADOWED
        metrics.counter(count.scope, outcome).inc()
        return count


def counts_of(request: HttpRequest) -> RequestCounts:
    """Return what the request has used so far."""
    counts = getattr(request, ATTRIBUTE, None)
    if counts is None:
        counts = RequestCounts(request.META)
        setattr(request, ATTRIBUTE, counts)
    return counts


def rate_for(scope: str, user_pk: Any) -> Rate | None:  # noqa: ANN401
    """Return the rate of an account, or of an address where ``user_pk`` is None."""
    rates = rates_of(scope)
    if user_pk is None:
        return rates.address
    return rate_of_user(user_pk, scope) or rates.account


def scope_windows(
    scope: str,
    user_pk: Any,  # noqa: ANN401
    account: str | None,
    address: str,
) -> list[Window]:
    """Return the windows of a POST: the account's, if it has one, and the address's."""
    limiter = get_limiter()
    rates = rates_of(scope)
    named = (
        (rates.account if user_pk is None else rate_for(scope, user_pk), account),
        (rates.address, address_ident(address)),
    )
    return [
        limiter.window(scope, rate, ident)
        for rate, ident in named
        if rate is not None and ident is not None
    ]


def _tightest(
    scope: str, windows: Sequence[Window], verdicts: Sequence[Verdict]
) -> Count:
    """Return the window that binds: it refuses for longest, or has the least left."""
    window, verdict = min(
        zip(windows, verdicts, strict=True),
        key=lambda pair: (
            pair[1].is_allowed,
            pair[1].remaining,
            -pair[1].wait,
        ),
    )
    return Count(scope, window.rate, verdict)
