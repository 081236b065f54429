import socketserver
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from unittest import TestCase

import psutil
from django.db import connection
from django.test import TransactionTestCase

from custom import outbox
from custom.models import OutboxMessage
from custom.origins import API, TASK, current_source, origin
from custom.transactions import run_in_transaction
from script.lib.servers import Redis
from shop.celery import app
from tests.custom.workers import SECONDS, celery_worker
from tests.orders.factories import OrderFactory
from tests.servers import own_server, temporary_directory
from tests.waiting import wait_until

THREADS = 2


class Conversation(socketserver.StreamRequestHandler):
    """Takes a mail, once the server is open."""

    server: "MailServer"

    def handle(self) -> None:
        """Say yes to everything."""
        self.server.visitors.release()
        while not self.server.is_open.wait(1):
            self.wfile.write(b"220-soon\r\n")  # a client gives up after ten seconds
        self.say(220)
        is_text = False
        for line in self.rfile:
            if is_text and line != b".\r\n":
                continue
            is_text = line == b"data\r\n"
            self.say(354 if is_text else 250)

    def say(self, code: int) -> None:
        self.wfile.write(b"%d well\r\n" % code)


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server that keeps everybody waiting until it is open."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.is_open = threading.Event()
        self.visitors = threading.Semaphore(0)  # released for each who comes

    @property
    def url(self) -> str:
        """Return what ``EMAIL_URL`` takes."""
        return f"smtp://127.0.0.1:{self.server_address[1]}"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run one that is not open yet."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.is_open.set()
            server.shutdown()
            thread.join()


class ThreadTests(TransactionTestCase):
    """One process, whose threads carry tasks out."""

    def publish(self, number: int) -> None:
        """Let so many mails be due."""
        orders = [
            OrderFactory(user=None, guest_email="guest@example.com")
            for _each in range(number)
        ]
        payloads = [{"order": str(order.public_id)} for order in orders]
        run_in_transaction(lambda: outbox.publish_all("order.placed", payloads))

    def states(self) -> set[tuple[str, int]]:
        """Return state and attempts of all messages."""
        return set(OutboxMessage.objects.values_list("state", "attempts"))

    def num_connections(self) -> int:
        """Return how many others are connected to this database."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) - 1 FROM information_schema.processlist "
                "WHERE db = DATABASE()"
            )
            return int(cursor.fetchone()[0])

    def test_two_tasks_run_at_once_and_are_finished_before_the_worker_ends(
        self,
    ) -> None:
        self.publish(THREADS)
        with (
            mail_server() as mails,
            own_server(Redis) as redis,
            temporary_directory() as home,
            celery_worker(
                home, redis.url, threads=THREADS, EMAIL_URL=mails.url
            ) as worker,
        ):
            for _each in range(THREADS):  # each waits for an answer
                self.assertTrue(mails.visitors.acquire(timeout=SECONDS))
            process = psutil.Process(worker.child.pid)
            self.assertEqual(process.children(), [])
            before = process.num_threads()
            worker.child.terminate()
            wait_until(
                lambda: process.num_threads() < before,
                "the scheduler's end",
                seconds=SECONDS,
            )
            mails.is_open.set()
            self.assertEqual(worker.child.wait(SECONDS), 0)
        sent = OutboxMessage.objects.filter(handler__startswith="notifications.")
        self.assertEqual(
            set(sent.values_list("state", "attempts")),
            {(OutboxMessage.State.DONE, 1)},
        )
        wait_until(lambda: self.num_connections() == 0, "MariaDB's notice")

    def test_threads_keep_their_connections(self) -> None:
        self.publish(1)
        done = {(OutboxMessage.State.DONE, 1)}
        with (
            own_server(Redis) as redis,
            temporary_directory() as home,
            celery_worker(
                home,
                redis.url,
                threads=THREADS,
                EMAIL_URL=f"filemail:///{home}/mail",
            ),
        ):
            wait_until(lambda: self.states() == done, "one", seconds=SECONDS)
            self.publish(20)
            wait_until(lambda: self.states() == done, "many", seconds=SECONDS)
            self.assertLessEqual(self.num_connections(), THREADS)


class OriginTests(TestCase):
    """What a task changes is told from what people change."""

    def test_each_thread_has_its_own(self) -> None:
        both = threading.Barrier(2, timeout=SECONDS)

        @app.task(shared=False)
        def source() -> str:
            both.wait()
            return current_source()

        def other() -> str:
            with origin(API):
                both.wait()
                return current_source()

        with ThreadPoolExecutor(2) as threads:
            found = [threads.submit(source), threads.submit(other)]
        self.assertEqual([each.result() for each in found], [TASK, API])
