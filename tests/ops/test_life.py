import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from unittest import TestCase

import psutil

from script.lib import records
from tests.servers import temporary_directory

ROOT = Path(__file__).resolve().parent.parent.parent
FILMS = ROOT / "shop" / "demo" / "films.csv"
ROWS = 12
READY_SECONDS = 300  # after which nothing more is waited for; 20 on an idle machine
STOP_SECONDS = 10  # what script/server promises


class Life:
    """One ``script/server`` with its own directory, port and short film list."""

    def __init__(self, home: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        films = home / "films.csv"
        films.write_text("".join(FILMS.read_text().splitlines(keepends=True)[:ROWS]))
        kept = {"PATH", "HOME", "LANG", "TMPDIR"}
        self.environment = {k: v for k, v in os.environ.items() if k in kept} | {
            "SHOP_VAR": str(home / "var"),
            "SHOP_VENV": sys.prefix,
            "SHOP_DEMO_FILMS": str(films),
        }
        self.var = home / "var"
        self.process: subprocess.Popen[str] | None = None
        self.seconds = 0.0
        self.last_words = ""  # what was printed after a signal
        self.family: list[psutil.Process] = []

    def start(self) -> str:
        """Start, wait until the shop is open, and return what was printed so far."""
        begin = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "script" / "server", "--port", str(self.port)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        guard = threading.Timer(READY_SECONDS, self.process.terminate)
        guard.start()
        lines = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            lines.append(line)
            if "Ctrl-C ends it" in line:
                break
        guard.cancel()
        self.seconds = time.monotonic() - begin
        self.family = psutil.Process(self.process.pid).children(recursive=True)
        return "".join(lines)

    def stop(self, number: signal.Signals) -> tuple[int, float]:
        """Send a signal; return the exit code and the seconds it took."""
        assert self.process is not None
        begin = time.monotonic()
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            code = self.process.wait()
        else:
            self.last_words, _ = self.process.communicate()
            code = self.process.returncode
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code, time.monotonic() - begin

    def get(self, path: str) -> dict[str, object]:
        """Return the JSON document at a path of the shop."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        link.request("GET", path)
        response = link.getresponse()
        document: dict[str, object] = json.load(response)
        link.close()
        return document

    def left(self) -> list[psutil.Process]:
        """Return those processes of the last start that still run."""
        return [
            each
            for each in self.family
            if each.is_running() and each.status() != psutil.STATUS_ZOMBIE
        ]

    def end(self) -> None:
        """End whatever a failed test has left."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for record in (self.var / "run").glob("*.process"):
            records.end(record, 0)


class LifeTests(TestCase):
    """script/server: start, stop, kill, start again."""

    def setUp(self) -> None:
        self.life = Life(self.enterContext(temporary_directory()))
        self.addCleanup(self.life.end)

    def test_start_stop_start_kill_start(self) -> None:
        self.check_first_start()
        with_loading = self.life.seconds
        self.check_stop(signal.SIGINT)
        self.life.start()
        self.assertLess(self.life.seconds, with_loading)
        self.check_products()
        self.check_kill()
        self.check_stop(signal.SIGTERM)

    def check_first_start(self) -> None:
        printed = self.life.start()
        address = f"http://127.0.0.1:{self.life.port}"
        self.assertIn(f"The shop is open: {address}/api/", printed)
        self.assertIn("demo-shop-2026", printed)
        self.assertEqual(printed.count("\n  curl "), 3)
        self.assertEqual(self.life.get("/health/ready")["status"], "ok")
        self.check_products()
        names = " ".join(" ".join(each.cmdline()) for each in self.life.family)
        for name in ("mariadbd", "redis-server", "shop.serve", "shop.work"):
            self.assertIn(name, names)
        twice = subprocess.run(
            [sys.executable, ROOT / "script" / "server", "--port", "1"],
            env=self.life.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(twice.returncode, 1)
        self.assertIn("already running", twice.stderr)

    def check_products(self) -> None:
        document = self.life.get("/api/product/")
        self.assertEqual(document["count"], ROWS - 1)  # a row is the heading

    def check_stop(self, number: signal.Signals) -> None:
        code, seconds = self.life.stop(number)
        self.assertEqual(code, 0, self.life.last_words)
        self.assertLess(seconds, STOP_SECONDS)
        self.assertEqual(self.life.left(), [])
        self.assertEqual(list((self.life.var / "run").glob("*.process")), [])
        self.assertEqual(list((self.life.var / "run").glob("*.sock")), [])

    def check_kill(self) -> None:
        self.life.stop(signal.SIGKILL)
        orphans = self.life.family
        self.assertNotEqual(self.life.left(), [])
        printed = self.life.start()
        self.assertIn("Ended what an earlier run had left", printed)
        now, self.life.family = self.life.family, orphans
        self.assertEqual(self.life.left(), [])
        self.life.family = now
        self.check_products()
