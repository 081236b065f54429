"""Granian as ``docs/operations.md`` runs it: many clients, and a restart under load."""

import http.client
import os
import signal
import socket
from collections import Counter
from contextlib import ExitStack
from threading import Event, Thread
from unittest import TestCase

import psutil
from django.test import TransactionTestCase

from tests.buying.invariants import find_faults
from tests.buying.shoppers import Shopper
from tests.orders.factories import make_offer
from tests.processes import environment
from tests.servers import temporary_directory
from tests.waiting import wait_until
from tests.web import Address, Answer, Web, WebClient, web_server

CLIENTS = 500
PAGE = "/api/product/"
SECONDS = 180  # after which nothing more is waited for
PROGRAM = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"{version}"]
"""
# The system has room for one more process, and not for two.
HALF = """
import os

forks = [os.fork]

def fork_once():
    if forks:
        return forks.pop()()
    open({mark!r}, "w").close()
    raise BlockingIOError

os.fork = fork_once

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"0"]
"""
# Answers only once its process was asked to end.
SLOW = """
import signal
import threading

asked = threading.Event()
set_handler = signal.signal

def watched(number, handler):
    def noted(*received):
        asked.set()
        return handler(*received)

    is_watched = number == signal.SIGTERM and callable(handler)
    return set_handler(number, noted if is_watched else handler)

signal.signal = watched

def application(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        open({mark!r}, "w").close()
        asked.wait(60)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"1"]
