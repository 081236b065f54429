"""Every measurement, one after the other.

    script/bench all [--json FILE]

Takes half an hour. The numbers of all go into one file, by measurement.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from script.lib.console import ROOT, run_main, say


def main() -> int:
    """Run each as a program; 1 if one of them fails, after all have run."""
    parser = argparse.ArgumentParser(prog="script/bench all", description=__doc__)
    parser.add_argument("--json", type=Path, help="file for the numbers")
    options = parser.parse_args()
    here = Path(__file__)
    names = sorted(
        path.stem for path in here.parent.glob("[!_]*.py") if path.stem != here.stem
    )
    numbers: dict[str, object] = {}
    failed = []
    with tempfile.TemporaryDirectory() as home:
        for name in names:
            say(f"script/bench {name}")
            file = Path(home) / name
            done = subprocess.run(
                [sys.executable, "-m", f"script.benches.{name}", "--json", str(file)],
                cwd=ROOT,
                check=False,
            )
            if done.returncode:
                failed.append(name)
            if file.exists():
                numbers[name] = json.loads(file.read_text())
    if options.json:
        options.json.write_text(json.dumps(numbers, indent=1))
    if failed:
        say(f"Failed, or missed what was promised: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    run_main(main)
