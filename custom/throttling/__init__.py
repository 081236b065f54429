"""Exact rate limits of requests, by the windows of ``custom.limits``.

========== =====================================================================
module     holds
========== =====================================================================
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
