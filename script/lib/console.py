"""Places, messages and failures, the same in every program."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class ScriptError(Exception):
    """The program cannot go on; its text tells a person why and what to do."""


def var_directory() -> Path:
    """Return where servers keep their data: ``SHOP_VAR``, else ``var/``."""
    return Path(os.environ.get("SHOP_VAR") or ROOT / "var").absolute()


def say(message: str) -> None:
    """Tell the person in front of the terminal what goes on."""
    print(f"==> {message}", flush=True)


def run_main(main: Callable[[], int | None]) -> None:
    """Run a program to its end; a ``ScriptError`` becomes one message and code 1."""
    try:
        code = main()
    except ScriptError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
