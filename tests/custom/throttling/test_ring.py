from dataclasses import dataclass, field
from uuid import uuid4

from django.conf import settings
from django.test import SimpleTestCase
from django_redis import get_redis_connection
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from redis import Redis

from custom.limits.ring import GIVE_BACK, TAKE, take_arguments, ticks_of
from custom.rates import MAX_LIMIT, Rate

SPAN = 2**32
# The same script with its clock in the hands of the test.
SET_CLOCK = TAKE.replace("redis.call('TIME')", "{ARGV[5], ARGV[6]}")
assert SET_CLOCK != TAKE

Reply = list[int]


@dataclass
class Oracle:
    """The window as a plain list of moments; everything in ticks."""

    limit: int
    window: int
    moments: list[int] = field(default_factory=list)

    def ask(self, now: int, *, cost: int) -> Reply:
        """Return what the script must: fits, left, ticks until one frees, moment."""
        moments, behind = self.moments, 0
        if moments and now < moments[-1]:
            behind = moments[-1] - now
            if behind > self.window:
                moments, behind = [], 0
            else:
                now = moments[-1]
        living = [one for one in moments if now - one < self.window]
        wait = self.window - (now - living[0]) + behind if living else 0
        if len(living) >= self.limit:
            return [0, 0, wait, 0]
        if not cost:
            return [1, self.limit - len(living), wait, 0]
        self.moments = [*living, now]
        left = self.limit - len(self.moments)
        return [1, left, wait or self.window, now % SPAN]

    def give_back(self, moment: int) -> int:
        """Take the newest equal moment out; return whether there was one."""
        for place in reversed(range(len(self.moments))):
            if self.moments[place] % SPAN == moment:
                del self.moments[place]
                return 1
        return 0


