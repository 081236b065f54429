import os
from typing import Any

import psutil
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase

from tests.processes import Outcome, Running, race, run_python


class RaceTests(TransactionTestCase):
    """tests.processes: other processes work on this test's data."""

    def test_each_call_runs_in_a_process_of_its_own_on_this_database(self) -> None:
        outcomes = race("tests.ops.calls.report", [{"number": n} for n in range(3)])
        self.assertEqual([outcome.error for outcome in outcomes], [None] * 3)
        values = [outcome.value for outcome in outcomes]
        self.assertEqual([value["number"] for value in values], [0, 1, 2])
        self.assertEqual(
            {value["database"] for value in values}, {connection.settings_dict["NAME"]}
        )
        self.assertEqual(len({value["pid"] for value in values} - {os.getpid()}), 3)

    def test_the_cache_is_this_tests_own(self) -> None:
        race("tests.ops.calls.report", [{"number": 7}])
        self.assertEqual(cache.get("number-7"), 7)

    def test_a_refusal_comes_back_with_its_code(self) -> None:
        self.assertEqual(
            race("tests.ops.calls.refuse", [{}]),
            [Outcome(None, "TakenError", "Somebody was faster.", "taken")],
        )

    def test_processes_of_one_environment_come_from_one(self) -> None:
        came_from = [self.variable(), self.variable()]
        other, flavour = self.variable({"FLAVOUR": "sweet"})
        self.assertEqual(flavour, "sweet")
        came_from.append(self.variable())
        first, second, third = (pid for pid, _ in came_from)
        self.assertEqual(first, second)
        self.assertEqual(len({first, other, third}), 3)
        self.assertFalse(psutil.pid_exists(other))
        self.assertEqual({flavour for _, flavour in came_from}, {None})

    def variable(self, extra: dict[str, str] | None = None) -> list[Any]:
        (outcome,) = race(
            "tests.ops.calls.variable", [{"name": "FLAVOUR"}], extra=extra
        )
        return outcome.value

    def test_one_that_dies_is_noticed(self) -> None:
        with self.assertRaises(AssertionError):
            race("tests.ops.calls.die", [{}])

    def test_a_process_can_be_killed_where_the_test_wants(self) -> None:
        with Running("tests.ops.calls.stop_midway", [{}]) as running:
            running.wait_for("half-way")
            running.kill()
            with self.assertRaises(AssertionError):
                running.outcomes()

    def test_python_runs_with_the_tests_settings(self) -> None:
        done = run_python(
            "-c", "from django.conf import settings; print(settings.TEST_RUNNER)"
        )
        self.assertEqual((done.returncode, done.stdout), (0, "tests.runner.Runner\n"))
