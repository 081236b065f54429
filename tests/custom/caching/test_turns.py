"""Many ask for a page that nobody has rendered yet."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import redis
import time_machine
from django.test import SimpleTestCase, TransactionTestCase, override_settings

from custom.caching.bodies import Body
from custom.caching.pages import Page
from custom.caching.store import LEASE
from script.lib.servers import Redis
from tests.catalogue.factories import ProductFactory
from tests.custom.caching.actors import Process
from tests.custom.caching.kept import LONG, KeptPages, long_lease
from tests.processes import race
from tests.servers import own_server

READERS = 8


class TurnTests(SimpleTestCase):
    """Who renders, and who waits"""

    def setUp(self) -> None:
        self.server = self.enterContext(own_server(Redis))
        Process(self.server.url).says(b"begins the versions")
        self.readers = [Process(self.server.url) for _ in range(READERS)]

    def ask_all(self, render: Callable[[], bytes]) -> list[bytes]:
        """Return what all are shown, each of whom asks before anybody renders."""
        has_asked = threading.Barrier(READERS)

        def ask(reader: Process) -> bytes:
            look_up = reader.look_up

            def look_up_together(name: str) -> tuple[Page, Body | None]:
                found = look_up(name)
                has_asked.wait()
                return found

            with mock.patch.object(reader, "look_up", look_up_together):
                return reader.show(render)

        with long_lease(), ThreadPoolExecutor(READERS) as threads:
            return list(threads.map(ask, self.readers))

    def stop_clock(self) -> None:
        """Stay in one span of the budget."""
        stopped = time_machine.travel(time.time(), tick=False)
        stopped.start()
        self.addCleanup(stopped.stop)

    def renderings(self) -> int:
        return sum(reader.rendered for reader in self.readers)

    def test_one_renders_for_all(self) -> None:
        def render() -> bytes:
            time.sleep(0.1)  # long enough for some to ask again whether it is there
            return b"page"

        self.assertEqual(self.ask_all(render), [b"page"] * READERS)
        self.assertEqual(self.renderings(), 1)

    def test_a_change_while_all_wait_is_no_reason_to_render_again(self) -> None:
        """They asked before it: what was begun after they asked is good enough."""
        writer = Process(self.server.url)

        def render() -> bytes:
            writer.versions.raise_tags(["product-5"])
            return b"page"

        self.assertEqual(self.ask_all(render), [b"page"] * READERS)
        self.assertEqual(self.renderings(), 1)
        self.assertEqual(writer.says(b"new"), b"new")

    def test_who_asks_after_a_change_takes_nothing_begun_before_it(self) -> None:
        first, second, writer = self.readers[0], self.readers[1], self.readers[2]
        page, _ = first.look_up()
        self.assertIsNone(first.store.await_turn(page))
        writer.versions.raise_tags(["product-5"])
        later = threading.Timer(0.05, lambda: first.keep(page, b"old"))
        later.start()
        self.assertEqual(second.says(b"new"), b"new")
        later.join()

    def test_one_that_dies_holds_nobody_up_for_long(self) -> None:
        dead, waiting = self.readers[0], self.readers[1]
        page, _ = dead.look_up()
        self.assertIsNone(dead.store.await_turn(page))
        self.assertTrue(page.has_turn)
        life = redis.from_url(self.server.url).pttl("test:page:turn:page")
        self.assertIn(life, {-2, *range(int(LEASE * 1000) + 1)})  # -2: over already
        self.assertEqual(waiting.says(b"page"), b"page")

    def test_nobody_waits_for_what_is_not_kept(self) -> None:
        self.enterContext(long_lease())  # of the mark that tells it, too
        first = self.readers[0]
        page, _ = first.look_up()
        self.assertIsNone(first.store.await_turn(page))
        first.store.end_turn(page, is_kept=False)
        started = time.monotonic()
        for reader in self.readers[1:]:
            page, _ = reader.look_up()
            self.assertIsNone(reader.store.await_turn(page))
            self.assertFalse(page.has_turn)
        self.assertLess(time.monotonic() - started, LONG)

    def test_redis_that_fails_holds_nobody_up(self) -> None:
        page, _ = self.readers[0].look_up()
        self.server.kill()
        self.assertIsNone(self.readers[0].store.await_turn(page))
        self.assertEqual(self.readers[0].says(b"page"), b"page")

    @override_settings(CACHE_BYTES=10)
    def test_pages_with_parameters_leave_room_for_those_without(self) -> None:
        self.stop_clock()
        store = self.readers[0].store
        for name, query, has_room in (
            ("a", "q=a", True),
            ("b", "q=b", False),
            ("c", "", True),
            ("d", "", False),
        ):
            page, _ = self.readers[0].look_up(name)
            page.query = query
            store.await_turn(page)
            self.assertEqual(page.has_room, has_room, name)
            self.readers[0].keep(page, b"x" * 50)
        self.assertGreater(store.used_bytes() or 0, 4 * 50)

    @override_settings(CACHE_BYTES=10)
    def test_what_is_rendered_anew_has_the_room_and_life_of_the_former(self) -> None:
        self.stop_clock()
        reader = self.readers[0]
        self.assertEqual(reader.says(b"old"), b"old")
        client = redis.from_url(self.server.url)
        (body,) = client.keys("*:page:body:*")
        client.pexpire(body, 60_000)
        used = reader.store.used_bytes()
        reader.versions.raise_tags(["product-5"])
        self.assertEqual(reader.says(b"new"), b"new")
        self.assertEqual(reader.says(b"another"), b"new")  # it was kept
        self.assertLessEqual(client.pttl(body), 60_000)
        self.assertEqual(reader.store.used_bytes(), used)

    @override_settings(CACHE_BYTES=10)
    def test_a_budget_that_is_spent_ends_the_turn(self) -> None:
        self.stop_clock()
        for name in ("a", "b"):  # there is room before the first
            page, _ = self.readers[0].look_up(name)
            self.readers[0].store.await_turn(page)
            self.assertEqual(page.has_room, name == "a")
            self.readers[0].keep(page, b"x" * 50) if page.has_room else None
            self.readers[0].store.end_turn(page, is_kept=False)


class StampedeTests(KeptPages, TransactionTestCase):
    """Eight processes ask for a cold page at one moment"""

    def test_it_is_rendered_once(self) -> None:
        product = ProductFactory()
        path = f"/api/product/{product.pk}/"
        outcomes = race(
            "tests.custom.caching.racers.ask",
            [{"path": path}] * READERS,
            extra={"CACHE_PAGES": "1"},
        )
        self.assertEqual([outcome.error for outcome in outcomes], [None] * READERS)
        told = [outcome.value for outcome in outcomes]
        self.assertEqual({title for title, _ in told}, {product.title})
        self.assertEqual(sum(queries > 0 for _, queries in told), 1)
