"""Where a caller stands, in the headers of old clients and of the IETF's draft.

``X-RateLimit-*`` always describe ``per_minute``; other scopes stand in ``RateLimit``
and ``RateLimit-Policy`` alone (draft-ietf-httpapi-ratelimit-headers).
"""

from typing import Final

from django.http.response import HttpResponseBase

from custom.rates import PER_MINUTE
from custom.throttling.counting import RequestCounts

LIMIT_HEADER: Final = "X-RateLimit-Limit"
REMAINING_HEADER: Final = "X-RateLimit-Remaining"
RESET_HEADER: Final = "X-RateLimit-Reset"
POLICY_HEADER: Final = "RateLimit-Policy"
STATE_HEADER: Final = "RateLimit"
STAMPS: Final = (
    LIMIT_HEADER,
    REMAINING_HEADER,
    RESET_HEADER,
    POLICY_HEADER,
    STATE_HEADER,
)
REDIRECTS: Final = range(300, 400)
NOT_MODIFIED: Final = 304


def stamp(response: HttpResponseBase, counts: RequestCounts) -> None:
    """Write what is known; a number that nobody has told is left out."""
    headers = response.headers
    counted = counts.counts.get(PER_MINUTE)
    rate = counted.rate if counted else counts.per_minute
    if rate is not None:
        headers[LIMIT_HEADER] = str(rate.limit)
    policies, states = [], []
    for count in counts.counts.values():
        verdict = count.verdict
        if verdict is None:
            continue
        if count.scope == PER_MINUTE:
            headers[REMAINING_HEADER] = str(verdict.remaining)
            headers[RESET_HEADER] = str(count.seconds)
        policies.append(f'"{count.scope}";q={count.rate.limit};w={count.rate.window}')
        states.append(f'"{count.scope}";r={verdict.remaining};t={count.seconds}')
    if policies:
        headers[POLICY_HEADER] = ", ".join(policies)
    if states and not _stops_redirect(response, counts):
        headers[STATE_HEADER] = ", ".join(states)


def _stops_redirect(response: HttpResponseBase, counts: RequestCounts) -> bool:
    """Tell whether a client would not follow: it may not when nothing is left."""
    status = response.status_code
    if status not in REDIRECTS or status == NOT_MODIFIED:
        return False
    return any(
        one.verdict and not one.verdict.remaining for one in counts.counts.values()
    )
