from typing import Any

from django.db import IntegrityError, connection
from django.db.models import F, IntegerField
from django.db.transaction import TransactionManagementError
from django.test import TestCase

from custom.binding import MOST_BOUND
from custom.expressions import ByKey
from custom.models import IdempotencyKey, NamedLock, OutboxMessage
from custom.prepared_writes import Change, PreparedInsert, PreparedUpdate


def message(topic: str) -> OutboxMessage:
    return OutboxMessage(topic=topic, handler="", payload={"who": "Zoë's"})


def key(digest: str) -> IdempotencyKey:
    return IdempotencyKey(
        caller="", endpoint="test", key_digest=digest, fingerprint="", made=""
    )


def raise_by(locks: list[str], units: list[int]) -> Change:
    own = ByKey(dict(zip(locks, units, strict=True)), output_field=IntegerField())
    rows = NamedLock.objects.filter(pk__in=locks, taken__lt=5).order_by("pk")
    return rows, {"taken": F("taken") + own}


class PreparedInsertTests(TestCase):
    """Rows stored by SQL that is written once"""

    def test_rows_are_those_that_django_would_store(self) -> None:
        insert = PreparedInsert(OutboxMessage)
        for number in (1, 3, 3, 1):
            rows = [message(f"topic.{at}") for at in range(number)]
            with self.assertNumQueries(1):
                insert(rows)
            stored = OutboxMessage.objects.in_bulk([row.pk for row in rows])
            for row in rows:
                self.assertFalse(row._state.adding)
                own = {
                    name: value for name, value in vars(row).items() if name != "_state"
                }
                kept = vars(stored[row.pk])
                self.assertEqual(own, {name: kept[name] for name in own})

    def test_without_rows_nothing_is_asked(self) -> None:
        with self.assertNumQueries(0):
            PreparedInsert(OutboxMessage)([])

    def test_very_many_rows(self) -> None:
        insert = PreparedInsert(OutboxMessage)
        insert([message("many") for _ in range(MOST_BOUND + 1)])
        self.assertEqual(OutboxMessage.objects.count(), MOST_BOUND + 1)
        self.assertEqual(insert._statements, {})

    def test_a_refusal_of_the_database_spoils_the_transaction(self) -> None:
        insert = PreparedInsert(IdempotencyKey)
        insert([key("a")])
        with self.assertRaises(IntegrityError):
            insert([key("a")])
        with self.assertRaises(TransactionManagementError):
            IdempotencyKey.objects.count()
        connection.needs_rollback = False  # let the test end


class PreparedUpdateTests(TestCase):
    """Rows changed by SQL that is written once"""

    @classmethod
    def setUpTestData(cls) -> None:
        NamedLock.objects.bulk_create(NamedLock(name=name) for name in "abc")

    def taken(self) -> dict[str, Any]:
        return dict(NamedLock.objects.order_by("pk").values_list("pk", "taken"))

    def test_rows_are_changed_as_by_the_queryset(self) -> None:
        update = PreparedUpdate(raise_by)
        for locks, units, changed in (
            (["a", "b"], [1, 2], 2),
            (["b", "c"], [3, 4], 2),
            (["b", "c"], [9, 9], 1),
            (["a"], [7], 1),
            (["z"], [1], 0),
        ):
            with self.assertNumQueries(1):
                self.assertEqual(update(locks=locks, units=units), changed)
        self.assertEqual(self.taken(), {"a": 8, "b": 5, "c": 13})
        self.assertEqual(len(update._statements), 2)

    def test_very_many_rows(self) -> None:
        update = PreparedUpdate(raise_by)
        names = ["a", *(f"lock {number}" for number in range(MOST_BOUND))]
        self.assertEqual(update(locks=names, units=[2] * len(names)), 1)
        self.assertEqual(self.taken()["a"], 2)
        self.assertEqual(update._statements, {})

    def test_a_value_that_does_not_reach_sql_as_it_is(self) -> None:
        update = PreparedUpdate(
            lambda name: (NamedLock.objects.filter(pk=name.strip("\a")), {"taken": 1})
        )
        with self.assertRaisesMessage(ValueError, "cannot be prepared"):
            update(name="a")
