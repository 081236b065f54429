"""Redis fails in every way it can: requests pass, soon, and numbers are not made up."""

import os
import signal
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import redis
from django.test import SimpleTestCase, override_settings
from structlog.testing import capture_logs

from custom.limits.limiter import Verdict, get_limiter
from custom.rates import Rate
from script.lib.servers import Redis
from tests.custom.throttling.limits import PATIENT, PortRedis, own_limits
from tests.servers import own_server
from tests.waiting import wait_until

SHOP = "/api/shop/"
FIRST_SECONDS = 0.06  # what a request may lose to a Redis that has just failed
LATER_SECONDS = 0.001
SOON = 0.1  # seconds between two probes, in tests


def duration(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def stop(server: Redis) -> None:
    os.kill(server._process.pid, signal.SIGSTOP)


def go_on(server: Redis) -> None:
    os.kill(server._process.pid, signal.SIGCONT)


@contextmanager
def listener(*, accepts: bool) -> Iterator[int]:
    """Hold a port that takes connections and never answers, or does not even that."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(100 if accepts else 0)
        port = server.getsockname()[1]
        while not accepts:  # until its queue is full, so that SYNs are dropped
            link = stack.enter_context(socket.socket())
            link.settimeout(0.2)
            try:
                link.connect(("127.0.0.1", port))
            except TimeoutError:
                break
        yield port


class FailureTestCase(SimpleTestCase):
    def setUp(self) -> None:
        self.enterContext(capture_logs())  # what is expected is no noise

    def take(self, ident: str = "u5", limit: int = 100) -> Verdict | None:
        limiter = get_limiter()
        return limiter.take(limiter.window("test", Rate(limit, 60), ident))

    def assert_recovers(self) -> None:
        wait_until(self.take)

    def assert_bounded(self) -> None:
        """A first request waits, later ones do not.

        What a busy machine takes comes on top: one first request in time is enough.
        """
        later: list[float] = []

        def begin() -> float:
            get_limiter.cache_clear()
            first = duration(lambda: self.assertIsNone(self.take()))
            self.assertIsNone(self.take())  # a second timeout opens the breaker
            later.extend(
                duration(lambda: self.assertIsNone(self.take())) for _ in range(50)
            )
            return first

        wait_until(lambda: begin() < FIRST_SECONDS, "a first request in time")
        self.assertLess(statistics.median(later), LATER_SECONDS)

    def events(self, logs: list[Any]) -> list[tuple[str, str]]:
        return [
            (log["event"], log["log_level"])
            for log in logs
            if log["event"].startswith("rate_store")
        ]


class DelayTests(FailureTestCase):
    """How long a request waits for a Redis that fails"""

    def test_nothing_listens(self) -> None:
        with own_limits("redis://127.0.0.1:1/0", COOLDOWN=60):
            self.assert_bounded()

    def test_no_socket(self) -> None:
        with own_limits("unix:///nowhere/redis.sock?db=0", COOLDOWN=60):
            self.assert_bounded()

    def test_connections_are_taken_and_never_answered(self) -> None:
        with listener(accepts=True) as port:
            for database in (0, 1):  # with a number, connecting asks something itself
                url = f"redis://127.0.0.1:{port}/{database}"
                with own_limits(url, COOLDOWN=60):
                    self.assert_bounded()

    def test_connections_are_not_even_taken(self) -> None:
        with (
            listener(accepts=False) as port,
            own_limits(f"redis://127.0.0.1:{port}/0", COOLDOWN=60),
        ):
            self.assert_bounded()

    def test_a_server_that_is_stopped(self) -> None:
        with own_limits(COOLDOWN=60) as server:
            self.assertIsNotNone(self.take())
            stop(server)
            try:
                self.assert_bounded()
            finally:
                go_on(server)


class LifeTests(FailureTestCase):
    """What becomes of a server while the shop runs"""

    def test_killed_and_started_again(self) -> None:
        with own_limits(COOLDOWN=SOON, **PATIENT) as server, capture_logs() as logs:
            self.assertEqual(self.take().remaining, 99)
            server.kill()
            self.assertIsNone(self.take())
            breaker = get_limiter()._breaker
            breaker._probe_at += 60
            for _ in range(19):
                self.assertIsNone(self.take())
            breaker._probe_at -= 60
            server.start()
            self.assert_recovers()
            self.assertEqual(self.take().remaining, 98)  # it has lost its memory
        self.assertEqual(
            self.events(logs),
            [("rate_store_down", "error"), ("rate_store_back", "warning")],
        )
        down, back = (log for log in logs if log["event"].startswith("rate_store"))
        self.assertEqual(down["error"], "ConnectionError")
        self.assertGreaterEqual(back["skipped"], 19)

    def test_restarted_between_two_requests(self) -> None:
        with own_limits(**PATIENT) as server, capture_logs() as logs:
            self.take()
            server.kill()
            server.start()
            server.wait()
            self.assertEqual(self.take().remaining, 99)  # dialled again at once
        self.assertEqual(self.events(logs), [])

    def test_stopped_for_a_while(self) -> None:
        with own_limits(COOLDOWN=SOON) as server, capture_logs() as logs:
            self.take()
            stop(server)
            for _ in range(20):
                self.assertIsNone(self.take())
            go_on(server)
            self.assert_recovers()
        self.assertEqual(
            self.events(logs),
            [("rate_store_down", "error"), ("rate_store_back", "warning")],
        )

    def test_one_late_answer_opens_nothing_and_answers_no_other_question(self) -> None:
        with own_limits(COOLDOWN=60, **PATIENT) as server, capture_logs() as logs:
            self.take("u1", 10)
            # This connection is in a hurry; the next one may take its time.
            get_limiter()._link._near.line.settimeout(SOON)
            stop(server)
            self.assertIsNone(self.take("u1", 10))
            go_on(server)
            # The answer for u1 comes late, on a connection that is closed by now.
            for left in (49, 48, 47):
                self.assertEqual(self.take("u2", 50).remaining, left)
            self.assertLessEqual(self.take("u1", 10).remaining, 8)
        self.assertEqual(self.events(logs), [])

    def test_scripts_forgotten_and_connections_killed(self) -> None:
        with own_limits(**PATIENT) as server, capture_logs() as logs:
            client = redis.Redis(unix_socket_path=str(server.socket))
            self.assertEqual(self.take().remaining, 99)
            client.script_flush()
            self.assertEqual(self.take().remaining, 98)
            client.client_kill_filter(_type="normal", skipme=True)
            self.assertEqual(self.take().remaining, 97)
            client.close()
        self.assertEqual(self.events(logs), [])

    def test_promotion_keeps_what_was_counted(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with own_server(Redis) as replica, self.primary(port) as primary:
            client = redis.Redis(unix_socket_path=str(replica.socket))
            with own_limits(primary.url, **PATIENT):
                for _ in range(45):
                    self.take()
                client.replicaof("127.0.0.1", port)
                wait_until(
                    lambda: (
                        client.info("replication")["master_link_status"] == "up"
                        and client.dbsize() == 1
                    )
                )
                self.assertEqual(self.take().remaining, 54)
                wait_until(lambda: self.look(client) == 46)
            promoted = own_limits(replica.url, COOLDOWN=SOON, **PATIENT)
            with promoted, capture_logs() as logs:
                self.assertIsNone(self.take())  # a replica takes no writes
                client.replicaof("NO", "ONE")
                primary.kill()
                self.assert_recovers()  # and counts
                self.assertEqual(self.take().remaining, 52)
            self.assertEqual(
                self.events(logs),
                [("rate_store_down", "error"), ("rate_store_back", "warning")],
            )
            client.close()

    @contextmanager
    def primary(self, port: int) -> Iterator[Redis]:
        with self.port(port), own_server(PortRedis) as server:
            yield server

    @contextmanager
    def port(self, port: int) -> Iterator[None]:
        PortRedis.port = port
        try:
            yield
        finally:
            PortRedis.port = 0

    def look(self, client: redis.Redis) -> int:
        (key,) = client.keys()
        return int.from_bytes(client.get(key)[2:4], "little")

    def test_a_full_memory(self) -> None:
        with (
            own_limits(COOLDOWN=SOON, **PATIENT) as server,
            capture_logs() as logs,
        ):
            client = redis.Redis(unix_socket_path=str(server.socket))
            client.config_set("maxmemory", "1")
            self.assertIsNone(self.take())
            client.config_set("maxmemory", "0")
            self.assert_recovers()
            client.close()
        self.assertEqual(len(self.events(logs)), 2)


class BreakerTests(FailureTestCase):
    """One thread probes, the others go on"""

    def test_only_one_thread_waits_for_a_probe(self) -> None:
        with listener(accepts=True) as port:
            url = f"redis://127.0.0.1:{port}/0"
            with own_limits(url, COOLDOWN=SOON, TIMEOUT=0.3):
                self.take()
                self.take()
                limiter = get_limiter()
                self.assertTrue(limiter._breaker.is_open)
                limiter._breaker._probe_at = 0.0
                limiter._breaker._cooldown = 60
                start, probe_ends = threading.Barrier(8), threading.Event()
                probes: list[bool] = []
                back = threading.Semaphore(0)

                def probe(_commands: object) -> None:
                    probes.append(probe_ends.wait(30))
                    raise TimeoutError

                def ask() -> None:
                    start.wait()
                    self.take()
                    back.release()

                threads = [threading.Thread(target=ask) for _ in range(8)]
                with patch.object(limiter._link, "exchange", probe):
                    for thread in threads:
                        thread.start()
                    for _ in range(7):  # who goes on does so while one still probes
                        self.assertTrue(back.acquire(timeout=20))
                    probe_ends.set()
                    for thread in threads:
                        thread.join()
        self.assertEqual(probes, [True])


class AnswerTests(SimpleTestCase):
    """What a client sees of it: nothing but the limit"""

    def setUp(self) -> None:
        self.enterContext(capture_logs())

    def headers(self, path: str = SHOP, method: str = "get") -> dict[str, str]:
        answer = getattr(self.client, method)(path)
        self.assertLess(answer.status_code, 500)
        self.assertNotEqual(answer.status_code, 429)
        return {
            name: value
            for name, value in answer.headers.items()
            if "ratelimit" in name.lower() or name == "Retry-After"
        }

    def test_no_number_is_made_up(self) -> None:
        for url in ("redis://127.0.0.1:1/0", "unix:///nowhere/redis.sock?db=0"):
            with own_limits(url), override_settings(RATE_PER_MINUTE="2/min"):
                for _ in range(5):
                    self.assertEqual(self.headers(), {"X-RateLimit-Limit": "2"})
                self.assertEqual(
                    self.headers("/api/nothing/"), {"X-RateLimit-Limit": "2"}
                )

    def test_posts_pass_too(self) -> None:
        with own_limits("redis://127.0.0.1:1/0"), override_settings(RATE_LOGIN="1/min"):
            for _ in range(3):
                headers = self.headers("/api/user/login/", "post")
                self.assertEqual(list(headers), ["X-RateLimit-Limit"])

    def test_the_caller_s_windows_are_unknown(self) -> None:
        with own_limits("redis://127.0.0.1:1/0"):
            windows = self.client.get("/api/rate-limit/").json()["windows"]
        self.assertEqual(
            {(each["remaining"], each["reset"]) for each in windows}, {(None, None)}
        )
