import re
from datetime import UTC, datetime, timedelta
from io import StringIO

import time_machine
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from custom.models import OutboxMessage
from custom.privacy.holdings import holdings, retentions
from custom.privacy.retention import apply_retention, due_rows
from custom.tasks import apply_retention as task
from orders.models import Order
from orders.services import forget_old_buyers
from tests.orders.factories import ADDRESS, OrderFactory
from tests.users.factories import UserFactory, create_token
from users.models import AuthToken, Erasure
from users.services import start_erasure

LONG_AGO = datetime(2009, 6, 1, tzinfo=UTC)


def due() -> dict[str, int]:
    """Return class of data -> rows that are due, where some are."""
    return {each.retention.data: each.rows for each in due_rows() if each.rows}


class ScheduleTests(TestCase):
    """Who ends what, and that somebody does"""

    def test_each_class_has_a_task_of_the_scheduler(self) -> None:
        scheduled = {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}
        self.assertIn("custom.apply_retention", scheduled)
        for each in retentions():
            self.assertIn(each.task or "custom.apply_retention", scheduled, each.data)

    def test_every_task_that_purges_is_in_the_schedule(self) -> None:
        told = {each.task for each in retentions()}
        purging = {
            each["task"]
            for each in settings.CELERY_BEAT_SCHEDULE.values()
            if "purge" in each["task"]
        }
        self.assertEqual(purging - told, set())

    def test_every_setting_named_is_one(self) -> None:
        for each in retentions():
            for name in re.findall(r"`([A-Z_]+)`", each.period):
                self.assertGreater(getattr(settings, name), 0, name)

    def test_each_is_read_along_an_index(self) -> None:
        """A full scan would be named ALL by the plan of each query."""
        for each in retentions():
            rows = each.due()
            table = rows.model._meta.db_table
            with self.subTest(each.data), CaptureQueriesContext(connection) as asked:
                list(rows[:1])
            if not asked.captured_queries:
                continue  # nothing to ask
            with connection.cursor() as cursor:
                cursor.execute(f"SHOW INDEX FROM `{table}`")
                indexed = {row[4] for row in cursor.fetchall()}
            where = asked.captured_queries[0]["sql"].partition(" WHERE ")[2]
            self.assertTrue(any(f"`{name}`" in where for name in indexed), each.data)


class OrderRetentionTests(TestCase):
    """orders.services.forget_old_buyers"""

    def test_buyers_go_with_the_books_and_amounts_stay(self) -> None:
        old = OrderFactory(
            user=None,
            guest_email="ada@example.com",
            note="Ring twice",
            status="completed",
            placed_at=LONG_AGO,
        )
        before = Order.objects.values("total_amount", "number", "status").get()
        self.assertEqual(forget_old_buyers(), 1)
        self.assertEqual(forget_old_buyers(), 0)
        self.assertEqual(
            Order.objects.values("total_amount", "number", "status").get(), before
        )
        old.refresh_from_db()
        self.assertEqual((old.guest_email, old.note), ("", ""))
        self.assertEqual(old.billing_address["country"], "AT")
        self.assertEqual(set(old.billing_address.values()), {"", "AT"})
        self.assertIsNotNone(old.erased_at)

    def test_the_last_kept_year_and_open_orders_stay(self) -> None:
        with time_machine.travel(datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)):
            kept = OrderFactory(
                status="completed", placed_at=datetime(2016, 1, 1, tzinfo=UTC)
            )
            gone = OrderFactory(
                status="completed",
                placed_at=datetime(2015, 12, 31, 23, 59, tzinfo=UTC),
            )
            is_open = OrderFactory(status="confirmed", placed_at=LONG_AGO)
            self.assertEqual(forget_old_buyers(), 1)
        for order in (kept, is_open):
            order.refresh_from_db()
            self.assertEqual(order.billing_address, ADDRESS)
        gone.refresh_from_db()
        self.assertEqual(gone.billing_address["last_name"], "")

    def test_statements_do_not_grow_with_orders(self) -> None:
        for number in (1, 5):
            OrderFactory.create_batch(number, status="completed", placed_at=LONG_AGO)
            with self.assertNumQueries(10):
                # keys; savepoint, lock, update, events, parcels, refunds, steps of
                # payments, release; no more keys
                forget_old_buyers()


