import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Timer

import psutil
from django.conf import settings
from django.core.cache import cache
from django.test import SimpleTestCase
from django_redis import get_redis_connection

from tests.network import NetworkClosedError
from tests.processes import ROOT, environment
from tests.runner import Runner
from tests.waiting import wait_until

CASE = """
from unittest import TestCase
from django.test import tag

class Cases(TestCase):
    def test_short(self): {short}
    @tag("soak")
    def test_long(self): pass
"""

# Each line names its process: it is the worker's, or a child's.
WAITING = """
import os, signal, subprocess, sys, time
from unittest import TestCase

def tell(pid):
    print(f"process {{pid}}", flush=True)

class Waiting(TestCase):
    def test_wait(self):
        {first}
        tell(os.getpid())
        time.sleep(600)

class Other(TestCase):
    def test_other(self):
        {second}
        tell(os.getpid())
"""
CHILD = 'tell(subprocess.Popen(["sleep", "600"], process_group=0).pid)'
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
KILLED = "os.kill(os.getpid(), signal.SIGKILL)"
MANAGE = ("manage.py", "test")
GUARD_SECONDS = 120  # after which a run counts as one that never ends


class IsolationTests(SimpleTestCase):
    """What a worker of the runner may touch."""

    def test_clearing_the_cache_leaves_the_neighbours_keys(self) -> None:
        redis = get_redis_connection()
        redis.set("neighbour", "1", ex=60)
        cache.set("own", "1")
        cache.clear()
        self.assertIsNone(cache.get("own"))
        self.assertEqual(redis.get("neighbour"), b"1")
        redis.delete("neighbour")

    def test_keys_and_files_are_below_this_workers_name(self) -> None:
        prefix = settings.CACHES["default"]["KEY_PREFIX"]
        worker = prefix.rpartition("-")[2]
        self.assertRegex(prefix, r"\Atest-\d+-\d+\Z")
        self.assertEqual(Path(settings.MEDIA_ROOT).name, worker)
        broker = settings.CELERY_BROKER_TRANSPORT_OPTIONS
        self.assertEqual(broker, {"global_keyprefix": f"{prefix}:celery:"})

    def test_other_machines_cannot_be_reached(self) -> None:
        with socket.socket() as link:
            with self.assertRaises(NetworkClosedError):
                link.connect(("192.0.2.1", 80))
            with self.assertRaises(NetworkClosedError):
                link.connect_ex(("192.0.2.1", 80))
        with self.assertRaises(NetworkClosedError):
            socket.create_connection(("shop.example", 80))

    def test_this_machine_can_be_reached(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname()).close()


def plain_environment() -> dict[str, str]:
    """Return this test's environment, with the buffering that a person has."""
    names = {"PYTHONUNBUFFERED"}
    kept = {key: value for key, value in environment().items() if key not in names}
    return kept | {"SHOP_VENV": sys.prefix}


def lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def end_family(running: subprocess.Popen[str]) -> None:
    """Kill a run with its workers, if it has not ended."""
    if running.poll() is None:
        for each in psutil.Process(running.pid).children(recursive=True):
            each.kill()
        running.kill()


@contextmanager
def parallel_run(first: str, second: str = "pass") -> Iterator[subprocess.Popen[str]]:
    """Run two classes in two workers, in a process group of their own."""
    with tempfile.TemporaryDirectory() as place:
        text = WAITING.format(first=first, second=second)
        Path(place, "test_cases.py").write_text(text)
        command = [sys.executable, *MANAGE, place, "-t", place, "--parallel", "2"]
        with subprocess.Popen(
            ["env", "--default-signal", *command],  # nohup and "&" ignore some
            cwd=ROOT,
            env=plain_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        ) as running:
            guard = Timer(GUARD_SECONDS, end_family, [running])
            guard.start()
            try:
                yield running
            finally:
                guard.cancel()
                end_family(running)


