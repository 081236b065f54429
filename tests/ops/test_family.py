import fcntl
import os
import signal
import subprocess
import sys
import termios
from pathlib import Path
from unittest import TestCase

import psutil

from script.lib import records
from tests.servers import temporary_directory
from tests.waiting import wait_until

PIPE_SIZE = 4096  # bytes; the least that the kernel makes
LINE = "x" * 100

# A family of one that prints until it is told to stop.
FAMILY = """
import sys
from pathlib import Path
from script.lib.family import Family
family = Family(Path(sys.argv[1]), lambda: None)
family.add("talker", ["yes", sys.argv[2]], {"PATH": "/usr/bin:/bin"})
family.loop()
sys.exit(family.returncode)
"""


class FamilyTests(TestCase):
    """script.lib.family: what a signal does while a line is written."""

    def setUp(self) -> None:
        run = self.enterContext(temporary_directory())
        self.family = self.start(run)
        self.addCleanup(records.end, run / "talker.process", 0)

    def start(self, run: Path) -> subprocess.Popen[bytes]:
        """Start a family whose output goes into a small pipe that nobody reads."""
        started = subprocess.Popen(
            [sys.executable, "-c", FAMILY, run, LINE],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pipesize=PIPE_SIZE,
            # Without a buffer, as PYTHONUNBUFFERED asks for, nothing would be shown.
            env={"PATH": os.environ["PATH"]},
        )
        self.enterContext(started)
        self.addCleanup(started.kill)
        return started

    def is_blocked(self) -> bool:
        """Tell whether the family waits for room in the pipe."""
        assert self.family.stdout is not None
        count = fcntl.ioctl(self.family.stdout, termios.FIONREAD, bytes(4))
        waiting = int.from_bytes(count, sys.byteorder)
        state = psutil.Process(self.family.pid).status()
        return waiting + len(LINE) > PIPE_SIZE and state == psutil.STATUS_SLEEPING

    def test_a_signal_while_a_line_is_written_ends_all(self) -> None:
        wait_until(self.is_blocked, "the family to wait for its reader")
        self.family.send_signal(signal.SIGTERM)
        told, errors = self.family.communicate(timeout=30)
        self.assertEqual(errors, b"")
        self.assertEqual(self.family.returncode, 128 + signal.SIGTERM)
        self.assertIn(b"SIGTERM received", told)
        self.assertIn(b"talker stopped", told)
