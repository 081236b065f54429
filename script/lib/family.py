"""Web, worker and scheduler: started together, ended together, by honcho."""

import queue
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from honcho.manager import KILL_WAIT, Manager

from script.lib import records


class Family(Manager):
    """Processes that live and die together; each is recorded.

    honcho relays their output, ends all when one ends, and kills after
    ``KILL_WAIT`` seconds. Added here: a signal may come before every process has
    told its id, and the killing does not depend on one of them ending first.
    """

    def __init__(self, run: Path, when_started: Callable[[], None]) -> None:
        """Prepare an empty family.

        Args:
            run: Directory of the records.
            when_started: Called once, when every process has been started.
        """
        super().__init__()
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
            timer = threading.Timer(KILL_WAIT, self.kill)
            timer.daemon = True
            timer.start()
            super().terminate()

    def _start(self) -> None:
        super()._start()
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
