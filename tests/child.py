"""The far end of ``tests.processes``: what a started process runs.

Reads its calls as JSON from standard input, imports the function once, forks one
process a call, lets them go together and prints their outcomes as one JSON line.
"""

import json
import multiprocessing
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

import django
from django.db import connections
from django.utils.module_loading import import_string

from tests.network import close_network

ANSWER = "outcomes "  # starts the one line that carries every call's outcome


def tell(line: str) -> None:
    """Let the test that waits by ``Running.wait_for`` go on."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _call(
    function: Callable[..., Any],
    arguments: dict[str, Any],
    start: Barrier,
    answers: Connection,
) -> None:
    for connection in connections.all():
        connection.ensure_connection()
    start.wait()
    try:
        outcome: dict[str, Any] = {"value": function(**arguments)}
    except Exception as error:  # noqa: BLE001 - the test judges it
        outcome = {
            "value": None,
            "error": type(error).__name__,
            "detail": str(error),
            "code": getattr(error, "code", None),
        }
    answers.send(outcome)
    connections.close_all()


def main() -> None:
    """Run every call, each in a fork of its own, and print what they came to."""
    django.setup()
    close_network()
    function = import_string(sys.argv[1])
    calls = json.load(sys.stdin)
    connections.close_all()  # a fork must not share a socket to the database
    forking = multiprocessing.get_context("fork")
    start = forking.Barrier(len(calls))
    pipes = []
    for arguments in calls:
        receiver, sender = forking.Pipe(duplex=False)
        forking.Process(
            target=_call, args=(function, arguments, start, sender), daemon=True
        ).start()
        sender.close()
        pipes.append(receiver)
    outcomes = [receiver.recv() for receiver in pipes]
    tell(ANSWER + json.dumps(outcomes, default=str))


if __name__ == "__main__":
    main()
