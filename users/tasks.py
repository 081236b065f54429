"""Celery tasks; each calls one function."""

from celery import shared_task

from users.services import emails


@shared_task(name="users.purge_email_changes")
def purge_email_changes() -> int:
    """Delete changes of addresses that can neither be confirmed nor stopped."""
    return emails.purge_email_changes()
