"""Celery tasks of baskets; each calls one function."""

from celery import shared_task

from basket import services


@shared_task(name="basket.purge_baskets")
def purge_baskets() -> int:
    """Delete baskets nobody will come back for."""
    return services.purge_baskets()
