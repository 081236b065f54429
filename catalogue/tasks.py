"""Celery tasks of the catalogue; each calls one service."""

from celery import shared_task

from catalogue import services


@shared_task(name="catalogue.follow_windows")
def follow_windows() -> int:
    """Show and hide products whose window has opened or closed."""
    return services.follow_windows()
