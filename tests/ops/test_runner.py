import socket
import subprocess
import sys
import tempfile
from pathlib import Path

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


class RunnerTests(SimpleTestCase):
    """Which tests run, and what is printed last."""

    def run_cases(self, *options: str, short: str = "pass") -> tuple[int, list[str]]:
        """Run the cases; return the exit code and every line, in order."""
        with tempfile.TemporaryDirectory() as place:
            Path(place, "test_cases.py").write_text(CASE.format(short=short))
            command = [sys.executable, "manage.py", "test", place, "-t", place]
            done = subprocess.run(
                [*command, *options],
                cwd=ROOT,
                env={k: v for k, v in environment().items() if k != "PYTHONUNBUFFERED"},
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

    def test_the_runner_is_the_projects_own(self) -> None:
        self.assertEqual(settings.TEST_RUNNER, f"tests.runner.{Runner.__name__}")
