"""Web, worker and scheduler: started together, ended together, by honcho."""

import os
import queue
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from honcho.manager import KILL_WAIT, Manager
from honcho.printer import Printer

from script.lib import records


class Output:
    """A text file that a signal's handler may write to at any moment.

    Python's own refuses ("reentrant call") where the signal has come while it was
    writing, and honcho tells of each signal.
    """

    def __init__(self, descriptor: int) -> None:
        """Write to a file that is open."""
        self._descriptor = descriptor
        self._lines = ""

    def write(self, text: str) -> None:
        """Keep the text until ``flush``, so that a line is written at once."""
        self._lines += text

    def flush(self) -> None:
        """Write what is kept, in UTF-8."""
        left, self._lines = self._lines.encode(errors="replace"), ""
        while left:
            left = left[os.write(self._descriptor, left) :]

    def isatty(self) -> bool:
        """Tell whether colours can be shown."""
        return os.isatty(self._descriptor)


class Family(Manager):
    """Processes that live and die together; each is recorded.

    honcho relays their output, ends all when one ends, and kills after
    ``KILL_WAIT`` seconds. Added here: a signal may come before every process has
    told its id, and while something is written; and the killing does not depend on
    one of them ending first. SIGALRM is used.
    """

    def __init__(self, run: Path, when_started: Callable[[], None]) -> None:
        """Prepare an empty family.

        Args:
            run: Directory of the records.
            when_started: Called once, when every process has been started.
        """
        super().__init__(Printer(Output(sys.stdout.fileno())))
        self.was_asked_to_stop = False
        self._run = run
        self._when_started = when_started
        self._has_started = False

    def add(
        self, name: str, command: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        """Add a process; its record is ``<name>.process``."""
        line = records.recorded(self._run / f"{name}.process", command)
        self.add_process(name, line, env=dict(environment))

    def terminate(self) -> None:
        """Ask every process to end; those that stay are killed."""
        self.was_asked_to_stop = True
        if self._has_started and not self._terminating:
            super().terminate()
            # Not a thread: a signal's handler must not wait for a lock that the
            # code it has interrupted may hold.
            signal.setitimer(signal.ITIMER_REAL, KILL_WAIT)

    def _start(self) -> None:
        super()._start()
        signal.signal(signal.SIGALRM, lambda *_: self.kill())
        kept: list[Any] = []
        while not self._all_started():
            try:
                message = self.events.get(timeout=0.1)
            except queue.Empty:
                continue
            if message.type == "start":
                self._processes[message.name]["pid"] = message.data["pid"]
            else:
                kept.append(message)
        for message in kept:
            self.events.put(message)
        self._has_started = True
        if self.was_asked_to_stop:
            self.terminate()
        else:
            self._when_started()
        sys.stdout.flush()