"""
BROKEN = "open({mark!r}, 'w').close()\nraise ImportError"


class Reader(Thread):
    """Reads a page again and again over one connection, as HTTP clients do.

    A server may close an idle connection at any time, so who meets that on a used one
    asks again on a new one. Whatever else goes wrong is noted.

    Attributes:
        answered: Status -> how many.
        lost: What happened to requests that got no answer.
    """

    def __init__(self, address: Address, stopped: Event) -> None:
        super().__init__(daemon=True)
        self.address = address
        self.stopped = stopped
        self.answered: Counter[int] = Counter()
        self.lost: list[str] = []

    def run(self) -> None:
        while not self.stopped.is_set():
            with WebClient(self.address) as client:
                self._read_while_open(client)

    def _read_while_open(self, client: WebClient) -> None:
        is_used = False
        while not self.stopped.is_set():
            try:
                answer = client.call("GET", PAGE)
            except (OSError, http.client.HTTPException) as error:
                if not is_used:
                    self.lost.append(repr(error))
                return
            is_used = True
            self.answered[answer.status] += 1


class RestartTests(TransactionTestCase):
    """SIGHUP while clients read and buy

    The workers share one Unix socket, so a request that comes while none is ready waits
    in it. Of a TCP port each worker has a queue of its own, which ends with it.
    """

    def test_no_request_is_lost(self) -> None:
        variants = [make_offer(num_in_stock=10_000).variant_id for _ in range(3)]
        settings = environment() | {"RATE_PER_MINUTE": "65535/min"}
        stopped = Event()
        with (
            temporary_directory() as home,
            web_server(settings, workers=2, place=home / "web.sock") as web,
        ):
            readers = [Reader(web.address, stopped) for _ in range(4)]
            shoppers = [Shopper(web.address, variants, stopped) for _ in range(2)]
            for client in (*readers, *shoppers):
                client.start()
            try:
                web.restart_workers()
            finally:
                stopped.set()
                for client in (*readers, *shoppers):
                    client.join()
        self.assertEqual([reader.lost for reader in readers], [[]] * len(readers))
        for reader in readers:
            self.assertEqual(set(reader.answered), {200})
        acknowledged = {}
        for shopper in shoppers:
            self.assertEqual(shopper.refusals, [])
            self.assertTrue(shopper.acknowledged)
            acknowledged |= shopper.acknowledged
        self.assertEqual(find_faults(acknowledged), [])


class KeepAliveTests(TransactionTestCase):
    """Many connections that stay open"""

    def test_five_hundred_clients_are_all_served(self) -> None:
        make_offer(num_in_stock=1)
        settings = environment() | {"RATE_PER_MINUTE": "65535/min"}
        statuses: Counter[int] = Counter()
        with web_server(settings, workers=2) as web, ExitStack() as stack:
            links = []
            for _ in range(CLIENTS):
                link = socket.create_connection(
                    ("127.0.0.1", web.port), timeout=SECONDS
                )
                links.append(stack.enter_context(link))
            for _ in range(2):  # the second time on connections that were idle
                for link in links:
                    link.sendall(
                        f"GET {PAGE} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
                    )
                for link in links:
                    answer = http.client.HTTPResponse(link, method="GET")
                    answer.begin()
                    answer.read()
                    statuses[answer.status] += 1
                    self.assertFalse(answer.will_close)
        self.assertEqual(statuses, {200: 2 * CLIENTS})


class GenerationTests(TestCase):
    """Workers of ``shop.serve`` come and go together"""

    def setUp(self) -> None:
        self.home = self.enterContext(temporary_directory())
        self.write(1)
        settings = os.environ | {
            "PYTHONPATH": str(self.home),
            "PYTHONDONTWRITEBYTECODE": "1",  # versions are seconds apart, or less
        }
        self.web: Web = self.enterContext(
            web_server(settings, application="changing:application", workers=2)
        )

    def write(self, version: int) -> None:
        (self.home / "changing.py").write_text(PROGRAM.format(version=version))

    def load_in_vain(self, program: str) -> None:
        """Have code loaded that starts no worker; those there were are there still."""
        old = self.web.workers()
        mark = self.home / "tried"
        (self.home / "changing.py").write_text(program.format(mark=str(mark)))
        self.web.main().send_signal(signal.SIGHUP)
        wait_until(mark.exists, seconds=SECONDS)
        # the nursery has left
        wait_until(lambda: self.web.workers() == old, seconds=SECONDS)

    def version(self) -> int:
        with WebClient(self.web.address) as client:
            return int(client.call("GET", "/").body)

    def test_a_new_generation_has_the_new_code(self) -> None:
        old = self.web.workers()
        self.write(2)
        self.web.restart_workers()
        self.assertEqual(self.version(), 2)
        self.assertEqual(len(self.web.workers()), 2)
        self.assertEqual(set(old) & set(self.web.workers()), set())

    def test_what_was_begun_is_answered_by_who_began_it(self) -> None:
        mark = self.home / "begun"
        (self.home / "changing.py").write_text(SLOW.format(mark=str(mark)))
        self.web.restart_workers()
        self.write(2)
        answers: list[Answer] = []

        def ask() -> None:
            with WebClient(self.web.address, seconds=SECONDS) as client:
                answers.append(client.call("GET", "/slow"))

        asking = Thread(target=ask, daemon=True)
        asking.start()
        wait_until(mark.exists, seconds=SECONDS)
        self.web.restart_workers()
        asking.join(SECONDS)
        self.assertEqual([(each.status, each.body) for each in answers], [(200, b"1")])
        self.assertEqual(self.version(), 2)

    def test_code_that_does_not_start_ends_no_worker(self) -> None:
        self.load_in_vain(BROKEN)
        self.assertEqual(self.version(), 1)
        self.write(3)
        self.web.restart_workers()
        self.assertEqual(self.version(), 3)

    def test_a_generation_that_is_not_whole_is_not_born(self) -> None:
        self.load_in_vain(HALF)
        self.write(3)
        self.web.restart_workers()
        self.assertEqual(self.version(), 3)
        self.assertEqual(len(self.web.workers()), 2)

    def test_a_killed_worker_has_all_replaced(self) -> None:
        old = self.web.workers()
        old[0].kill()
        psutil.wait_procs(old, timeout=SECONDS)
        wait_until(lambda: len(self.web.workers()) == 2, seconds=SECONDS)
        self.assertEqual(set(old) & set(self.web.workers()), set())
        self.assertEqual(self.version(), 1)
