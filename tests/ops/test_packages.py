import os
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import TestCase

ROOT = Path(__file__).resolve().parent.parent.parent


class MissingProgramTests(TestCase):
    """script/* on a machine without the programs, apt or root."""

    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        (self.place / "bin").mkdir()

    def run_script(self, name: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run a script that finds no program by its path."""
        hidden = {"DATABASE_URL", "REDIS_URL", "PYTHONPATH"}
        environment = {k: v for k, v in os.environ.items() if k not in hidden}
        environment |= {
            "PATH": str(self.place / "bin"),
            "SHOP_VAR": str(self.place / "var"),
            "SHOP_VENV": str(self.place / "venv"),
        }
        return subprocess.run(
            [sys.executable, ROOT / "script" / name],
            env=environment | extra,
            capture_output=True,
            text=True,
            check=False,
        )

    def test_one_message_names_everything_that_is_missing(self) -> None:
        done = self.run_script("server")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        for name, package in {
            "mariadb-install-db": "mariadb-server-core",
            "mariadb": "mariadb-client",
            "redis-server": "redis-server",
            "gcc": "gcc",
            "pkg-config": "pkg-config",
            "libmariadb": "libmariadb-dev",
        }.items():
            self.assertIn(f"{name} (package {package})", done.stderr)
        self.assertTrue(done.stderr.startswith("error: missing and cannot be"))
        command = done.stderr.splitlines()[-1]
        self.assertIn("apt-get install --no-install-recommends ", command)
        self.assertIn(" redis-server", command)

    def test_servers_that_are_given_need_not_be_installed(self) -> None:
        done = self.run_script(
            "server", DATABASE_URL="mysql://db.example/shop", REDIS_URL="redis://db/0"
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("gcc (package gcc)", done.stderr)
        self.assertNotIn("redis-server", done.stderr)
        self.assertNotIn("mariadb-install-db", done.stderr)

    def test_tests_need_what_copies_databases(self) -> None:
        done = self.run_script("test")
        self.assertIn("mysqldump (package mariadb-client)", done.stderr)

    def test_help_needs_nothing(self) -> None:
        for name in ("server", "test", "lint"):
            done = subprocess.run(
                [sys.executable, ROOT / "script" / name, "--help"],
                env={"PATH": str(self.place / "bin"), "SHOP_VENV": str(self.place)},
                capture_output=True,
                text=True,
                check=True,
            )
            self.assertIn("script/" if name != "server" else "usage:", done.stdout)
