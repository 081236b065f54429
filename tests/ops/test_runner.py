import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import psutil
from django.conf import settings
from django.core.cache import cache
from django.test import SimpleTestCase
from django_redis import get_redis_connection

from tests.network import NetworkClosedError
from tests.processes import ROOT, environment
from tests.runner import Runner

CASE = """
from unittest import TestCase
from django.test import tag

class Cases(TestCase):
    def test_short(self): {short}
    @tag("soak")
    def test_long(self): pass
"""

WAITING = """
import time
from unittest import TestCase

class First(TestCase):
    def test_wait(self):
        print("waiting", flush=True)
        time.sleep(600)

class Second(First):
    pass
"""
MANAGE = ("manage.py", "test")


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

    def test_soak_tests_run_only_when_asked_for(self) -> None:
        for options, count in {(): 1, ("--all",): 2, ("--tag", "soak"): 1}.items():
            code, lines = self.run_cases(*options)
            self.assertEqual(code, 0, lines)
            self.assertIn(f"Found {count} test(s).", lines)

    def test_soak_alone_leaves_the_others_out(self) -> None:
        code, lines = self.run_cases("--tag", "soak", short="self.fail()")
        self.assertEqual(code, 0, lines)

    def test_the_last_word_is_the_summary(self) -> None:
        code, lines = self.run_cases("--shuffle", "1", short="print('told')")
        self.assertEqual(code, 0, lines)
        self.assertEqual(lines[0], "Using shuffle seed: 1 (given)")
        self.assertRegex(lines[-3], r"\ARan 1 test in ")
        self.assertEqual(lines[-2:], ["", "OK"])

    def test_a_failure_is_a_code_and_the_last_line(self) -> None:
        code, lines = self.run_cases(short="self.fail()")
        self.assertEqual((code, lines[-1]), (1, "FAILED (failures=1)"))

    def test_the_script_passes_its_arguments_on(self) -> None:
        code, lines = self.run_cases("-k", "short", program=["script/test"])
        self.assertEqual(code, 0, lines)
        self.assertIn("Found 1 test(s).", lines)

    def test_a_signal_ends_a_parallel_run_with_its_workers(self) -> None:
        with tempfile.TemporaryDirectory() as place:
            Path(place, "test_cases.py").write_text(WAITING)
            running = subprocess.Popen(
                [sys.executable, *MANAGE, place, "-t", place, "--parallel", "2"],
                cwd=ROOT,
                env=plain_environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            self.addCleanup(running.kill)
            assert running.stdout is not None
            with running.stdout as lines:
                waiting = (line for line in lines if line == "waiting\n")
                self.assertEqual(list(islice(waiting, 2)), ["waiting\n"] * 2)
                workers = psutil.Process(running.pid).children()
                running.terminate()
                lines.read()
            self.assertNotEqual(running.wait(), 0)
        self.assertGreaterEqual(len(workers), 2)
        self.assertEqual([each for each in workers if each.is_running()], [])

    def test_the_runner_is_the_projects_own(self) -> None:
        self.assertEqual(settings.TEST_RUNNER, f"tests.runner.{Runner.__name__}")