def clocks(window: int) -> st.SearchStrategy[int]:
    """Return how a clock moves between two requests, in ticks: mostly on, also back."""
    return st.one_of(
        st.integers(0, 5),
        st.integers(0, window),
        st.sampled_from([0, 1, window - 1, window, window + 1, window // 2]),
        st.integers(window, 20 * window),
        st.integers(-2 * window, -1),
        st.sampled_from([-1, -window, -window - 1]),
    )


class RingTests(SimpleTestCase):
    """The script against a list of moments, over steps of a clock of the test."""

    def setUp(self) -> None:
        self.redis: Redis = get_redis_connection()
        prefix = settings.CACHES["default"]["KEY_PREFIX"]
        self.key = f"{prefix}:ring:{uuid4()}"
        self.addCleanup(self.redis.delete, self.key)

    def call(
        self, rate: Rate, now: int, *, cost: int = 1, redis: object = None
    ) -> Reply:
        """Ask at a moment in ticks."""
        _, tick = ticks_of(rate)
        clock = divmod(now * tick, 1_000_000)
        client = self.redis if redis is None else redis
        return client.eval(
            SET_CLOCK, 1, self.key, *take_arguments(rate, cost=cost), *clock
        )

    @hypothesis_settings(max_examples=250)
    @given(st.data())
    def test_it_says_what_a_list_of_moments_says(self, data: st.DataObject) -> None:
        rate = data.draw(
            st.builds(
                Rate, st.integers(1, 9), st.sampled_from([1, 60, 1800, 3600, 86400])
            )
        )
        window, tick = ticks_of(rate)
        steps = data.draw(
            st.lists(
                st.tuples(clocks(window), st.sampled_from([1, 1, 1, 0])),
                min_size=1,
                max_size=60,
            )
        )
        # Begins so that the 32 bits overflow about half-way.
        now = 400_000 // tick * SPAN - data.draw(st.integers(0, 3 * window))
        self.redis.delete(self.key)
        oracle = Oracle(rate.limit, window)
        wanted: list[Reply] = []
        pipeline = self.redis.pipeline(transaction=False)
        for step, cost in steps:
            now += step
            if oracle.moments:  # further back is taken for far ahead
                now = max(now, oracle.moments[-1] - SPAN // 2 + 1)
            if oracle.moments and now - oracle.moments[-1] > window:
                oracle.moments = []  # Redis lets the key expire
                pipeline.delete(self.key)
                wanted.append([])
            wanted.append(oracle.ask(now, cost=cost))
            self.call(rate, now, cost=cost, redis=pipeline)
        replies = [
            reply if wish else []
            for reply, wish in zip(pipeline.execute(), wanted, strict=True)
        ]
        self.assertEqual(replies, wanted)

    @hypothesis_settings(max_examples=100)
    @given(st.data())
    def test_what_is_given_back_was_never_taken(self, data: st.DataObject) -> None:
        rate = Rate(data.draw(st.integers(1, 6)), 60)
        window, _ = ticks_of(rate)
        oracle = Oracle(rate.limit, window)
        self.redis.delete(self.key)
        now = 400_000 * SPAN - 2
        taken = [7]
        for step in data.draw(st.lists(st.integers(0, 3), max_size=25)):
            if step == 3:
                moment = data.draw(st.sampled_from(taken))
                given_back = self.redis.eval(GIVE_BACK, 1, self.key, rate.limit, moment)
                self.assertEqual(given_back, oracle.give_back(moment))
            else:
                now += step
                reply = self.call(rate, now)
                self.assertEqual(reply, oracle.ask(now, cost=1))
                taken.append(reply[3])

    def test_the_window_slides(self) -> None:
        rate, second = Rate(256, 60), 1_000_000
        begin = 400_000 * SPAN
        first = [self.call(rate, begin)[0] for _ in range(128)]
        second_half = [self.call(rate, begin + 59 * second)[0] for _ in range(128)]
        self.assertEqual(sum(first) + sum(second_half), 256)
        self.assertEqual(self.call(rate, begin + 60 * second - 1)[0], 0)
        freed = [self.call(rate, begin + 60 * second)[0] for _ in range(129)]
        self.assertEqual((sum(freed), freed[-1]), (128, 0))

    def test_a_refusal_writes_nothing(self) -> None:
        rate, begin = Rate(2, 60), 400_000 * SPAN
        self.call(rate, begin)
        self.call(rate, begin + 5)
        before = self.redis.get(self.key)
        self.assertEqual(self.call(rate, begin + 7), [0, 0, 60_000_000 - 7, 0])
        self.assertEqual(self.redis.get(self.key), before)

    def test_a_look_writes_nothing(self) -> None:
        rate, begin = Rate(2, 60), 400_000 * SPAN
        self.assertEqual(self.call(rate, begin, cost=0), [1, 2, 0, 0])
        self.assertEqual(self.redis.exists(self.key), 0)

    def test_a_full_key_is_small_and_ends_by_itself(self) -> None:
        rate = Rate(256, 60)
        for number in range(300):
            self.call(rate, 400_000 * SPAN + number)
        self.assertEqual(self.redis.strlen(self.key), 12 + 4 * 256)
        self.assertLessEqual(self.redis.memory_usage(self.key), 1600)
        self.assertTrue(60_000 < self.redis.pttl(self.key) <= 61_000)

    def test_a_long_window_is_never_early(self) -> None:
        rate = Rate(1, 86400)
        begin, day = 5 * 10**12, 86_400_000
        self.call(rate, begin)
        self.assertEqual(self.call(rate, begin + day)[0], 0)
        self.assertEqual(self.call(rate, begin + day + 1)[0], 1)

    def test_the_largest_limit(self) -> None:
        rate = Rate(MAX_LIMIT, 60)
        self.assertEqual(self.call(rate, 7)[:2], [1, MAX_LIMIT - 1])
        header = (65534).to_bytes(2, "little") + (65534).to_bytes(2, "little")
        self.redis.set(self.key, header + (7).to_bytes(4, "little") * 2)
        self.assertEqual(self.call(rate, 7)[:2], [1, 0])
        self.assertEqual(self.call(rate, 7)[:2], [0, 0])
