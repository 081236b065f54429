"""The Debian packages that the shop needs, installed where they are missing."""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

from script.lib.console import ROOT, ScriptError, say

INSTALLER = ROOT / "script" / "lib" / "install-packages.sh"
PYTHONS = ((3, 11), (3, 14))  # from, below


@dataclass(frozen=True)
class Need:
    """Something that must be on the machine, and the package that brings it."""

    name: str
    package: str
    is_present: Callable[[], bool]


def find_program(name: str) -> str | None:
    """Return the full path of a program, or None; servers count too."""
    path = os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin:/sbin"
    return shutil.which(name, path=path)


def program(name: str, package: str) -> Need:
    """Return the need of a program that can be started by name."""
    return Need(name, package, lambda: find_program(name) is not None)


def _knows_library(name: str) -> bool:
    tool = find_program("pkg-config")
    if tool is None:
        return False
    return subprocess.run([tool, "--exists", name], check=False).returncode == 0


def shared_library(name: str, package: str) -> Need:
    """Return the need of a library that a program loads while it runs."""
    return Need(name, package, lambda: find_library(name) is not None)


DATABASE = (
    program("mariadbd", "mariadb-server-core"),
    program("mariadb-install-db", "mariadb-server-core"),
    program("mariadb", "mariadb-client"),
    program("mariadb-tzinfo-to-sql", "mariadb-client"),
    Need("/usr/share/zoneinfo", "tzdata", Path("/usr/share/zoneinfo/UTC").exists),
)
PAPERS = (  # what WeasyPrint lays pages out with
    shared_library("pango-1.0", "libpango-1.0-0"),
    shared_library("pangoft2-1.0", "libpangoft2-1.0-0"),
    shared_library("harfbuzz-subset", "libharfbuzz-subset0"),
    Need(
        "DejaVu Sans",
        "fonts-dejavu-core",
        Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf").exists,
    ),
)
CLONING = (  # of test databases, by Django
    program("mysql", "mariadb-client"),
    program("mysqldump", "mariadb-client"),
)
REDIS = (program("redis-server", "redis-server"),)
GUIDE = tuple(program(name, name) for name in ("curl", "jq", "unzip"))  # docs/api
BROWSER = (program("chromium", "chromium"),)  # in which tests open pages
BUILDING = (
    program("gcc", "gcc"),
    program("pkg-config", "pkg-config"),
    Need("libmariadb", "libmariadb-dev", lambda: _knows_library("libmariadb")),
    Need(
        "Python.h",
        "python3-dev",
        lambda: Path(sysconfig.get_path("include"), "Python.h").exists(),
    ),
    Need(
        "ensurepip",
        "python3-venv",
        lambda: importlib.util.find_spec("ensurepip") is not None,
    ),
)


def check_python() -> None:
    """Refuse a Python that the shop does not run on.

    Raises:
        ScriptError: It is too old or too new.
    """
    first, last = PYTHONS
    if not first <= sys.version_info < last:
        msg = (
            f"Python {sys.version.split()[0]} does not fit: "
            f"use {first[0]}.{first[1]} or newer, below {last[0]}.{last[1]}."
        )
        raise ScriptError(msg)


def ensure(needs: Sequence[Need]) -> None:
    """Install whatever of ``needs`` is missing; no service is started.

    Raises:
        ScriptError: Something is missing and cannot be installed; names all of it.
    """
    missing = [need for need in needs if not need.is_present()]
    if not missing:
        return
    packages = sorted({need.package for need in missing})
    root = _become_root()
    if root is None:
        raise ScriptError(_explain(missing, "and cannot be installed from here"))
    say(f"Installing Debian packages: {' '.join(packages)}")
    done = subprocess.run([*root, "/bin/sh", INSTALLER, *packages], check=False)
    importlib.invalidate_caches()
    missing = [need for need in needs if not need.is_present()]
    if missing:
        state = f"after apt-get (exit code {done.returncode})"
        raise ScriptError(_explain(missing, state))


def _become_root() -> list[str] | None:
    """Return the words that run a command as root, or None without apt or root."""
    if find_program("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    sudo = find_program("sudo")
    if sudo is None:
        return None
    silent = subprocess.run([sudo, "-n", "true"], capture_output=True, check=False)
    may_ask = sys.stdin.isatty()
    return [sudo] if may_ask or silent.returncode == 0 else None


def _explain(missing: Sequence[Need], state: str) -> str:
    names = ", ".join(f"{need.name} (package {need.package})" for need in missing)
    packages = " ".join(sorted({need.package for need in missing}))
    return (
        f"missing {state}: {names}.\n"
        f"Install them as root: apt-get install --no-install-recommends {packages}"
    )
