"""Granian, with the shop imported once for all of its workers.

    python -m shop.serve [Granian's options] shop.wsgi:application

Granian forks its workers, and each imports the application. Here the main process
forks a nursery, which imports it, forks all the workers and leaves: they share what
they do not change, and the main process stays small. Workers come and go together. A
SIGHUP loads the code anew: the new workers serve before the old ones end, and code that
cannot be imported ends none.
"""

import ctypes
import gc
import json
import os
import select
import signal
import sys
import time
import traceback
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from granian import cli
from granian.log import logger
from granian.server import MPServer
from granian.server.mp import WorkerProcess

PR_SET_CHILD_SUBREAPER = 36  # prctl: processes whose parent has left become ours
M_ARENA_MAX = -8  # mallopt
CRASH_SECONDS = 5.5  # Granian leaves when a worker dies sooner
Loader = Callable[[], object]  # imports the application and returns it
Target = Callable[..., None]  # what a worker runs


class Adopted:
    """A process that this one has not forked; as multiprocessing's ``Process``."""

    def __init__(self, pid: int) -> None:
        """Take hold of a child."""
        self.pid = pid
        self._handle = os.pidfd_open(pid)
        weakref.finalize(self, os.close, self._handle)

    def start(self) -> None:
        """Do nothing: it runs."""

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended."""
        poll = select.poll()
        poll.register(self._handle, select.POLLIN)
        if poll.poll(None if timeout is None else timeout * 1000):
            with suppress(ChildProcessError):  # another thread was first
                os.waitid(os.P_PIDFD, self._handle, os.WEXITED)

    def is_alive(self) -> bool:
        """Tell whether it runs."""
        return not select.select([self._handle], [], [], 0)[0]

    def terminate(self) -> None:
        """Let it finish what it has begun."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)


class NurseryServer(MPServer):
    """Granian's server of processes, but for the birth of its workers."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - Granian's
        """Adopt whatever a process below this one leaves behind."""
        super().__init__(*arguments, **options)
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
        self._born: dict[int, int] = {}  # number of a worker -> process id
        self._born_at = 0.0

    def _spawn_workers(self, spawn_target: Target, target_loader: Loader) -> None:
        """Start the first workers."""
        if not self._bear(spawn_target, target_loader):
            raise SystemExit(1)
        super()._spawn_workers(spawn_target, target_loader)  # type: ignore[no-untyped-call]

    def _respawn_workers(
        self,
        workers: Iterable[int],
        spawn_target: Target,
        target_loader: Loader,
        delay: float = 0,
    ) -> None:
        """Replace all workers, whichever of them has to be; or none."""
        is_young = time.monotonic() - self._born_at < CRASH_SECONDS
        asked = [self.wrks[idx] for idx in workers]
        if is_young and len(asked) < self.workers and all(map(_is_alive, asked)):
            return  # they were replaced with another one that was too old or too large
        if self._bear(spawn_target, target_loader):
            everyone = range(self.workers)
            super()._respawn_workers(everyone, spawn_target, target_loader, delay)
            return
        dead = [each.idx for each in self.wrks if not _is_alive(each)]
        if dead:  # Granian leaves, and whoever watches it tries again
            self.interrupt_children.extend(dead)
            self.respawned_wrks |= dict.fromkeys(dead, time.monotonic())
            self.main_loop_interrupt.set()

    def _spawn_worker(  # type: ignore[override]
        self,
        idx: int,
        target: Target,
        callback_loader: Loader,
    ) -> WorkerProcess:
        """Return a worker: one that was born, or in the nursery, one to be."""
        worker: WorkerProcess = super()._spawn_worker(idx, target, callback_loader)
        if idx in self._born:
            worker.inner = Adopted(self._born.pop(idx))
        return worker

    def _bear(self, spawn_target: Target, target_loader: Loader) -> bool:
        """Have a nursery fork all workers; tell whether it could."""
        reader, writer = os.pipe()
        nursery = os.fork()
        if not nursery:
            os.close(reader)
            self._be_nursery(writer, spawn_target, target_loader)
        os.close(writer)
        told = os.read(reader, select.PIPE_BUF)  # nothing, if it has failed
        os.close(reader)
        os.waitpid(nursery, 0)
        if not told:
            logger.error("The application does not start: no worker is replaced")
            return False
        self._born = dict(enumerate(json.loads(told)))
        self._born_at = time.monotonic()
        return True

    def _be_nursery(
        self, writer: int, spawn_target: Target, target_loader: Loader
    ) -> None:
        """Import the application, fork the workers, tell their process ids; leave.

        All of them or none: one that nobody is told of would serve for ever, and hold
        open what the main process waits at.
        """
        born: list[Any] = []
        try:
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            _import(target_loader)
            workers = [
                self._spawn_worker(idx, spawn_target, target_loader).inner
                for idx in range(self.workers)
            ]
            for each in workers:
                each.start()
                born.append(each)
            os.write(writer, json.dumps([each.pid for each in workers]).encode())
        finally:
            if sys.exc_info()[0] is not None:
                traceback.print_exc()
                for each in born:
                    each.kill()
                    each.join()
            os._exit(0)  # without a wait for the workers


def _is_alive(worker: WorkerProcess) -> bool:
    return bool(worker.is_alive())  # type: ignore[no-untyped-call]


def _import(load: Loader) -> None:
    """Import the application, and keep together what it is made of.

    A collection writes into each object that it looks at, and what is written into is
    shared no longer. So is each name that Python looked up last, once it forgets it:
    it forgets them here. Each thread of a worker would have a pool of memory of its
    own, which keeps what a large answer took for good: one does for all.
    """
    ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
    gc.disable()
    load()
    sys._clear_type_cache()  # noqa: SLF001 - Python's own, documented
    gc.freeze()
    gc.enable()


def main() -> None:
    """Run Granian's own command line with this server."""
    cli.Server = NurseryServer  # type: ignore[attr-defined]
    cli.entrypoint()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
