"""A shell, and a Python beside it, that live as long as one page is read."""

import contextlib
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from threading import Timer
from typing import Self

SECONDS = 180  # for one snippet
# Reads the name of a file for each line of its input, and runs the code in it.
PYTHON = """
import sys
names = {"__name__": "__main__"}
for line in sys.stdin:
    path, mark = line.split()
    try:
        exec(compile(open(path).read(), path, "exec"), names)
        code = 0
    except BaseException as error:
        print(type(error).__name__, error)
        code = 1
    print(f"\\n{mark} {code}", flush=True)
"""


class Session:
    """Runs snippets in one process, so that the later know of the earlier."""

    command: tuple[str, ...]

    def __init__(self, home: Path, variables: Mapping[str, str]) -> None:
        """Take the directory to work in, and the environment."""
        self.home = home
        self._process = subprocess.Popen(
            self.command,
            cwd=home,
            env=dict(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, 9)
        self._process.communicate()

    def run(self, code: str) -> tuple[str, int]:
        """Run a snippet; return what it printed, and its exit code."""
        mark = uuid.uuid4().hex
        snippet = self.home / "snippet"
        snippet.write_text(code, encoding="utf-8")
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(self.line(snippet, mark))
        self._process.stdin.flush()
        timer = Timer(SECONDS, self._process.kill)
        timer.start()
        printed: list[str] = []
        try:
            for line in self._process.stdout:
                if line.startswith(mark):
                    return "".join(printed)[:-1], int(line.split()[1])
                printed.append(line)
        finally:
            timer.cancel()
        return "".join(printed), -1

    def line(self, snippet: Path, mark: str) -> str:
        """Return what has the process run a file, then print the mark and a code."""
        raise NotImplementedError


class Shell(Session):
    """A bash."""

    command = ("bash", "--noprofile", "--norc")

    def line(self, snippet: Path, mark: str) -> str:
        """Read the file into this shell, so that variables stay."""
        return f". {snippet} </dev/null; printf '\\n%s %s\\n' {mark} $?\n"


class Python(Session):
    """A Python with the generated package ``shop_client``."""

    command = (sys.executable, "-c", PYTHON)

    def line(self, snippet: Path, mark: str) -> str:
        """Name the file."""
        return f"{snippet} {mark}\n"
