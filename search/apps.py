"""Start-up of the search app."""

from importlib import import_module

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Owns the search index and how it is asked, synonyms; not the products."""

    name = "search"
    verbose_name = "Search"

    def ready(self) -> None:
        """Register the system check."""
        import_module("search.checks")