class EndingTests(SimpleTestCase):
    """Whatever happens to a parallel run, it ends, and nothing of it stays."""

    def told(self, running: subprocess.Popen[str], count: int) -> list[psutil.Process]:
        """Return the processes that the first lines name."""
        assert running.stdout is not None
        found = (re.search(r"process (\d+)", line) for line in running.stdout)
        return [
            psutil.Process(int(each[1])) for each in islice(filter(None, found), count)
        ]

    def check_end(
        self, running: subprocess.Popen[str], processes: list[psutil.Process]
    ) -> str:
        """Hold that the run ends as failed, without these; return what it printed."""
        assert running.stdout is not None
        printed = running.stdout.read()
        self.assertNotIn(running.wait(), {0, -signal.SIGKILL}, printed)
        self.assertEqual([each for each in processes if lives(each)], [])
        return printed

    def test_a_signal_ends_it_with_its_children(self) -> None:
        with parallel_run(CHILD) as running:
            processes = self.told(running, 3)
            running.terminate()
            self.check_end(running, processes)

    def test_a_worker_that_does_not_leave_is_killed(self) -> None:
        with parallel_run(f"{STUBBORN}; {CHILD}") as running:
            processes = self.told(running, 3)
            for _ in range(2):  # an impatient person at a terminal
                os.killpg(running.pid, signal.SIGINT)
            self.check_end(running, processes)

    def test_a_worker_killed_with_nothing_to_do_stops_nobody(self) -> None:
        with parallel_run("time.sleep(600)") as running:
            (idle,) = self.told(running, 1)
            quiet = {psutil.STATUS_SLEEPING, psutil.STATUS_ZOMBIE}
            wait_until(lambda: idle.status() in quiet)
            idle.kill()
            running.send_signal(signal.SIGHUP)
            self.check_end(running, [idle])

    def test_a_worker_killed_in_the_middle_is_an_error_of_its_class(self) -> None:
        with parallel_run(KILLED) as running:
            printed = self.check_end(running, [])
        self.assertIn("ERROR: test_cases.Waiting\n", printed)
        self.assertIn("the worker was ended by SIGKILL: out of memory?", printed)
        self.assertIn("Ran 1 test in ", printed)
        self.assertTrue(printed.endswith("FAILED (errors=1)\n"), printed)

    def test_without_workers_the_rest_is_an_error(self) -> None:
        with parallel_run(KILLED, KILLED) as running:
            printed = self.check_end(running, [])
        self.assertIn("ERROR: test_cases.Waiting\n", printed)
        self.assertIn("ERROR: test_cases.Other\n", printed)


class RunnerTests(SimpleTestCase):
    """Which tests run, and what is printed last."""

    def run_cases(
        self, *options: str, short: str = "pass", program: Sequence[str] = MANAGE
    ) -> tuple[int, list[str]]:
        """Run the cases; return the exit code and every line, in order."""
        with tempfile.TemporaryDirectory() as place:
            Path(place, "test_cases.py").write_text(CASE.format(short=short))
            done = subprocess.run(
                [sys.executable, *program, place, "-t", place, *options],
                cwd=ROOT,
                env=plain_environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        return done.returncode, done.stdout.splitlines()

    def test_without_options_soak_tests_do_not_run(self) -> None:
        code, lines = self.run_cases("--shuffle", "1", short="print('told')")
        self.assertEqual(code, 0, lines)
        self.assertEqual(lines[0], "Using shuffle seed: 1 (given)")
        self.assertIn("Found 1 test(s).", lines)
        with self.subTest("the last word is the summary"):
            self.assertRegex(lines[-3], r"\ARan 1 test in ")
            self.assertEqual(lines[-2:], ["", "OK"])

    def test_soak_tests_run_beside_the_others(self) -> None:
        code, lines = self.run_cases("--all")
        self.assertEqual(code, 0, lines)
        self.assertIn("Found 2 test(s).", lines)

    def test_soak_alone_leaves_the_others_out(self) -> None:
        code, lines = self.run_cases("--tag", "soak", short="self.fail()")
        self.assertEqual(code, 0, lines)
        self.assertIn("Found 1 test(s).", lines)

    def test_a_failure_is_a_code_and_the_last_line(self) -> None:
        code, lines = self.run_cases(short="self.fail()")
        self.assertEqual((code, lines[-1]), (1, "FAILED (failures=1)"))

    def test_the_script_passes_its_arguments_on(self) -> None:
        code, lines = self.run_cases("-k", "short", program=["script/test"])
        self.assertEqual(code, 0, lines)
        self.assertIn("Found 1 test(s).", lines)

    def test_the_runner_is_the_projects_own(self) -> None:
        self.assertEqual(settings.TEST_RUNNER, f"tests.runner.{Runner.__name__}")
