"""What Django and the shop load when it is first used, loaded before a fork.

Each process would load it later for itself alone. None of it opens a connection.
"""

from importlib import import_module

from django.conf import settings
from django.utils.module_loading import import_string

from address.formats import country_codes

LATE = (
    "MySQLdb.connections",
    "MySQLdb.cursors",
    "custom.caching.handlers",
    "django.db.backends.mysql.compiler",
    "django_redis.client",
    "search.search_indexes",
)


def preload() -> None:
    """Load the database's client, the cache's, search, and Babel's tables."""
    for name in LATE:
        import_module(name)
    import_string(settings.HAYSTACK_CONNECTIONS["default"]["ENGINE"])
    country_codes()  # of an address; Babel reads 3.5 MiB for them, and keeps it
