"""Where the time of a page goes: flame graphs of the web server's busiest worker."""

import subprocess
import sys
from pathlib import Path

from script.benches._measuring import cpu_of_processes
from script.benches._wrk import Request, drive
from script.lib.console import ScriptError, say
from tests.web import Web

RATE = 500  # samples a second
LEAD = 2  # seconds that the load outlasts the recording


def record(web: Web, requests: list[Request], seconds: int, file: Path) -> None:
    """Draw one worker, by its functions, while wrk asks for a page.

    Raises:
        ScriptError: py-spy may not look into the process; it needs ``ptrace``.
    """
    times = cpu_of_processes(web.session)
    worker = max(times, key=lambda pid: times[pid])
    command = [
        str(Path(sys.executable).with_name("py-spy")),
        *("record", "--pid", str(worker), "--function", "--nonblocking"),
        *("--rate", str(RATE), "--duration", str(seconds), "--output", str(file)),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as recording:
        drive(web.port, requests, seconds + LEAD)
        told, _ = recording.communicate()
    if recording.returncode:
        msg = f"py-spy failed:\n{told[-500:]}"
        raise ScriptError(msg)
    say(f"Wrote {file}")
