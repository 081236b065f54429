from datetime import timedelta
from typing import Any
from unittest import mock

from django.conf import settings
from django.db import OperationalError, connection
from django.test import TestCase, TransactionTestCase, override_settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from custom.api.idempotency import (
    KeyInvalidError,
    KeyRequiredError,
    read_key,
    require_key,
)
from custom.idempotency import (
    KeyInProgressError,
    KeyReusedError,
    Outcome,
    RequestKey,
    run_once,
)
from custom.models import IdempotencyKey, NamedLock
from custom.tasks import purge_idempotency_keys
from custom.transactions import lock_wait, run_in_transaction
from tests.custom.rivals import rival_session
from tests.processes import race


def key_of(key: str = "key", body: object = None, **parts: str) -> RequestKey:
    parts = {"caller": "user:1", "endpoint": "test.make"} | parts
    return RequestKey.of(key, body=body, **parts)


def make(name: str) -> str:
    NamedLock.objects.create(name=name)
    return name


class RunOnceTests(TransactionTestCase):
    """custom.idempotency.run_once"""

    def test_the_second_time_nothing_is_done(self) -> None:
        first = run_once(key_of(), lambda: make("a"))
        second = run_once(key_of(), lambda: make("b"))
        self.assertEqual(first, Outcome("a", is_replay=False))
        self.assertEqual(second, Outcome("a", is_replay=True))
        self.assertEqual(NamedLock.objects.get().name, "a")

    def test_what_is_made_may_be_told_beforehand(self) -> None:
        # BEGIN, INSERT of the key, INSERT of what is made, COMMIT
        with self.assertNumQueries(4):
            run_once(key_of(), lambda: make("a"), makes="a")
        self.assertEqual(run_once(key_of(), lambda: make("b")).made, "a")

    def test_another_body_is_refused(self) -> None:
        run_once(key_of(body={"a": 1, "b": 2}), lambda: make("a"))
        same = run_once(key_of(body={"b": 2, "a": 1}), lambda: make("b"))
        self.assertEqual(same.made, "a")
        with self.assertRaises(KeyReusedError) as caught:
            run_once(key_of(body={"a": 1, "b": 3}), lambda: make("b"))
        self.assertEqual(caught.exception.code, "idempotency-key-reused")
        self.assertEqual(NamedLock.objects.count(), 1)

    def test_a_refusal_leaves_the_key_free(self) -> None:
        def refuse() -> str:
            make("a")
            raise ZeroDivisionError

        with self.assertRaises(ZeroDivisionError):
            run_once(key_of(), refuse)
        self.assertEqual(IdempotencyKey.objects.count(), 0)
        self.assertEqual(run_once(key_of(), lambda: make("a")).is_replay, False)

    def test_keys_are_compared_byte_for_byte_and_by_owner(self) -> None:
        keys = [
            *(key_of(key) for key in ("Key-a", "KEY-A", "Key-á", "Key-a ", "🍎", "🍌")),
            key_of("Key-a", caller="user:2"),
            key_of("Key-a", caller=""),
            key_of("Key-a", endpoint="test.other"),
        ]
        for number, key in enumerate(keys):
            outcome = run_once(key, lambda number=number: make(f"row {number}"))
            self.assertEqual(outcome, Outcome(f"row {number}", is_replay=False))

    def test_neither_key_nor_body_is_stored(self) -> None:
        run_once(key_of("secret-key", {"password": "hunter2"}), lambda: make("a"))
        row = IdempotencyKey.objects.values().get()
        self.assertNotIn("secret-key", str(row))
        self.assertNotIn("hunter2", str(row))
        self.assertRegex(row["key_digest"], "^[0-9a-f]{64}$")
        self.assertRegex(row["fingerprint"], "^[0-9a-f]{64}$")

    def test_a_changed_secret_key_still_knows_the_body(self) -> None:
        run_once(key_of(), lambda: make("a"))
        fallbacks = [settings.SECRET_KEY]
        with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=fallbacks):
            self.assertTrue(run_once(key_of(), lambda: make("b")).is_replay)

    def test_who_holds_the_key_is_waited_for_one_second(self) -> None:
        key = key_of()
        with rival_session() as cursor:
            cursor.execute(
                "INSERT INTO custom_idempotencykey (caller, endpoint, key_digest,"
                " fingerprint, made, created_at) VALUES (%s, %s, %s, %s, '', NOW())",
                [key.caller, key.endpoint, key.key_digest, key.fingerprints[0]],
            )
            with (
                mock.patch("custom.idempotency.lock_wait", wraps=lock_wait) as limited,
                self.assertRaises(KeyInProgressError) as caught,
            ):
                run_once(key, lambda: make("a"))
        self.assertEqual(caught.exception.code, "idempotency-in-progress")
        self.assertEqual(caught.exception.retry_after, 1)
        limited.assert_called_once_with(1)
        self.assertEqual(NamedLock.objects.count(), 0)
        # The holder gave up: the key is free.
        self.assertEqual(run_once(key, lambda: make("a")).is_replay, False)

    def test_a_commit_whose_answer_is_lost_is_not_made_twice(self) -> None:
        lost: list[int] = []

        def commit() -> None:
            connection.connection.commit()
            if not lost:
                lost.append(connection.connection.thread_id())
                raise OperationalError(2013, "Lost connection during query")

        with mock.patch.object(connection, "_commit", side_effect=commit):
            outcome = run_once(key_of(), lambda: make("a"), makes="a")
        self.assertEqual(outcome.made, "a")
        self.assertEqual(NamedLock.objects.count(), 1)
        self.assertNotEqual(connection.connection.thread_id(), lost[0])

    def test_inside_another_transaction_it_is_refused(self) -> None:
        with self.assertRaises(RuntimeError):
            run_in_transaction(lambda: run_once(key_of(), lambda: make("a")))

    def test_eight_processes_with_one_key_make_one_row(self) -> None:
        calls = [{"maker": number} for number in range(8)]
        outcomes = race("tests.custom.racers.make_once", calls)
        self.assertEqual([outcome.error for outcome in outcomes], [None] * 8)
        values: list[dict[str, Any]] = [outcome.value for outcome in outcomes]
        self.assertEqual([value["is_replay"] for value in values].count(False), 1)
        self.assertEqual(
            {value["made"] for value in values}, {NamedLock.objects.get().name}
        )


