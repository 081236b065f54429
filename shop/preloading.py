"""What Django and the shop load when it is first used, loaded before a fork.

Each process would load it later for itself alone. None of it opens a connection.
"""

from importlib import import_module

from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string

from address.formats import country_codes

LATE = (
    "MySQLdb.connections",
    "MySQLdb.cursors",
    "custom.caching.handlers",
    "custom.mysql.compiler",
    "django.contrib.sessions.serializers",
    "django_redis.cache",
    "django_redis.client",
    "search.search_indexes",
)


def preload() -> None:
    """Load clients of the servers, search, and what models and Babel look up."""
    for name in LATE:
        import_module(name)
    import_string(settings.HAYSTACK_CONNECTIONS["default"]["ENGINE"])
    for model in apps.get_models():
        model._meta.get_fields()  # noqa: SLF001 - finds which refer to it
    country_codes()  # of an address; Babel reads 3.5 MiB for them, and keeps it
