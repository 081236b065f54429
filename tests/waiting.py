"""Wait for what happens in another process or thread."""

import time
from collections.abc import Callable


def wait_until(
    is_so: Callable[[], object],
    what: str = "it",
    *,
    seconds: float = 20,
    pause: float = 0.02,
) -> None:
    """Look again and again.

    Args:
        is_so: Tells whether it has happened.
        what: Is waited for.
        seconds: After which nothing more is waited for.
        pause: Seconds between two looks.

    Raises:
        AssertionError: It has not happened by then.
    """
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            msg = f"waited {seconds} seconds in vain: {what}"
            raise AssertionError(msg)
        time.sleep(pause)