class PurgeTests(TestCase):
    """custom.idempotency.purge_keys"""

    def test_keys_are_kept_for_their_hours(self) -> None:
        hours = settings.IDEMPOTENCY_KEY_HOURS
        self.assertGreaterEqual(hours, 24)
        now = timezone.now()
        for minutes in (1, -1):
            IdempotencyKey.objects.create(
                caller="",
                endpoint="test.make",
                key_digest=str(minutes),
                created_at=now - timedelta(hours=hours, minutes=minutes),
            )
        self.assertEqual(purge_idempotency_keys(), 1)
        self.assertEqual(IdempotencyKey.objects.get().key_digest, "-1")


class ReadKeyTests(TestCase):
    """custom.api.idempotency"""

    @staticmethod
    def request(**headers: str) -> Request:
        return Request(APIRequestFactory().post("/", headers=headers))

    def test_an_absent_key_is_none_unless_it_is_required(self) -> None:
        for headers in ({}, {"Idempotency-Key": ""}):
            request = self.request(**headers)
            self.assertIsNone(read_key(request, endpoint="test.make"))
            with self.assertRaises(KeyRequiredError):
                require_key(request, endpoint="test.make")

    def test_a_guests_key_belongs_to_the_basket_token(self) -> None:
        callers = {
            require_key(
                self.request(**{"Idempotency-Key": "k", "X-Basket-Token": token}),
                endpoint="test.make",
            ).caller
            for token in ("secret-a", "secret-b", "\xe9")
        }
        self.assertEqual({len(caller) for caller in callers}, {64})
        self.assertEqual(len(callers), 3)

    def test_a_key_is_1_to_255_visible_ascii_characters(self) -> None:
        for key in ("!", "~" * 255, "Key-a"):
            request = self.request(**{"Idempotency-Key": key})
            self.assertEqual(require_key(request, endpoint="test.make").caller, "")
        for key in (" ", "a b", "\t", "é", "x" * 256, "\x7f"):
            request = self.request(**{"Idempotency-Key": key})
            with self.subTest(key), self.assertRaises(KeyInvalidError):
                read_key(request, endpoint="test.make")
