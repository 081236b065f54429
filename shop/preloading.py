"""What Django and the shop import when it is first used, imported before a fork.

Each process would import it later for itself alone. None of it opens a connection.
"""

from importlib import import_module

from django.conf import settings
from django.utils.module_loading import import_string

LATE = (
    "MySQLdb.connections",
    "MySQLdb.cursors",
    "custom.caching.handlers",
    "django.db.backends.mysql.compiler",
    "django_redis.client",
    "search.search_indexes",
)


def import_late_modules() -> None:
    """Import the database's client, the cache's, and search."""
    for name in LATE:
        import_module(name)
    import_string(settings.HAYSTACK_CONNECTIONS["default"]["ENGINE"])
