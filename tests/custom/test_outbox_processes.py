import socket
from pathlib import Path

from django.test import TransactionTestCase

from custom import outbox
from custom.models import OutboxMessage
from custom.transactions import run_in_transaction
from script.lib.servers import Redis
from tests.custom.workers import SECONDS, celery_worker
from tests.orders.factories import OrderFactory
from tests.servers import own_server, temporary_directory
from tests.waiting import wait_until


class DeliveryTests(TransactionTestCase):
    """A mail arrives whatever dies on its way: worker, scheduler or broker."""

    def publish(self) -> OutboxMessage:
        order = OrderFactory(user=None, guest_email="guest@example.com")
        payload: dict[str, object] = {"order": str(order.public_id)}
        run_in_transaction(lambda: outbox.publish("order.placed", payload))
        mails = OutboxMessage.objects.filter(handler__startswith="notifications.")
        return mails.filter(topic="order.placed").latest("pk")

    def is_done(self, message: OutboxMessage) -> bool:
        message.refresh_from_db()
        return message.state == OutboxMessage.State.DONE

    def is_claimed(self, message: OutboxMessage) -> bool:
        message.refresh_from_db()
        return message.attempts == 1

    def mails(self, home: Path) -> list[str]:
        return [path.read_text() for path in (home / "mail").glob("*")]

    def test_a_broker_that_was_away_and_forgot_everything(self) -> None:
        with own_server(Redis) as redis, temporary_directory() as home:
            mail = f"filemail:///{home}/mail"
            with celery_worker(home, redis.url, EMAIL_URL=mail) as worker:
                first = self.publish()
                wait_until(
                    lambda: self.is_done(first), "the first mail", seconds=SECONDS
                )
                redis.kill()
                second = self.publish()  # nobody needs the broker for that
                redis.start()
                redis.wait()

                def is_done() -> bool:
                    worker.watch()
                    return self.is_done(second)

                wait_until(is_done, "the second mail", seconds=SECONDS)
                worker.child.terminate()
                self.assertEqual(worker.child.wait(SECONDS), 0)
            self.assertEqual((second.attempts, second.last_error), (1, ""))
            self.assertEqual(len(self.mails(home)), 2)

    def test_a_worker_ends_when_its_scheduler_does(self) -> None:
        with (
            own_server(Redis) as redis,
            temporary_directory() as home,
            celery_worker(home / "not there", redis.url) as worker,
        ):
            self.assertEqual(worker.child.wait(SECONDS), 1)

    def test_a_worker_that_is_killed_in_the_middle(self) -> None:
        with own_server(Redis) as redis, temporary_directory() as home:
            silent = self.enterContext(socket.create_server(("127.0.0.1", 0)))
            stuck = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
            message = self.publish()
            with celery_worker(home, redis.url, EMAIL_URL=stuck) as worker:
                wait_until(lambda: self.is_claimed(message), "a claim", seconds=SECONDS)
                worker.kill()
            self.assertFalse(self.is_done(message))
            # Its lease ends in two minutes; so long nobody wants to wait here.
            OutboxMessage.objects.update(
                claimed_until=message.created_at, next_at=message.created_at
            )
            mail = f"filemail:///{home}/mail"
            with celery_worker(home, redis.url, EMAIL_URL=mail):
                wait_until(lambda: self.is_done(message), "the mail", seconds=SECONDS)
            self.assertEqual(message.attempts, 2)
            (sent,) = self.mails(home)
            self.assertIn(str(message.public_id), sent)
