from datetime import timedelta
from unittest import mock

import structlog
import time_machine
from django.test import TestCase, TransactionTestCase, override_settings
from django.utils import timezone

from custom import outbox
from custom.models import NamedLock, OutboxMessage
from custom.tasks import consume_message, purge_outbox, relay_outbox
from custom.transactions import run_in_transaction
from shop.celery import app
from tests.custom import handlers
from tests.processes import Running

HANDLERS = {
    "test.effect": "tests.custom.handlers.make_lock",
    "test.both": (
        "tests.custom.handlers.make_lock_and_fail",
        "tests.custom.handlers.make_lock",
    ),
    "test.nobody": (),
    "test.stop": "tests.custom.racers.stop_midway",
    "test.failure": "tests.custom.handlers.make_lock_and_fail",
    "test.mail": "tests.custom.handlers.send",
    "test.request": "tests.custom.test_outbox.tell_request",
}
State = OutboxMessage.State


SEEN: list[str] = []


def tell_request(_message: OutboxMessage) -> None:
    SEEN.append(structlog.contextvars.get_contextvars()["request_id"])


def publish(topic: str = "test.effect", **payload: str) -> OutboxMessage:
    run_in_transaction(lambda: outbox.publish(topic, dict(payload)))
    return OutboxMessage.objects.latest("pk")


@override_settings(OUTBOX_HANDLERS=HANDLERS)
class PublishTests(TransactionTestCase):
    """custom.outbox.publish"""

    def test_a_message_is_part_of_its_transaction(self) -> None:
        def work() -> None:
            outbox.publish("test.effect", {"name": "x"})
            raise ZeroDivisionError

        with self.assertRaises(ZeroDivisionError):
            run_in_transaction(work)
        self.assertEqual(OutboxMessage.objects.count(), 0)
        publish(name="x")
        self.assertEqual(OutboxMessage.objects.get().payload, {"name": "x"})

    def test_it_carries_the_id_of_the_request_behind_it(self) -> None:
        with structlog.contextvars.bound_contextvars(request_id="of-the-request"):
            message = publish("test.request")
        self.assertEqual(message.request_id, "of-the-request")
        outbox.consume(message.pk)
        self.assertEqual(SEEN, ["of-the-request"])

    def test_each_handler_gets_a_message_of_its_own(self) -> None:
        publish("test.both", name="x")
        self.assertEqual(
            list(
                OutboxMessage.objects.order_by("pk").values_list("handler", "payload")
            ),
            [(path, {"name": "x"}) for path in HANDLERS["test.both"]],
        )

    def test_a_topic_nobody_listens_to_stores_nothing(self) -> None:
        with self.assertNumQueries(2):  # BEGIN and COMMIT
            run_in_transaction(lambda: outbox.publish("test.nobody", {}))
        self.assertEqual(OutboxMessage.objects.count(), 0)

    def test_many_events_are_one_statement(self) -> None:
        def work() -> None:
            with self.assertNumQueries(1):
                outbox.publish_all("test.both", [{"name": "x"}, {"name": "y"}])

        run_in_transaction(work)
        self.assertEqual(OutboxMessage.objects.count(), 4)

    def test_an_unknown_topic_is_refused(self) -> None:
        with self.assertRaises(KeyError):
            publish("test.unknown")

    def test_outside_a_transaction_it_is_refused(self) -> None:
        with self.assertRaises(RuntimeError):
            outbox.publish("test.effect", {})


