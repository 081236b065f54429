"""One measurement of two commits, in turns: which figures have moved, and how far.

``script/bench --compare REVISION NAME [options]`` runs it. The other commit is unpacked
below ``var/compare`` and prepares itself there, so the second time is quick. Read the
ratios: a machine that is busy is busy for both.
"""

import argparse
import io
import json
import statistics
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from script.benches._measuring import print_table
from script.lib.console import ROOT, ScriptError, run_main, say, var_directory
from tests.servers import unwind_on_signals

TURNS = 2
Figures = dict[tuple[str, str], float]  # (row, column) -> value


def main() -> None:
    """Measure both commits in turns, and print each figure beside the other's."""
    parser = argparse.ArgumentParser(prog="script/bench --compare", description=__doc__)
    parser.add_argument("revision", help="a commit, a tag or a branch")
    parser.add_argument("name", help="of the measurement")
    parser.add_argument("--turns", type=int, default=TURNS, help="of each commit (2)")
    wanted, options = parser.parse_known_args()
    unwind_on_signals()
    places = {"before": unpack(wanted.revision), "after": ROOT}
    runs: dict[str, list[Figures]] = {side: [] for side in places}
    with tempfile.TemporaryDirectory() as home:
        for turn in range(wanted.turns):
            for side, place in places.items():
                say(f"Turn {turn + 1} of {wanted.turns}: {side}")
                file = Path(home) / "figures.json"
                command = [str(place / "script" / "bench"), wanted.name, *options]
                code = subprocess.run(
                    [*command, "--json", str(file)], cwd=place, check=False
                ).returncode
                if not file.exists():
                    msg = f"script/bench {wanted.name} failed {side} (code {code})."
                    raise ScriptError(msg)
                runs[side].append(figures(json.loads(file.read_text())))
                file.unlink()
    print_table(
        ("", "", "before", "after", "after ÷ before"),
        compared(runs["before"], runs["after"]),
    )


def unpack(revision: str) -> Path:
    """Put a commit's files below ``var/compare``, once; return their directory.

    Raises:
        ScriptError: There is no such commit.
    """
    found = _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found.returncode:
        msg = f"there is no commit {revision!r} here."
        raise ScriptError(msg)
    commit = found.stdout.decode().strip()
    place = var_directory() / "compare" / commit
    if not (place / "script" / "bench").exists():
        archive = _git("archive", commit).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(place, filter="data")
    return place


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, check=False
    )


def figures(rows: Sequence[Mapping[str, object]]) -> Figures:
    """Read the rows a measurement has written.

    The first text of a row names it, what is a number is a figure of it. Rows of one
    name, as those of several sizes, are told apart by their order.
    """
    read: Figures = {}
    seen: dict[str, int] = {}
    for row in rows:
        name = next(value for value in row.values() if isinstance(value, str))
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name = f"{name} ({seen[name]})"
        for column, value in row.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                read[name, column] = value
    return read


def compared(
    before: Sequence[Figures], after: Sequence[Figures]
) -> Iterator[list[object]]:
    """Yield row, column, both medians and the median of the turns' ratios.

    A figure that only one commit has is left out.
    """
    for row, column in before[0]:
        pairs = [
            (one[row, column], other[row, column])
            for one, other in zip(before, after, strict=True)
            if (row, column) in one and (row, column) in other
        ]
        if not pairs:
            continue
        old, new = (
            round(statistics.median(side), 3) for side in zip(*pairs, strict=True)
        )
        ratios = [second / first for first, second in pairs if first]
        yield [
            row,
            column,
            old,
            new,
            f"{statistics.median(ratios):.2f}" if ratios else "",
        ]


if __name__ == "__main__":
    run_main(main)
