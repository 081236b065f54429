"""Start-up of the search app."""

from importlib import import_module

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Owns the search index and how it is asked, synonyms; not the products."""

    name = "search"
    verbose_name = "Search"

    def ready(self) -> None:
        """Register the system check; listen for what staff say of words."""
        import_module("search.checks")
        import_module("search.receivers")
