import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from unittest import TestCase

from script.lib import records

# A leader with one child; both are told apart by their ids on standard output.
FAMILY = "sleep 600 & echo $!; wait"
STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.1; done"


def end_group(pid: int) -> None:
    """Kill a leader with its children, whatever is left of them."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


class RecordTests(TestCase):
    """script.lib.records: a record names one process for good."""

    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.record = Path(place.name) / "some.process"

    def start(self, line: str) -> tuple[subprocess.Popen[str], str]:
        """Start a recorded shell, and wait for its first line."""
        started = subprocess.Popen(
            ["/bin/sh", "-c", records.recorded(self.record, ["/bin/sh", "-c", line])],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.addCleanup(started.wait)
        self.addCleanup(end_group, started.pid)  # its child would outlive the test
        assert started.stdout is not None
        self.addCleanup(started.stdout.close)
        return started, started.stdout.readline().strip()

    def test_a_recorded_process_ends_with_its_children(self) -> None:
        started, child = self.start(FAMILY)
        self.assertTrue(records.is_alive(self.record))
        self.assertTrue(records.end(self.record, 5))
        self.assertEqual(started.wait(), -signal.SIGTERM)
        left = records.Process.find(int(child))
        self.assertFalse(left is not None and left.is_running)
        self.assertFalse(self.record.exists())

    def test_children_of_a_killed_leader_are_ended_too(self) -> None:
        started, child = self.start(FAMILY)
        started.kill()
        started.wait()
        self.assertFalse(records.is_alive(self.record))
        self.assertTrue(records.end(self.record, 5))
        left = records.Process.find(int(child))
        self.assertFalse(left is not None and left.is_running)

    def test_one_that_does_not_listen_is_killed(self) -> None:
        started, _ = self.start(STUBBORN)
        records.end(self.record, 0.3)
        self.assertEqual(started.wait(), -signal.SIGKILL)

    def test_a_process_that_got_the_same_id_is_left_alone(self) -> None:
        started, _ = self.start(FAMILY)
        line, boot = self.record.read_text().splitlines()
        name, _, fields = line.rpartition(") ")
        words = fields.split()
        words[19] = str(int(words[19]) - 1)  # it started a tick earlier
        self.record.write_text(f"{name}) {' '.join(words)}\n{boot}\n")
        self.assertFalse(records.is_alive(self.record))
        self.assertFalse(records.end(self.record, 1))
        self.assertIsNone(started.poll())

    def test_a_record_of_another_boot_is_left_alone(self) -> None:
        started, _ = self.start(FAMILY)
        line = self.record.read_text().splitlines()[0]
        self.record.write_text(f"{line}\nanother-boot\n")
        self.assertFalse(records.end(self.record, 1))
        self.assertIsNone(started.poll())

    def test_no_record_or_half_a_record_is_harmless(self) -> None:
        self.assertFalse(records.end(self.record, 1))
        self.record.write_text("12")
        self.assertFalse(records.end(self.record, 1))

    def test_an_owner_is_alive_and_its_neighbours_are_not_members(self) -> None:
        records.record_own(self.record)
        self.assertTrue(records.is_alive(self.record))
        self.assertIn(str(os.getpid()), self.record.read_text().split())
