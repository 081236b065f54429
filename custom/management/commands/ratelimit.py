"""Show or empty the rate-limit windows of one caller."""

import math
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from custom.limits.identity import (
    UNKNOWN_ADDRESS,
    address_ident,
    normalize_address,
    tried_ident,
    user_ident,
)
from custom.limits.limiter import Window, get_limiter
from custom.rates import POST_SCOPES, SETTINGS, rates_of
from custom.throttling.counting import rate_for


class Command(BaseCommand):
    """Look after the limits of one account, tried e-mail address, or client address."""

    help = "Show or empty the rate-limit windows of an account or an address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do, and whose windows."""
        parser.add_argument("action", choices=["show", "reset"])
        parser.add_argument(
            "caller",
            metavar="USER_OR_ADDRESS",
            help="An account's id or e-mail address, or a client's address.",
        )

    def handle(self, *, action: str, caller: str, **options: object) -> None:
        """Print one line a window, or empty them all."""
        named = windows_of(caller)
        windows = [window for _, window in named]
        limiter = get_limiter()
        if action == "reset":
            if not limiter.forget(windows):
                msg = "Redis does not answer: nothing was reset."
                raise CommandError(msg)
            self.stdout.write(f"{caller}: {len(windows)} windows are empty.")
            return
        verdicts = limiter.look(windows)
        if verdicts is None:
            msg = "Redis does not answer: nothing is being counted."
            raise CommandError(msg)
        for (scope, window), verdict in zip(named, verdicts, strict=True):
            self.stdout.write(
                f"{scope:<15} {verdict.remaining:>6} of {window.rate.limit} left in"
                f" {window.rate.window} s; one frees in {math.ceil(verdict.wait)} s"
            )


def windows_of(caller: str) -> list[tuple[str, Window]]:
    """Return scope and window for all that is counted for a caller; 1 query or none.

    Raises:
        CommandError: It is neither an account nor an address.
    """
    if "@" in caller:
        return _windows_of_email(caller)
    if caller.isascii() and caller.isdigit():
        return _windows_of_account(int(caller))
    address = normalize_address(caller)
    if address == UNKNOWN_ADDRESS != caller:
        msg = f"{caller} is neither an account's id, nor an e-mail or client address."
        raise CommandError(msg)
    limiter = get_limiter()
    return [
        (scope, limiter.window(scope, rate, address_ident(address)))
        for scope in SETTINGS
        if (rate := rate_for(scope, None))
    ]


def _windows_of_account(pk: int) -> list[tuple[str, Window]]:
    limiter = get_limiter()
    return [
        (scope, limiter.window(scope, rate, user_ident(pk)))
        for scope in SETTINGS
        if (rate := rate_for(scope, pk))
    ]


def _windows_of_email(email: str) -> list[tuple[str, Window]]:
    """Return what was tried at an address, known or not, and its account's own."""
    users = get_user_model()
    try:
        user: Any = users._default_manager.get_by_natural_key(email)  # noqa: SLF001
    except users.DoesNotExist:
        user = None
    limiter = get_limiter()
    tried = tried_ident(user.email_normalized if user else email.casefold())
    named = [
        (scope, limiter.window(scope, rate, tried))
        for scope in POST_SCOPES
        if (rate := rates_of(scope).account)
    ]
    return named + (_windows_of_account(user.pk) if user else [])
