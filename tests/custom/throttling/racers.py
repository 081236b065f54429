"""What the tests of rate limits run in processes of their own."""

import time

from custom.limits.limiter import get_limiter
from custom.rates import Rate


def take_many(times: int, limit: int, window: int, ident: str) -> int:
    """Ask so often for one caller; return how often it fitted."""
    limiter = get_limiter()
    key = limiter.window("race", Rate(limit, window), ident)
    verdicts = [limiter.take(key) for _ in range(times)]
    assert all(verdict is not None for verdict in verdicts)
    return sum(verdict.is_allowed for verdict in verdicts if verdict)


def take_for(seconds: float, limit: int, window: int, ident: str) -> list[int]:
    """Ask as fast as can be for so long; return Redis's moments of what fitted."""
    limiter = get_limiter()
    key = limiter.window("race", Rate(limit, window), ident)
    until, moments = time.monotonic() + seconds, []
    while time.monotonic() < until:
        verdict = limiter.take(key)
        assert verdict is not None
        if verdict.is_allowed:
            moments.append(verdict.moment)
    return moments


def take_in_a_fork(ident: str) -> list[int]:
    """Use the limiter, fork, use it in both; return what each process got."""
    import os  # noqa: PLC0415 - for this alone

    limiter = get_limiter()
    window = limiter.window("race", Rate(1000, 60), ident)
    limiter.take(window)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        own = get_limiter()
        assert own is not limiter
        got = [own.take(window) for _ in range(200)]
        os.write(writer, b"%d" % sum(one.is_allowed for one in got if one))
        os._exit(0)
    got = [limiter.take(window) for _ in range(200)]
    os.waitpid(child, 0)
    return [sum(one.is_allowed for one in got if one), int(os.read(reader, 10))]
