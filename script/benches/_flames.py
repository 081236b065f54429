"""Where the time of a page goes: flame graphs of the web server's busiest worker."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from script.benches._measuring import cpu_of_processes
from script.benches._wrk import Requests, drive
from script.lib.console import ScriptError, say
from tests.web import Web

RATE = 500  # samples a second
LEAD = 1  # seconds before the recording, to see who is busy
TAIL = 3  # seconds that the load outlasts the recording


def record(web: Web, requests: Requests, seconds: int, file: Path) -> None:
    """Draw one worker, by its functions, while wrk asks for a page.

    Raises:
        ScriptError: py-spy may not look into the process; it needs ``ptrace``.
    """
    with ThreadPoolExecutor(1) as pool:
        load = pool.submit(drive, web.port, requests, LEAD + seconds + TAIL)
        worker = _busiest(web.session)
        command = [
            str(Path(sys.executable).with_name("py-spy")),
            *("record", "--pid", str(worker), "--function", "--nonblocking"),
            *("--rate", str(RATE), "--duration", str(seconds), "--output", str(file)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        load.result()
    if done.returncode:
        msg = f"py-spy failed:\n{done.stderr[-500:]}"
        raise ScriptError(msg)
    say(f"Wrote {file}")


def _busiest(session: int) -> int:
    """Return the process that works most in the next moment; wrk may spare others."""
    before = cpu_of_processes(session)
    time.sleep(LEAD)
    after = cpu_of_processes(session)
    return max(after, key=lambda pid: after[pid] - before.get(pid, 0.0))
