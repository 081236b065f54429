"""Parallel tests: a process for each database clone, a pipe to each, nothing between.

``multiprocessing.Pool``, by which Django runs them, replaces a worker that dies, waits
for ever for what that worker ran, and has all workers share the locks of two queues:
one killed with such a lock in its hands stops every other, and the end of the run as
well. Here the main process gives each worker one class of tests at a time by a pipe
that nobody else has. So a worker can be killed at any moment: its pipe breaks, what it
ran is an error, and the others go on.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ctypes import c_int
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from unittest import TestResult
from unittest.util import strclass

from django.test.runner import ParallelTestSuite

from script.lib import records
from tests.forking import end_forker
from tests.servers import RUN_DIRECTORY

LEAVE_SECONDS = 5  # what a worker gets to end the servers of its test
NO_TEST = -1  # place of an event that belongs to no test, as Django counts
FORKING = multiprocessing.get_context("fork")
Event = tuple[Any, ...]  # name of a method of TestResult, place of the test, the rest
Work = Callable[[int, Connection], None]


class WorkerDiedError(Exception):
    """A process that ran tests has ended in the middle of them."""


class NoWorkerLeftError(Exception):
    """Tests remain, and nobody who could run them."""


@dataclass
class Worker:
    """One process, which leads a session of its own.

    Attributes:
        record: File that names the process, as ``script.lib.records``.
        suite: Index of what it runs now.
    """

    process: BaseProcess
    link: Connection
    record: Path
    suite: int = 0

    def run(self, suite: int) -> None:
        """Have it run a suite; ``events`` waits for the end."""
        self.suite = suite
        with suppress(OSError):  # dead already: ``events`` tells
            self.link.send(suite)

    def events(self) -> list[Event]:
        """Return what came of the suite.

        Raises:
            WorkerDiedError: The process is gone.
        """
        try:
            events: list[Event] = self.link.recv()
        except (EOFError, OSError):
            self.process.join(LEAVE_SECONDS)
            raise WorkerDiedError(_ending(self.process.exitcode)) from None
        return events

    def dismiss(self) -> None:
        """Let it go home, there being nothing more to run."""
        self.link.close()

    def end(self) -> None:
        """End it and all that it has started, whatever they do."""
        if self.link.closed:
            self.process.join(LEAVE_SECONDS)
        records.end(self.record, LEAVE_SECONDS)
        self.process.kill()  # nothing is left, unless it had no record yet
        self.process.join()


class PipedSuite(ParallelTestSuite):
    """A suite whose workers share no lock, and are not missed when they die."""

    def run(self, result: TestResult) -> TestResult:
        """Run every suite; one that its worker did not survive is an error."""
        left = deque(range(len(self.subsuites)))
        with crew(self.processes, self.work) as workers:
            busy = {worker.link: worker for worker in workers}
            for worker in workers:
                worker.run(left.popleft())
            while busy and not result.shouldStop:
                for link in wait(list(busy)):
                    worker = busy[link]
                    if not self._take(worker, result):
                        del busy[link]
                    elif left:
                        worker.run(left.popleft())
                    else:
                        del busy[link]
                        worker.dismiss()
        if left and not result.shouldStop:
            error = NoWorkerLeftError(f"{len(left)} classes of tests have not run")
            self._add_error(result, "workers", error)
        return result

    def work(self, number: int, link: Connection) -> None:
        """Run what the main process names, in a worker, until it names nothing more."""
        counter = FORKING.Value(c_int, number - 1)
        self.init_worker.__func__(counter, used_aliases=self.used_aliases)
        with suppress(EOFError, KeyboardInterrupt):
            while True:
                index = link.recv()
                suite = self.subsuites[index]
                options = (self.runner_class, index, suite, self.failfast, self.buffer)
                link.send(self.run_subsuite.__func__(options)[1])
        end_forker()

    def _take(self, worker: Worker, result: TestResult) -> bool:
        """Add what came of a worker's suite; tell whether the worker still lives."""
        tests = list(self.subsuites[worker.suite])
        try:
            events = worker.events()
        except WorkerDiedError as error:
            self._add_error(result, strclass(type(tests[0])), error)
            return False
        for event in events:
            self.handle_event(result, tests, event)
        return True

    def _add_error(self, result: TestResult, name: str, error: Exception) -> None:
        event = ("addError", NO_TEST, name, (type(error), error, None))
        self.handle_event(result, [], event)


@contextmanager
def crew(count: int, work: Work) -> Iterator[list[Worker]]:
    """Fork workers that call ``work`` with their number, from 1, and their pipe.

    However the block is left, none of them and of their children remains.
    """
    workers: list[Worker] = []
    try:
        for number in range(1, count + 1):
            workers.append(_started(number, work, workers))
        yield workers
    finally:
        for worker in workers:
            if not worker.link.closed:
                worker.process.terminate()  # all unwind at once
        for worker in workers:
            worker.end()


def _started(number: int, work: Work, others: list[Worker]) -> Worker:
    near, far = FORKING.Pipe()
    strange = [near, *(other.link for other in others)]
    process = FORKING.Process(target=_work, args=(number, work, far, strange))
    process.daemon = True
    process.start()
    far.close()
    record = Path(os.environ[RUN_DIRECTORY]) / "run" / f"worker-{number}.process"
    records.record_other(record, process.pid)
    return Worker(process, near, record)


def _work(number: int, work: Work, link: Connection, strange: list[Connection]) -> None:
    # Ctrl-C in the terminal is the main process's to answer. Its end of a pipe must
    # be nobody else's, or the far end would not notice when it dies.
    os.setsid()
    for other in strange:
        other.close()
    work(number, link)


def _ending(code: int | None) -> str:
    if code is None:
        return "the worker has closed its pipe"
    if code >= 0:
        return f"the worker ended with code {code}"
    told = f"the worker was ended by {signal.Signals(-code).name}"
    return f"{told}: out of memory?" if code == -signal.SIGKILL else told
