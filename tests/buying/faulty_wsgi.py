"""The shop's application, which dies in the middle of an order when a test says so.

``SHOP_TEST_FAULT`` names a file. While it exists, a request that places an order counts
its steps: every SQL statement, every COMMIT, and the answer before it is sent. SIGKILL
ends the process after the step whose number is in the file (``LAST_STEP`` stands for
the answer). The file is deleted first: the process that takes its place lives on.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connections

from shop.wsgi import application as shop

FAULT_VARIABLE = "SHOP_TEST_FAULT"
LAST_STEP = -1


class Steps:
    """Counts down to the step after which the process dies."""

    def __init__(self, left: int, fault: Path) -> None:
        self.left = left
        self.fault = fault

    def take(self) -> None:
        if self.left == 0:
            self.die()
        self.left -= 1

    def die(self) -> None:
        self.fault.unlink(missing_ok=True)
        os.kill(os.getpid(), signal.SIGKILL)

    def after_statement(
        self, execute: Callable[..., Any], sql: str, *rest: object
    ) -> object:
        result = execute(sql, *rest)
        self.take()
        return result

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count the statements and commits of this thread's connection."""
        connection = connections["default"]
        commit = connection._commit

        def commit_and_count() -> None:
            commit()
            self.take()

        connection._commit = commit_and_count
        try:
            with connection.execute_wrapper(self.after_statement):
                yield
        finally:
            del connection._commit


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:  # noqa: ANN401
    """Serve a request, or die in it."""
    fault = Path(os.environ[FAULT_VARIABLE])
    is_order = environ["PATH_INFO"] == "/api/order/"
    if not is_order or not fault.exists():
        return shop(environ, start_response)
    step = int(fault.read_text())
    steps = Steps(step, fault)
    steps.take()
    with steps.counting():
        answer = shop(environ, start_response)
    if step == LAST_STEP:
        steps.die()
    steps.take()
    return answer
