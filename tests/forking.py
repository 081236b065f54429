"""The near end of ``tests.child``: whom tests ask for processes."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MESSAGE_BYTES = 64


class Forker:
    """One process that has imported the shop in some environment, and forks there."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Start it; the first fork waits for its imports."""
        self.environment = dict(environment)
        self._link, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with far:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.child", str(far.fileno())],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                pass_fds=[far.fileno()],
            )
        self._forks: set[int] = set()
        self._is_retired = False

    def fork(self, target: str, stdin: int, stdout: int) -> int:
        """Have a function called in a process that leads a group; return its id.

        Args:
            target: Dotted path of a module-level function.
            stdin: Read end of a pipe.
            stdout: Write end of another.

        Raises:
            AssertionError: There is no such function.
        """
        socket.send_fds(self._link, [target.encode()], [stdin, stdout])
        pid = self._answer()
        self._forks.add(pid)
        return pid

    def end(self, pid: int) -> None:
        """Kill the group of a fork, and wait until the fork is gone."""
        os.killpg(pid, signal.SIGKILL)
        self._link.send(str(pid).encode())
        self._answer()
        self._forks.remove(pid)
        self._leave_if_done()

    def retire(self) -> None:
        """Let the process end, as soon as its forks have."""
        self._is_retired = True
        self._leave_if_done()

    def _answer(self) -> int:
        answer = self._link.recv(MESSAGE_BYTES)
        if not answer:
            msg = f"tests.child ended with code {self._process.wait()}"
            raise AssertionError(msg)
        return int(answer)

    def _leave_if_done(self) -> None:
        if self._is_retired and not self._forks:
            self._link.close()
            self._process.wait()


_newest: list[Forker] = []


def forker(environment: Mapping[str, str]) -> Forker:
    """Return the process that forks in this environment; it is kept for the next test.

    Only the newest is, since few tests change the environment.
    """
    if not _newest or _newest[0].environment != environment:
        end_forker()
        _newest.append(Forker(environment))
    return _newest[0]


def end_forker() -> None:
    """Let the kept process end; for whoever runs no more tests."""
    while _newest:
        _newest.pop().retire()
