"""Public pages kept in the Redis of the rate limits, and by a CDN (docs/caching.md)."""

from shop.settings.environment import *

CACHE_PAGES = env.bool("CACHE_PAGES", default=True)  # False: none is kept here
CACHE_PATHS = (
    "/api/product/",
    "/api/category/",
    "/api/search/",
    "/api/shop/",
    "/api/country/",
)
CACHE_SECONDS = 300  # the life of what nothing outdates
CACHE_BYTES = env.int("CACHE_BYTES", default=64 * 1024**2)  # added in that time
CACHE_BODY_BYTES = 512 * 1024  # of one page

# What is told when a page changes: an address that takes "Surrogate-Key" by POST.
CDN_PURGE_URL = env.str("CDN_PURGE_URL", default="")
CDN_PURGE_HEADER = env.str("CDN_PURGE_HEADER", default="Authorization")
CDN_PURGE_TOKEN = env.str("CDN_PURGE_TOKEN", default="")
CDN_PURGE_SECONDS = 5  # for one answer
# For how long other caches serve a page unasked, and then once more meanwhile; long
# only where they are told of changes.
CACHE_SHARED_SECONDS = env.int(
    "CACHE_SHARED_SECONDS", default=300 if CDN_PURGE_URL else 5
)
CACHE_STALE_SECONDS = env.int("CACHE_STALE_SECONDS", default=60 if CDN_PURGE_URL else 5)
