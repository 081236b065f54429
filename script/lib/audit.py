"""Known faults of the packages that are pinned, where an index of them is reachable.

One package is asked about first. Where that fails nothing else is: the check says so
and passes. ``AUDIT_SERVICE`` names another service that pip-audit knows.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from script.lib.console import ROOT, say

SECONDS = 5  # for one answer
PROBE = "Django"


def audit() -> bool:
    """Tell whether no pinned package has a known fault, as far as can be known."""
    pinned = (ROOT / "constraints.txt").read_text().splitlines()
    lines = [line for line in pinned if "==" in line and not line.startswith("#")]
    (probe,) = (line for line in lines if line.partition("==")[0] == PROBE)
    found = _ask([probe])
    if found is None:
        say("audit: skipped: no index of known faults is reachable")
        return True
    found = _ask(lines)
    if found is None:
        say("audit: the index stopped answering")
        return False
    faulty = [each for each in found if each.get("vulns")]
    for each in faulty:
        names = ", ".join(fault["id"] for fault in each["vulns"])
        say(f"audit: {each['name']} {each['version']}: {names}")
    return not faulty


def _ask(lines: list[str]) -> list[dict[str, Any]] | None:
    """Return what is known of each package; None if the index knows none of them."""
    service = os.environ.get("AUDIT_SERVICE")
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "pinned.txt")
        listed.write_text("\n".join(lines))
        command = (
            *(sys.executable, "-m", "pip_audit", "--requirement", str(listed)),
            *("--no-deps", "--disable-pip", "--progress-spinner", "off"),
            *("--format", "json", "--timeout", str(SECONDS)),
            *(("--vulnerability-service", service) if service else ()),
        )
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return read_answer(done.stdout)


def read_answer(text: str) -> list[dict[str, Any]] | None:
    """Return the packages of pip-audit's report; None if it could look none up."""
    try:
        found: list[dict[str, Any]] = json.loads(text)["dependencies"]
    except (ValueError, KeyError):
        return None
    return found if any("vulns" in each for each in found) else None
