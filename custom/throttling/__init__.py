"""Exact rate limits: one sliding window a caller and scope, in one Redis string each.

========== =====================================================================
module     holds
========== =====================================================================
identity   whose allowance a request uses
ring       the script that is the window
connection one connection a thread, below redis-py's commands
breaker    what keeps a Redis that fails from delaying requests
limiter    asks, remembers refusals
overrides  rates of single accounts
counting   what one request has used
throttles  REST framework's throttle classes
middleware what no throttle sees; headers; log
headers    how clients are told
metrics    how operators are told
========== =====================================================================
"""

from custom.throttling.middleware import RateHeadersMiddleware, ThrottleMiddleware
from custom.throttling.throttles import PerMinuteThrottle, PostThrottle

ThrottleMiddleWare = ThrottleMiddleware  # as older settings spell it

__all__ = (
    "PerMinuteThrottle",
    "PostThrottle",
    "RateHeadersMiddleware",
    "ThrottleMiddleWare",
    "ThrottleMiddleware",
)
