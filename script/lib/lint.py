"""The steps of ``script/lint``, run by the virtual environment's Python."""

import difflib
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from script.lib.audit import audit
from script.lib.bases import base_of, git
from script.lib.breaking import find_breaks, is_meant
from script.lib.console import ROOT, ScriptError, run_main, say
from tests.servers import private_servers

SCHEMA = ROOT / "docs" / "openapi.yml"
ACCEPTED_BREAKS = ROOT / "docs" / "breaking-changes.yml"
# Not what production needs, but enough for its settings to be checked.
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "shop.settings.prod",
    "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
    "DJANGO_ALLOWED_HOSTS": "shop.example.com",
}
TESTING = {"DJANGO_SETTINGS_MODULE": "shop.settings.test"}
# From the top: an app may point only at those after it.
APPS = (
    "shop",
    "stats",
    "exchange",
    "notifications",
    "orders",
    "basket",
    "payments",
    "shipping",
    "promotions",
    "search",
    "partner",
    "reviews",
    "catalogue",
    "tax",
    "address",
    "staff",
    "users",
    "cachebuster",
    "custom",
)
# Apps of a library that keeps its own migrations; no table of theirs was ever full.
ALLAUTH = ("account", "mfa")
# Columns that no release has ever read or written.
DROPPED = ("0004_product_drop_rating", "0005_product_drop_review_count")
PROGRAMS = (
    "script/server",
    "script/test",
    "script/lint",
    "script/bench",
    "script/pictures",
)


def main() -> int:
    """Run the steps that the command line names, or all; 1 if one failed."""
    wanted = sys.argv[1:] or list(STEPS)
    if "--list" in wanted:
        print("\n".join(STEPS))
        return 0
    if unknown := set(wanted) - set(STEPS):
        msg = f"no such step: {', '.join(sorted(unknown))}. See --list."
        raise ScriptError(msg)
    os.chdir(ROOT)
    failed = []
    with private_servers():
        for name in wanted:
            start = time.monotonic()
            is_clean = STEPS[name]()
            seconds = time.monotonic() - start
            say(f"{name}: {'clean' if is_clean else 'FAILED'} ({seconds:.1f} s)")
            if not is_clean:
                failed.append(name)
    if failed:
        say(f"Lint failed: {', '.join(failed)}")
    return 1 if failed else 0


def _run(*command: str, extra: dict[str, str] | None = None) -> bool:
    environment = os.environ | TESTING | (extra or {})
    command = (sys.executable, "-m", *command)
    return subprocess.run(command, env=environment, check=False).returncode == 0


def _manage(*arguments: str, extra: dict[str, str] | None = None) -> bool:
    return _run("django", *arguments, extra=extra)


def _format() -> bool:
    return _run("ruff", "format", "--check", ".", *PROGRAMS)


def _ruff() -> bool:
    return _run("ruff", "check", ".", *PROGRAMS)


def _mypy() -> bool:
    library = [str(path) for path in Path("script").glob("*/*.py")]
    packages = (*APPS, "manage.py", *library)
    return _run("mypy", "--explicit-package-bases", *packages)


def _layers() -> bool:
    line = "from importlinter.cli import lint_imports_command as run; run()"
    return subprocess.run([sys.executable, "-c", line], check=False).returncode == 0


def _migrations() -> bool:
    return _manage(
        "lintmigrations",
        "--ignore-initial-migrations",
        "--warnings-as-errors",
        "--exclude-apps",
        *ALLAUTH,
        "--ignore-name",
        *DROPPED,
    )


def _models() -> bool:
    return _manage("makemigrations", "--check", "--dry-run")


def _schema() -> bool:
    """Compare the API's schema, which must be free of warnings, with the docs."""
    with tempfile.TemporaryDirectory() as place:
        made = Path(place) / "openapi.yml"
        if not _manage(
            "spectacular", "--validate", "--fail-on-warn", "--file", str(made)
        ):
            return False
        now = made.read_text().splitlines()
    told = SCHEMA.read_text().splitlines() if SCHEMA.exists() else []
    changes = list(
        difflib.unified_diff(told, now, "docs/openapi.yml", "the code", lineterm="")
    )
    if changes:
        print("\n".join(changes))
        print("Bring it up to date: manage.py spectacular --file docs/openapi.yml")
    return not changes


def _breaking() -> bool:
    """Name what would break clients of the document as it was released or merged."""
    name = str(SCHEMA.relative_to(ROOT))
    base = base_of(name, ROOT)
    earlier = git(ROOT, "show", f"{base}:{name}") if base else None
    if earlier is None:
        print("There is no earlier document to compare with.")
        return True
    texts = (earlier, SCHEMA.read_text(), ACCEPTED_BREAKS.read_text())
    old, new, accepted = (yaml.load(each, yaml.CSafeLoader) for each in texts)
    found = [each for each in find_breaks(old, new) if not is_meant(each, accepted)]
    if found:
        print(f"These would break clients of {base}:", *found, sep="\n  ")
        listed = ACCEPTED_BREAKS.relative_to(ROOT)
        print(f"What is meant so stands in {listed} with its reason.")
    return not found


def _deployment() -> bool:
    return _manage(
        *("check", "--deploy", "--fail-level", "WARNING"),
        extra=PRODUCTION,
    )


def _spelling() -> bool:
    return _run("codespell_lib")


STEPS: dict[str, Callable[[], bool]] = {
    "format": _format,
    "ruff": _ruff,
    "mypy": _mypy,
    "layers": _layers,
    "migrations": _migrations,
    "models": _models,
    "schema": _schema,
    "breaking": _breaking,
    "deployment": _deployment,
    "spelling": _spelling,
    "audit": audit,
}

if __name__ == "__main__":
    run_main(main)
