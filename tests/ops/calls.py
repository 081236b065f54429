"""What the tests of this package run in processes of their own."""

import os
import signal
import time
from typing import Any

import psutil
from django.core.cache import cache
from django.db import connection

from custom.errors import ConflictError
from tests.child import tell


class TakenError(ConflictError):
    """A domain error for a test."""

    code = "taken"
    title = "Taken"


def report(number: int) -> dict[str, Any]:
    """Tell where this process works."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DATABASE()")
        (database,) = cursor.fetchone()
    cache.set(f"number-{number}", number)
    return {"number": number, "database": database, "pid": os.getpid()}


def variable(name: str) -> tuple[int, str | None]:
    """Return the parent of this process's parent, and a variable."""
    return psutil.Process(os.getppid()).ppid(), os.environ.get(name)


def refuse() -> None:
    """Fail by a rule of the business."""
    msg = "Somebody was faster."
    raise TakenError(msg)


def stop_midway() -> None:
    """Tell, then go on for ever."""
    tell("half-way")
    time.sleep(600)


def die() -> None:
    """End as for want of memory."""
    os.kill(os.getpid(), signal.SIGKILL)
