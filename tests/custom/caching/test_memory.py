"""What a process remembers of the database is what it would read now."""

from collections.abc import Sequence
from itertools import count
from unittest.mock import patch

from django.conf import settings
from django.test import RequestFactory, SimpleTestCase, TestCase, override_settings

from custom.caching.memory import Memory
from custom.caching.moments import moment_of
from custom.caching.versions import Moment, announce
from tests.custom.caching.kept import KeptPages, forget_pages, remembering

PATH = "/api/search/"


class MemoryTests(SimpleTestCase):
    """A number that is another each time it is read"""

    def setUp(self) -> None:
        numbers = count(1)
        self.memory = Memory(lambda: next(numbers))
        with_memory = remembering()
        with_memory.start()
        self.addCleanup(with_memory.stop)

    def test_the_same_moment_is_remembered(self) -> None:
        self.assertEqual([self.memory.get(Moment("a", 1)) for _ in range(3)], [1, 1, 1])

    def test_any_other_is_not(self) -> None:
        for number, moment in enumerate(
            (Moment("a", 1), Moment("a", 2), Moment("b", 2), Moment("a", 1)), 1
        ):
            self.assertEqual(self.memory.get(moment), number)

    def test_without_a_moment_it_is_read(self) -> None:
        self.assertEqual([self.memory.get(None) for _ in range(2)], [1, 2])
        self.assertEqual(self.memory.get(Moment("a", 1)), 3)

    def test_for_as_long_as_a_page_would_be_kept(self) -> None:
        with patch("custom.caching.memory.time.monotonic") as clock:
            seen = []
            for clock.return_value in (0, settings.CACHE_SECONDS - 1, 10_000):
                seen.append(self.memory.get(Moment("a", 1)))
        self.assertEqual(seen, [1, 1, 2])

    def test_what_was_begun_before_a_change_is_not_taken_for_the_change(self) -> None:
        def late() -> str:
            if not read:
                read.append("old")
                self.assertEqual(memory.get(Moment("a", 2)), "new")
                return "old"
            return "new"

        read: list[str] = []
        memory = Memory(late)
        self.assertEqual(memory.get(Moment("a", 1)), "old")
        self.assertEqual(memory.get(Moment("a", 2)), "new")


class TransactionTests(TestCase):
    """What may be rolled back, as all that this does"""

    def test_is_not_remembered(self) -> None:
        numbers = count(1)
        memory = Memory(lambda: next(numbers))
        moment = Moment("a", 1)
        with remembering():
            self.assertEqual(memory.get(moment), 1)
        self.assertEqual(memory.get(moment), 2)
        with remembering():
            self.assertEqual(memory.get(moment), 1)


class MomentTests(KeptPages, TestCase):
    """What the rate limit's trip tells a view"""

    def setUp(self) -> None:
        super().setUp()
        self.seen: list[Moment | None] = []

    def look(self, path: str = PATH, **options: object) -> Moment | None:
        """Return the moment that the view of a request has been told."""

        def note(request: object) -> Moment | None:
            self.seen.append(moment_of(request))  # type: ignore[arg-type]
            return self.seen[-1]

        with patch("custom.api.public.moment_of", note):
            self.client.get(path, **options)  # type: ignore[arg-type]
        return self.seen[-1]

    def change(self, tags: Sequence[str] = ("anything",)) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            announce(tags)

    def test_is_another_after_each_change(self) -> None:
        for is_kept in (True, False):
            with self.subTest(is_kept), override_settings(CACHE_PAGES=is_kept):
                first = self.look(f"{PATH}?q={is_kept}a")
                assert first is not None
                self.assertEqual(self.look(f"{PATH}?q={is_kept}b"), first)
                self.change()
                later = Moment(first.generation, first.n + 1)
                self.assertEqual(self.look(f"{PATH}?q={is_kept}c"), later)

    def test_is_the_same_whether_pages_are_kept_or_not(self) -> None:
        kept = self.look(f"{PATH}?q=a")
        for options in ({"CACHE_PAGES": False}, {"RATE_PER_MINUTE": ""}):
            with self.subTest(options), override_settings(**options):
                self.assertEqual(self.look(f"{PATH}?q={len(options)}"), kept)

    @override_settings(CACHE_PAGES=False)
    def test_begins_when_redis_was_emptied(self) -> None:
        before = self.look()
        forget_pages()
        self.assertIsNone(self.look())
        self.assertNotIn(self.look(), (None, before))

    @override_settings(CACHE_PAGES=False)
    def test_is_unknown_without_redis(self) -> None:
        nowhere = settings.RATE_STORE | {"URL": "redis://127.0.0.1:1/0"}
        with override_settings(RATE_STORE=nowhere):
            self.assertIsNone(self.look())

    def test_is_unknown_for_what_nobody_asks_it_for(self) -> None:
        self.assertIsNone(moment_of(RequestFactory().get(PATH)))
