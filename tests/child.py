"""The far end of ``tests.processes``: a process that has imported the shop, and forks.

It runs nothing itself and has no connection, so that each fork begins as a new process
does, a second of imports later. For each function that it is sent, with the two pipes
to be its standard input and output, it forks one process; that reads its calls as
JSON, forks one process a call, lets them go together and prints their outcomes as one
JSON line.
"""

import json
import multiprocessing
import os
import socket
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

import django
from django.db import connections
from django.urls import get_resolver
from django.utils.module_loading import import_string

from tests.network import close_network

ANSWER = "outcomes "  # starts the one line that carries every call's outcome
MESSAGE_BYTES = 4096
PIPES = 2


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


def _run_calls(function: Callable[..., Any]) -> None:
    """Run every call, each in a fork of its own, and print what they came to."""
    calls = json.load(sys.stdin)
    forking = multiprocessing.get_context("fork")
    start = forking.Barrier(len(calls))
    pipes, processes = [], []
    for arguments in calls:
        receiver, sender = forking.Pipe(duplex=False)
        process = forking.Process(
            target=_call, args=(function, arguments, start, sender), daemon=True
        )
        process.start()
        sender.close()
        pipes.append(receiver)
        processes.append(process)
    outcomes = [receiver.recv() for receiver in pipes]
    tell(ANSWER + json.dumps(outcomes, default=str))
    for process in processes:
        process.join()


def _begin(function: Callable[..., Any], pipes: list[int], link: socket.socket) -> int:
    """Fork the process of one function, which leads a group; return its id."""
    pid = os.fork()
    if pid:
        os.setpgid(pid, pid)
        return pid
    code = 1
    try:
        os.setpgid(0, 0)
        link.close()
        for place, pipe in enumerate(pipes):
            os.dup2(pipe, place)
            os.close(pipe)
        _run_calls(function)
        code = 0
    except BaseException:  # noqa: BLE001 - it ends here, and must not serve
        traceback.print_exc()
    finally:
        os._exit(code)


def main() -> None:
    """Fork for each function that is sent; end with whoever sends them.

    A message with two pipes is the dotted path of a function, answered by the id of
    its process. One without is the id of a process that nobody will signal any more:
    until then it is not waited for, so that its id stays its own.
    """
    link = socket.socket(fileno=int(sys.argv[1]))
    django.setup()
    close_network()
    assert get_resolver().url_patterns  # imported for all who come
    while True:
        message, pipes, _, _ = socket.recv_fds(link, MESSAGE_BYTES, PIPES)
        if pipes:
            answer = _begin(import_string(message.decode()), pipes, link)
            for pipe in pipes:
                os.close(pipe)
        elif message:
            answer, _ = os.waitpid(int(message), 0)
        else:
            return
        link.send(str(answer).encode())


if __name__ == "__main__":
    main()