@override_settings(OUTBOX_HANDLERS=HANDLERS)
class RelayTests(TestCase):
    """custom.outbox.relay"""

    def test_rings_for_what_is_due_and_only_later_again(self) -> None:
        due, later, done = publish(), publish(), publish()
        hour = timezone.now() + timedelta(hours=1)
        OutboxMessage.objects.filter(pk=later.pk).update(next_at=hour)
        OutboxMessage.objects.filter(pk=done.pk).update(state=State.DONE)
        rung: list[int] = []
        self.assertEqual(outbox.relay(rung.append), 1)
        self.assertEqual(outbox.relay(rung.append), 0)
        self.assertEqual(rung, [due.pk])
        with time_machine.travel(timezone.now() + timedelta(seconds=31)):
            self.assertEqual(outbox.relay(rung.append), 1)
        self.assertEqual(rung, [due.pk, due.pk])

    def test_a_broken_doorbell_loses_nothing(self) -> None:
        message = publish()

        ring = mock.Mock(side_effect=ConnectionError)
        with self.assertRaises(ConnectionError):
            outbox.relay(ring)
        message.refresh_from_db()
        self.assertEqual((message.state, message.attempts), (State.PENDING, 0))
        rung: list[int] = []
        with time_machine.travel(timezone.now() + timedelta(seconds=31)):
            outbox.relay(rung.append)
        self.assertEqual(rung, [message.pk])

    def test_statements_do_not_grow_with_messages(self) -> None:
        publish()
        with self.assertNumQueries(4):  # SELECT, SAVEPOINT, UPDATE, RELEASE
            outbox.relay(mock.Mock())
        for _ in range(5):
            publish()
        with self.assertNumQueries(4):
            self.assertEqual(outbox.relay(mock.Mock()), 5)

    def test_the_task_rings_by_the_broker(self) -> None:
        message = publish()
        with app.connection_for_write() as broker:
            queue = broker.SimpleQueue(app.conf.task_default_queue)
            queue.clear()
            self.assertEqual(relay_outbox(), 1)
            bell = queue.get(timeout=5)
            bell.ack()
            queue.close()
        self.assertEqual(bell.headers["task"], "custom.consume_message")
        self.assertEqual(bell.payload[0], [message.pk])


@override_settings(OUTBOX_HANDLERS=HANDLERS)
class ConsumeTests(TransactionTestCase):
    """custom.outbox.consume"""

    def test_the_effect_happens_once(self) -> None:
        message = publish(name="made")
        consume_message(message.pk)
        consume_message(message.pk)
        message.refresh_from_db()
        self.assertEqual((message.state, message.attempts), (State.DONE, 1))
        self.assertEqual(NamedLock.objects.get().name, "made")

    def test_one_handler_that_fails_keeps_no_other_from_its_work(self) -> None:
        publish("test.both", name="made")
        with self.assertLogs("custom.outbox", "ERROR"):
            for message in OutboxMessage.objects.order_by("pk"):
                outbox.consume(message.pk)
        states = OutboxMessage.objects.order_by("pk").values_list("state", flat=True)
        self.assertEqual(list(states), [State.PENDING, State.DONE])
        self.assertEqual(NamedLock.objects.get().name, "made")

    def test_a_handler_the_topic_has_lost_is_not_called(self) -> None:
        message = publish(name="made")
        changed = HANDLERS | {"test.effect": "tests.custom.handlers.send"}
        with (
            self.settings(OUTBOX_HANDLERS=changed),
            self.assertLogs("custom.outbox", "ERROR"),
        ):
            outbox.consume(message.pk)
        message.refresh_from_db()
        self.assertEqual(
            (message.state, message.last_error), ("pending", "LookupError")
        )

    def test_a_message_without_a_handler_is_for_the_topics_first(self) -> None:
        message = publish(name="made")
        OutboxMessage.objects.update(handler="")
        outbox.consume(message.pk)
        self.assertEqual(NamedLock.objects.get().name, "made")

    def test_a_failed_effect_leaves_nothing_but_its_count(self) -> None:
        message = publish("test.failure", name="half")
        start = timezone.now()
        with (
            time_machine.travel(start, tick=False),
            self.assertLogs("custom.outbox", "ERROR"),
        ):
            outbox.consume(message.pk)
        message.refresh_from_db()
        self.assertEqual(NamedLock.objects.count(), 0)
        self.assertEqual((message.state, message.attempts), (State.PENDING, 1))
        self.assertEqual(message.last_error, "BrokenError")
        self.assertEqual(message.claimed_until, None)
        self.assertEqual((message.next_at - start).total_seconds(), 10)

    def test_poison_is_parked_after_twelve_attempts(self) -> None:
        message = publish("test.failure", name="half")
        with self.assertLogs("custom.outbox", "ERROR"):
            for _ in range(13):
                outbox.consume(message.pk)
        message.refresh_from_db()
        self.assertEqual((message.state, message.attempts), (State.DEAD, 12))
        self.assertEqual(outbox.relay(mock.Mock()), 0)

    def test_an_external_effect_happens_before_its_message_is_done(self) -> None:
        handlers.SENT.clear()
        message = publish("test.mail")
        outbox.consume(message.pk)
        message.refresh_from_db()
        self.assertEqual(handlers.SENT, [(1, State.PENDING)])
        self.assertEqual(message.state, State.DONE)

    def test_a_message_in_other_hands_is_left_alone_until_the_lease_ends(self) -> None:
        message = publish(name="made")
        now = timezone.now()
        OutboxMessage.objects.claim("other", now=now, until=now + outbox.LEASE)
        outbox.consume(message.pk)
        self.assertEqual(NamedLock.objects.count(), 0)
        with time_machine.travel(now + outbox.LEASE + timedelta(seconds=1)):
            outbox.consume(message.pk)
        message.refresh_from_db()
        self.assertEqual((message.state, message.attempts), (State.DONE, 2))
        self.assertEqual(NamedLock.objects.count(), 1)

    def test_who_lost_the_lease_has_no_effect(self) -> None:
        message = publish(name="made")
        now = timezone.now()
        OutboxMessage.objects.claim("slow", now=now, until=now)
        message.refresh_from_db()
        outbox.consume(message.pk)
        outbox._carry_out(message)  # "slow" wakes up
        self.assertEqual(NamedLock.objects.count(), 1)

    def test_an_attempt_that_kills_its_consumer_is_counted(self) -> None:
        message = publish("test.stop")
        call = {"message_id": message.pk}
        with Running("tests.custom.racers.consume", [call]) as consumer:
            consumer.wait_for(f"handling {message.pk}")
            consumer.kill()
        OutboxMessage.objects.update(
            topic="test.effect", handler=HANDLERS["test.effect"], payload={"name": "x"}
        )
        message.refresh_from_db()
        self.assertEqual((message.state, message.attempts), (State.PENDING, 1))
        rung: list[int] = []
        self.assertEqual(outbox.relay(rung.append), 0)
        with time_machine.travel(timezone.now() + outbox.LEASE):
            outbox.relay(rung.append)
            outbox.consume(message.pk)
        message.refresh_from_db()
        self.assertEqual(rung, [message.pk])
        self.assertEqual((message.state, message.attempts), (State.DONE, 2))

    def test_a_consumer_that_always_dies_ends_in_parking(self) -> None:
        message = publish(name="made")
        OutboxMessage.objects.update(attempts=12)
        with self.assertLogs("custom.outbox", "ERROR"):
            outbox.consume(message.pk)
        message.refresh_from_db()
        self.assertEqual(message.state, State.DEAD)
        self.assertEqual(NamedLock.objects.count(), 0)


