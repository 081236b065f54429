"""The virtual environment: made once, brought up to date when a requirement changes."""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from script.lib.console import ROOT, ScriptError, say, var_directory

RUNTIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")


def directory() -> Path:
    """Return where the environment is: ``SHOP_VENV``, else ``.venv``."""
    return Path(os.environ.get("SHOP_VENV") or ROOT / ".venv").absolute()


def python() -> Path:
    """Return the environment's interpreter."""
    return directory() / "bin" / "python"


def is_current(requirements: str) -> bool:
    """Tell whether everything that ``requirements`` names is installed."""
    marker = _marker(requirements)
    return (
        python().exists() and marker.exists() and marker.read_text() == _fingerprint()
    )


def ensure(requirements: str) -> None:
    """Make the environment and install ``requirements`` if anything changed.

    Raises:
        ScriptError: The environment cannot be made, or pip fails.
    """
    if is_current(requirements):
        return
    var_directory().mkdir(parents=True, exist_ok=True)
    with (var_directory() / "environment.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two first starts wait for each other
        if not is_current(requirements):
            _install(requirements)


def become(*arguments: str) -> NoReturn:
    """Go on as the environment's Python, in the project's directory."""
    os.chdir(ROOT)
    os.execv(python(), [str(python()), *arguments])


def _install(requirements: str) -> None:
    if not _works():
        say(f"Making the virtual environment {directory()}")
        _run(sys.executable, "-m", "venv", "--clear", str(directory()))
    say(f"Installing {requirements}")
    _run(str(python()), *PIP, "-r", str(ROOT / requirements))
    for name in {requirements, RUNTIME}:  # the development list includes the other
        _marker(name).write_text(_fingerprint())


def _works() -> bool:
    if not python().exists():
        return False
    command = [str(python()), "-c", "import pip, sys; print(*sys.version_info[:2])"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return told.split() == [str(part) for part in sys.version_info[:2]]


def _run(*command: str) -> None:
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        msg = f"this failed, see above: {' '.join(command)}"
        raise ScriptError(msg)


def _fingerprint() -> str:
    """Return what the environment depends on, as one digest."""
    digest = hashlib.sha256(f"{sys.version} {directory()}".encode())
    for name in (RUNTIME, DEVELOPMENT, "constraints.txt"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _marker(requirements: str) -> Path:
    return directory() / f".installed-{requirements}"
