"""Start-up of the cachebuster app."""

from django.apps import AppConfig


class CacheBusterConfig(AppConfig):
    """Owns static files: tags, storage, bundles, serving; it has no models.

    Pictures of products, which are uploaded, are catalogue's.
    """

    name = "cachebuster"
    verbose_name = "Static files"

    def ready(self) -> None:
        """Register the system checks."""
        from cachebuster import checks  # noqa: F401, PLC0415 - Django wants it here
