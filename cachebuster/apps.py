"""Start-up of the cachebuster app."""

from django.apps import AppConfig


class CacheBusterConfig(AppConfig):
    """Owns the static tag and its storage; no models."""

    name = "cachebuster"
    verbose_name = "Static files"
