"""Celery tasks of partners; each calls one function."""

from celery import shared_task

from partner import services


@shared_task(name="partner.purge_stock_imports")
def purge_stock_imports() -> int:
    """Delete answers to bulks that nobody can repeat any more."""
    return services.purge_imports()
