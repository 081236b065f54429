"""What generated clients live through, in whatever language: one story, one telling."""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

from django.core import mail
from django.core.management import call_command

from custom.outbox import consume, relay
from tests.processes import environment
from tests.shop.films import ROWS, write_list
from tests.web import web_server

# Accounts have no limit that a test would meet; who is not signed in has four a second.
LIMITS = {"RATE_PER_MINUTE": "60000/min,4/s"}
SECONDS = 180  # for a whole story
TOKEN = re.compile(r"^\S{30,}$", re.MULTILINE)  # alone on a line of a mail


def load_films() -> None:
    """Fill the shop with the films of tests."""
    with tempfile.TemporaryDirectory() as folder:
        films = write_list(Path(folder, "films.csv"), *ROWS)
        call_command("load_demo", films=films, stdout=StringIO())


def tell_story(command: Sequence[str], more: Mapping[str, str]) -> dict[str, Any]:
    """Run a client against a real server; return what it saw.

    The program is given the shop's address, asks by ``mail`` for the token of the mail
    just sent, and tells in its last line what it saw, as JSON.

    Args:
        command: The program.
        more: What its environment has beside this process's.
    """
    with web_server(environment() | LIMITS) as web:
        url = f"http://127.0.0.1:{web.port}"
        with _running([*command, url], environment() | more) as program:
            assert program.stdin is not None
            assert program.stdout is not None
            told = ""
            for line in program.stdout:
                if line.strip() == "mail":
                    program.stdin.write(f"{mailed_token()}\n")
                    program.stdin.flush()
                else:
                    told = line
    if program.returncode:
        msg = f"the client ended with code {program.returncode}; its last line: {told}"
        raise AssertionError(msg)
    return json.loads(told)


def mailed_token() -> str:
    """Do what the outbox holds; return the token of the newest mail."""
    relay(consume)
    (token,) = TOKEN.findall(mail.outbox[-1].body)
    return token


@contextmanager
def _running(
    command: Sequence[str], variables: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """Run a program to its end, or kill it."""
    program = subprocess.Popen(
        command,
        env=dict(variables),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield program
        program.wait(SECONDS)
    finally:
        program.kill()
        program.communicate()
