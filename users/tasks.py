"""Celery tasks; each calls one function."""

from celery import shared_task

from users.services import emails, erasing, tries


@shared_task(name="users.purge_email_changes")
def purge_email_changes() -> int:
    """Delete changes of addresses that can neither be confirmed nor stopped."""
    return emails.purge_email_changes()


@shared_task(name="users.purge_tries")
def purge_tries() -> int:
    """Delete tries of passwords that lock nothing any more."""
    return tries.purge_tries()


@shared_task(name="users.warn_unused")
def warn_unused() -> int:
    """Warn the owners of accounts that nobody uses; they are erased afterwards."""
    return erasing.warn_unused()


@shared_task(name="users.advance_erasures")
def advance_erasures() -> int:
    """Close and erase the accounts whose time has come."""
    return erasing.advance_erasures()