class ApplyTests(TestCase):
    """custom.privacy.retention"""

    def test_what_is_due_is_counted_and_ended(self) -> None:
        user = UserFactory()
        now = timezone.now()
        old = now - timedelta(days=2000)
        LogEntry.objects.create(
            user=user, object_repr="x", action_flag=CHANGE, action_time=old
        )
        LogEntry.objects.create(user=user, object_repr="new", action_flag=CHANGE)
        Session.objects.create(session_key="a", session_data="", expire_date=old)
        Session.objects.create(
            session_key="b", session_data="", expire_date=now + timedelta(days=1)
        )
        OutboxMessage.objects.create(topic="x", state="dead", next_at=old)
        OutboxMessage.objects.create(topic="x", state="dead")
        dead, alive = create_token(user)[0], create_token(user)[0]
        AuthToken.objects.filter(pk=dead.pk).update(expiry=old)
        erasure = start_erasure(user)
        Erasure.objects.update(
            state="done", is_open=None, ended_at=old, mail_to="ada@example.com"
        )
        OrderFactory(status="completed", placed_at=LONG_AGO)
        expected = {
            "Messages of the outbox that are parked": 1,
            "The log of what staff did in the admin": 1,
            "Sessions": 1,
            "Devices whose sign-in has run out": 1,
            "Addresses that a receipt of an erasure could not be sent to": 1,
            "Receipts of erasures": 1,
            "Buyers' addresses and notes in orders, and addresses on invoices": 1,
        }
        self.assertEqual(due(), expected)
        told = StringIO()
        call_command("retention", "--dry-run", stdout=told)
        self.assertEqual(due(), expected)  # nothing was changed
        for data in expected:
            self.assertIn(
                f"       1  {data}  (custom.apply_retention)", told.getvalue()
            )
        self.assertEqual(task(), 7)
        self.assertEqual(due(), {})
        self.assertEqual(apply_retention(), 0)
        self.assertEqual(LogEntry.objects.get().object_repr, "new")
        self.assertEqual(Session.objects.get().session_key, "b")
        self.assertEqual(OutboxMessage.objects.filter(state="dead").count(), 1)
        self.assertEqual(AuthToken.objects.get(), alive)
        self.assertFalse(Erasure.objects.filter(pk=erasure.pk).exists())

    def test_the_command_ends_what_is_due(self) -> None:
        OrderFactory(status="completed", placed_at=LONG_AGO)
        told = StringIO()
        call_command("retention", stdout=told)
        self.assertIn("Ended: 1", told.getvalue())
        self.assertEqual(due(), {})

    def test_a_class_of_another_task_is_only_counted(self) -> None:
        OutboxMessage.objects.create(topic="x", state="done", done_at=LONG_AGO)
        self.assertEqual(due(), {"Messages of the outbox that are done": 1})
        self.assertEqual(apply_retention(), 0)
        self.assertEqual(due(), {"Messages of the outbox that are done": 1})


class DocsTests(TestCase):
    """docs/privacy.md"""

    text = (settings.BASE_DIR / "docs" / "privacy.md").read_text()

    def test_the_schedule_is_told(self) -> None:
        for each in retentions():
            task = each.task or "custom.apply_retention"
            row = f"| {each.data} | {each.period} | `{task}` |"
            self.assertIn(row, self.text)

    def test_every_kind_is_told(self) -> None:
        for each in holdings():
            label = apps.get_model(each.model)._meta.label
            stays = each.kept or "nothing"
            shown = f"`{each.name}.json`" if each.shown else "no"
            row = f"| `{label}` | {shown} | {each.erasure} | {stays} |"
            self.assertIn(row, self.text)
