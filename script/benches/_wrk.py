"""Drives a web server with wrk, four connections at once."""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from script.lib import packages
from script.lib.console import ScriptError

SCRIPT = Path(__file__).with_name("_requests.lua")
CONNECTIONS = 4
ADDRESSES = 1_000  # that requests come from; each has an allowance of its own
ONCE = 20_000  # requests that are not to be repeated: more than a run sends
NEEDS = (packages.program("wrk", "wrk"),)


@dataclass(frozen=True)
class Request:
    """A GET; the token is a customer's, or empty."""

    path: str
    token: str = ""


Requests = Sequence[Request] | Iterator[Request]


@dataclass(frozen=True)
class Load:
    """What clients saw; latencies in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    failed: int


def drive(port: int, requests: Requests, seconds: float) -> Load:
    """Send the requests in turn, over and over, for a time; an iterator's once.

    Raises:
        ScriptError: One was not answered, or with an error.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        if isinstance(requests, Sequence):
            sent = list(islice(cycle(requests), max(ADDRESSES, len(requests))))
        else:
            sent = list(islice(requests, ONCE))
        file.writelines(f"{each.path}\t{each.token}\n" for each in sent)
        file.flush()
        command = [
            "wrk",
            *("--threads", "1", "--connections", str(CONNECTIONS)),
            *("--duration", f"{seconds:.0f}s", "--timeout", "10s"),
            *("--script", str(SCRIPT), f"http://127.0.0.1:{port}"),
            *("--", file.name),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        msg = f"wrk failed: {done.stderr or done.stdout}"
        raise ScriptError(msg)
    load = Load(**json.loads(lines[-1]))
    if load.failed or not load.requests:
        msg = f"{load.failed} of {load.requests} requests failed: {sent[0]}"
        raise ScriptError(msg)
    return load