@override_settings(OUTBOX_HANDLERS=HANDLERS)
class ResendTests(TransactionTestCase):
    """custom.outbox.resend"""

    def test_a_parked_message_is_tried_as_if_it_were_new(self) -> None:
        message = publish(name="made")
        OutboxMessage.objects.update(
            state=State.DEAD, attempts=12, last_error="BrokenError"
        )
        self.assertEqual(outbox.resend([message.pk]), 1)
        message.refresh_from_db()
        self.assertEqual(
            (message.state, message.attempts, message.last_error),
            (State.PENDING, 0, "BrokenError"),
        )
        rung: list[int] = []
        outbox.relay(rung.append)
        self.assertEqual(rung, [message.pk])
        outbox.consume(message.pk)
        message.refresh_from_db()
        self.assertEqual((message.state, message.last_error), (State.DONE, ""))

    def test_a_waiting_message_is_tried_at_once(self) -> None:
        message = publish(name="made")
        hour = timezone.now() + timedelta(hours=1)
        OutboxMessage.objects.update(next_at=hour, attempts=5)
        self.assertEqual(outbox.resend([message.pk]), 1)
        self.assertEqual(outbox.relay(mock.Mock()), 1)

    def test_what_is_done_or_in_other_hands_stays(self) -> None:
        done, held = publish(name="done"), publish(name="held")
        outbox.consume(done.pk)
        now = timezone.now()
        OutboxMessage.objects.filter(pk=held.pk).claim(
            "other", now=now, until=now + outbox.LEASE
        )
        self.assertEqual(outbox.resend([done.pk, held.pk]), 0)
        states = list(OutboxMessage.objects.values_list("state", "claimed_by"))
        self.assertEqual(states[0][0], State.DONE)
        self.assertEqual(states[1], (State.PENDING, "other"))


class PurgeTests(TestCase):
    """custom.outbox.purge"""

    def test_only_old_messages_that_are_done_go(self) -> None:
        now = timezone.now()
        old, fresh = now - timedelta(days=8), now - timedelta(days=6)
        for state, done_at in (
            (State.DONE, old),
            (State.DONE, fresh),
            (State.DEAD, None),
            (State.PENDING, None),
        ):
            OutboxMessage.objects.create(topic="t", state=state, done_at=done_at)
        self.assertEqual(purge_outbox(), 1)
        states = list(OutboxMessage.objects.values_list("state", flat=True))
        self.assertEqual(states, [State.DONE, State.DEAD, State.PENDING])
