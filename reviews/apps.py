"""Start-up of the reviews app."""

from importlib import import_module

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Owns reviews, their moderation and the rating; not who has bought what."""

    name = "reviews"
    verbose_name = "Reviews"

    def ready(self) -> None:
        """Listen to what changes a rating."""
        import_module("reviews.receivers")
