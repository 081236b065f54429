"""Which processes are ours, also after the one that started them was killed.

A record is a file that a process writes just before it becomes the program: its line
of ``/proc/<pid>/stat`` and the machine's boot. A process id alone would not do, since
ids are used again; with the start time it names one process for good. Each recorded
process leads a session of its own, to which all its children belong.
"""

import os
import shlex
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
BOOT = PROC / "sys" / "kernel" / "random" / "boot_id"


@dataclass(frozen=True)
class Process:
    """One line of ``/proc/<pid>/stat``, as far as it matters here."""

    pid: int
    is_running: bool  # false for a zombie
    session: int
    start: int  # ticks since the machine's start

    @classmethod
    def parse(cls, line: str) -> "Process":
        """Read a line; the second field is a name that may hold anything."""
        pid, _, rest = line.partition(" ")
        fields = rest.rpartition(")")[2].split()
        return cls(int(pid), fields[0] not in "ZX", int(fields[3]), int(fields[19]))

    @classmethod
    def find(cls, pid: int) -> "Process | None":
        """Return the process that has this id now, or None."""
        try:
            return cls.parse((PROC / str(pid) / "stat").read_text(errors="replace"))
        except (FileNotFoundError, ProcessLookupError):
            return None


def recorded(record: Path, command: Sequence[str | Path]) -> str:
    """Return a shell line that writes ``record``, then becomes ``command``."""
    words = shlex.join(str(word) for word in command)
    return f"cat /proc/$$/stat {BOOT} > {shlex.quote(str(record))} && exec {words}"


def record_own(record: Path) -> None:
    """Record the calling process."""
    record_other(record, os.getpid())


def record_other(record: Path, pid: int) -> None:
    """Record a process that cannot do it itself; it must run, and lead a session."""
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text((PROC / str(pid) / "stat").read_text() + BOOT.read_text())


def is_alive(record: Path) -> bool:
    """Tell whether the recorded process itself still runs."""
    then = _read(record)
    if then is None:
        return False
    now = Process.find(then.pid)
    return now is not None and now.is_running and now.start == then.start


def end(record: Path, seconds: float) -> bool:
    """End the recorded process and its children, and forget the record.

    Args:
        record: File of the record; an absent or stale one is harmless.
        seconds: What they get to leave by themselves, before they are killed.

    Returns:
        True if something was still running.
    """
    then = _read(record)
    members = _members(then)
    _signal(members, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while (left := _members(then)) and time.monotonic() < deadline:
        time.sleep(0.02)
    while left := _members(then):
        _signal(left, signal.SIGKILL)
        time.sleep(0.02)
    record.unlink(missing_ok=True)
    return bool(members)


def _read(record: Path) -> Process | None:
    """Return the recorded process, or None without a whole record of this boot."""
    try:
        line, boot = record.read_text(errors="replace").splitlines()
    except (FileNotFoundError, ValueError):
        return None
    return Process.parse(line) if boot == BOOT.read_text().strip() else None


def _members(leader: Process | None) -> list[Process]:
    """Return what runs of a leader's session, the leader first."""
    if leader is None:
        return []
    now = Process.find(leader.pid)
    if now is not None and now.start != leader.start:
        return []  # the id belongs to somebody else by now, so the session has ended
    found = (Process.find(int(p.name)) for p in PROC.iterdir() if p.name.isdigit())
    return sorted(
        (
            process
            for process in found
            if process is not None
            and process.is_running
            and leader.pid in (process.pid, process.session)
            and process.start >= leader.start
        ),
        key=lambda process: process.pid != leader.pid,
    )


def _signal(processes: Sequence[Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            continue
