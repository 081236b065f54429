"""System checks of the search."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

from search.connection import EXAMPLES, SearchUrlError, read_search_url

LIBRARIES = {
    "search": 'pip install -r requirements.txt, which has "xapian-bindings-binary"',
    "elasticsearch7_backend": 'pip install "elasticsearch>=7,<8"',
    "solr_backend": "pip install pysolr",
}


@register()
def check_search_url(
    app_configs: Sequence[AppConfig] | None = None, **options: object
) -> list[CheckMessage]:
    """``SEARCH_URL`` names an engine, and its library is there."""
    try:
        engine = read_search_url(settings.SEARCH_URL)["ENGINE"]
    except SearchUrlError as error:
        hint = f"Set SEARCH_URL to one like {EXAMPLES}."
        return [Error(f"SEARCH_URL: {error}.", hint=hint, id="search.E001")]
    try:
        import_string(engine)
    except Exception as error:  # noqa: BLE001 - Haystack raises what it likes
        library = next(hint for name, hint in LIBRARIES.items() if name in engine)
        told = f"The library of SEARCH_URL's engine is missing: {error}"
        return [Error(told, hint=library, id="search.E002")]
    return []
