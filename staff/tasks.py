"""Celery tasks; each calls one function."""

from celery import shared_task

from staff import access


@shared_task(name="staff.purge_access_entries")
def purge_access_entries() -> int:
    """Delete looks at personal data that were long ago."""
    return access.purge_access_entries()
