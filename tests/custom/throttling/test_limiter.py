import threading
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.test import SimpleTestCase, TransactionTestCase
from django_redis import get_redis_connection
from rest_framework.throttling import SimpleRateThrottle

from custom.limits import limiter as limiters
from custom.limits.limiter import Window, get_limiter
from custom.limits.ring import pack
from custom.rates import Rate
from tests.custom.throttling.limits import FreshLimits
from tests.processes import race

SPAN = 2**32


class LimiterTestCase(FreshLimits, SimpleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.limiter = get_limiter()

    def window(self, limit: int = 2, seconds: int = 60, ident: str = "u5") -> Window:
        return self.limiter.window("test", Rate(limit, seconds), ident)


class TakeTests(LimiterTestCase):
    """One slot of one window"""

    def test_until_it_is_full(self) -> None:
        verdicts = [self.limiter.take(self.window()) for _ in range(3)]
        self.assertEqual(
            [(one.is_allowed, one.remaining) for one in verdicts],
            [(True, 1), (True, 0), (False, 0)],
        )
        self.assertEqual(verdicts[0].wait, 60.0)

    def test_another_rate_another_caller_another_scope(self) -> None:
        for _ in range(2):
            self.limiter.take(self.window())
        for other in (
            self.window(limit=3),
            self.window(seconds=61),
            self.window(ident="i5"),
            self.limiter.window("other", Rate(2, 60), "u5"),
        ):
            self.assertTrue(self.limiter.take(other).is_allowed)

    def test_a_thread_has_its_own_connection(self) -> None:
        left: list[int] = []

        def ask(number: int) -> None:
            window = self.window(limit=1000, ident=f"u{number}")
            for _ in range(100):
                verdict = self.limiter.take(window)
            left.append(verdict.remaining)

        threads = [threading.Thread(target=ask, args=(each,)) for each in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(left, [900] * 8)


class RefusalTests(LimiterTestCase):
    """What a process remembers of refusals"""

    def commands(self) -> int:
        return get_redis_connection().info("commandstats")["cmdstat_evalsha"]["calls"]

    def test_a_flood_does_not_reach_redis(self) -> None:
        window = self.window()
        for _ in range(3):
            self.limiter.take(window)
        silent = self.limiter
        silent._link = None  # whoever asks it now fails
        for _ in range(1000):
            self.assertFalse(silent.take(window).is_allowed)

    def test_it_admits_when_redis_would(self) -> None:
        window = self.window(seconds=1)
        first = self.limiter.take(window)
        self.limiter.take(window)
        while not (verdict := self.limiter.take(window)).is_allowed:
            self.assertTrue(0 < verdict.wait <= 1)
        late = (verdict.moment - first.moment) % SPAN - 1_000_000
        self.assertTrue(0 <= late < 500_000, late)  # busy machines take their time

    def test_it_is_asked_again_each_second(self) -> None:
        window = self.window()
        for _ in range(3):
            self.limiter.take(window)
        get_redis_connection().delete(window.key.decode())
        asked_again, _ = self.limiter._refusals[window.key]
        self.limiter._refusals[window.key] = (asked_again - 1.0, asked_again + 60)
        self.assertTrue(self.limiter.take(window).is_allowed)
        self.assertEqual(limiters.REFUSAL_SECONDS, 1.0)

    def test_it_does_not_remember_without_end(self) -> None:
        windows = [self.window(limit=1, ident=f"u{each}") for each in range(30)]
        self.addCleanup(setattr, limiters, "MAX_REFUSALS", limiters.MAX_REFUSALS)
        limiters.MAX_REFUSALS = 10
        for window in windows:
            self.limiter.take(window)
            self.limiter.take(window)
            self.assertLessEqual(len(self.limiter._refusals), 10)

    def test_what_is_forgotten_may_be_used_at_once(self) -> None:
        window = self.window()
        for _ in range(3):
            self.limiter.take(window)
        self.assertTrue(self.limiter.forget([window]))
        self.assertEqual(self.limiter.take(window).remaining, 1)


class SeveralTests(LimiterTestCase):
    """Several windows, and bodies, in one trip"""

    def test_all_or_none(self) -> None:
        account, address = self.window(2, ident="u5"), self.window(3, ident="i1")
        for _ in range(5):
            verdicts = self.limiter.take_all([account, address])
        self.assertEqual([one.is_allowed for one in verdicts], [False, True])
        account_now, address_now = self.limiter.look([account, address])
        self.assertEqual((account_now.remaining, address_now.remaining), (0, 1))

    def test_bodies_come_with_the_verdict(self) -> None:
        name = self.limiter.window("test", Rate(1, 60), str(uuid4())).key + b":body"
        self.limiter.send([pack(b"SET", name, b"\x00body\r\n")])
        trips: list[int] = []
        exchange = self.limiter._link.exchange
        self.limiter._link.exchange = lambda sent: (
            trips.append(len(sent)) or exchange(sent)
        )
        answer = self.limiter.ask([self.window()], reads=[name, b"nothing-here"])
        self.assertEqual(answer.values, [b"\x00body\r\n", None])
        self.assertEqual(answer.verdicts[0].remaining, 1)
        self.assertEqual(trips, [3])

    def test_a_forgotten_script_is_sent_again_and_bodies_still_come(self) -> None:
        get_redis_connection().script_flush()
        answer = self.limiter.ask([self.window(), self.window()], reads=[b"nothing"])
        self.assertEqual([one.remaining for one in answer.verdicts], [1, 0])
        self.assertEqual(answer.values, [None])

    def test_each_script_call_names_one_key(self) -> None:
        sent: list[bytes] = []
        exchange = self.limiter._link.exchange
        self.limiter._link.exchange = lambda commands: (
            sent.extend(commands) or exchange(commands)
        )
        self.limiter.take_all([self.window(1, ident="u5"), self.window(1, ident="i1")])
        self.limiter.take_all([self.window(1, ident="u6"), self.window(1, ident="i1")])
        for command in sent:
            self.assertEqual(command.split(b"\r\n")[6], b"1")  # EVALSHA digest 1 key


class StockThrottle(SimpleRateThrottle):
    """DRF's own limit: a list in the cache, read, changed and written."""

    rate = "1/min"

    def get_cache_key(self, request: Any, view: Any) -> str:  # noqa: ANN401
        return f"stock-{request.ident}"


class RaceTests(TransactionTestCase):
    """Many processes, one caller"""

    def test_eight_processes_get_exactly_the_limit(self) -> None:
        call = {"times": 400, "limit": 256, "window": 60, "ident": str(uuid4())}
        outcomes = race("tests.custom.throttling.racers.take_many", [call] * 8)
        self.assertEqual([one.error for one in outcomes], [None] * 8)
        self.assertEqual(sum(one.value for one in outcomes), 256)

    def test_the_limit_of_rest_framework_lets_more_through(self) -> None:
        """One request comes between another's look and its note."""
        request: Any = SimpleNamespace(ident=str(uuid4()))
        view: Any = None
        first, between = StockThrottle(), StockThrottle()
        note = first.throttle_success
        passed = []

        def note_late() -> bool:
            passed.append(between.allow_request(request, view))
            return note()

        with patch.object(first, "throttle_success", note_late):
            passed.append(first.allow_request(request, view))
        self.assertEqual(passed, [True, True])
        self.assertIs(StockThrottle().allow_request(request, view), False)

    def test_no_window_of_time_has_more_than_the_limit(self) -> None:
        call = {"seconds": 3.5, "limit": 20, "window": 1, "ident": str(uuid4())}
        outcomes = race("tests.custom.throttling.racers.take_for", [call] * 8)
        moments = sorted(moment for one in outcomes for moment in one.value)
        if moments[-1] - moments[0] > SPAN / 2:  # the 32 bits overflowed meanwhile
            moments = sorted((moment + SPAN // 2) % SPAN for moment in moments)
        self.assertGreaterEqual(len(moments), 60)
        spans = [
            late - early
            for early, late in zip(moments[:-20], moments[20:], strict=True)
        ]
        self.assertGreaterEqual(min(spans), 1_000_000)

    def test_a_fork_has_a_connection_of_its_own(self) -> None:
        (outcome,) = race(
            "tests.custom.throttling.racers.take_in_a_fork", [{"ident": str(uuid4())}]
        )
        self.assertEqual(outcome.value, [200, 200], outcome)
