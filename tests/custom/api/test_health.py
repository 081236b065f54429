from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import time_machine
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import TestCase, override_settings
from django.utils import timezone

from custom.models import OutboxMessage

OK = {"database": "ok", "migrations": "ok", "redis": "ok", "queue": "ok"}
NO_DATABASE = {"database": "failed", "migrations": "failed", "redis": "ok"}
EMPTY = {"pending": 0, "oldest_seconds": 0, "parked": 0}


@contextmanager
def lost_database() -> Iterator[None]:
    """Point this thread's connection at a server that is not there."""
    mine = connections["default"]
    lost = mine.copy()
    lost.settings_dict |= {"HOST": "/nowhere/m.sock"}
    connections["default"] = lost
    try:
        yield
    finally:
        connections["default"] = mine


def lost_redis() -> dict[str, dict[str, object]]:
    """Return cache settings that lead nowhere."""
    return {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": "unix:///nowhere/r.sock",
            "OPTIONS": {"IGNORE_EXCEPTIONS": True},
        }
    }


def is_fine() -> bool:
    """Be a part of the shop that works."""
    return True


def is_ill() -> bool:
    """Be a part of the shop that fails."""
    return False


@override_settings(HEALTH_CHECKS={})
class HealthTests(TestCase):
    """GET /health/live and /health/ready"""

    def test_parts_that_the_settings_name(self) -> None:
        for name, ready, part in (
            ("is_fine", "ok", "ok"),
            ("is_ill", "degraded", "failed"),
        ):
            checks = {"part": f"{__name__}.{name}"}
            with override_settings(HEALTH_CHECKS=checks):
                answer = self.client.get("/health/ready")
            self.assertEqual(answer.status_code, 200)
            self.assertEqual(answer.json()["status"], ready)
            self.assertEqual(answer.json()["checks"], OK | {"part": part})

    def test_live_asks_nobody(self) -> None:
        with self.assertNumQueries(0):
            answer = self.client.get("/health/live")
        self.assertEqual((answer.status_code, answer.json()), (200, {"status": "ok"}))
        self.assertIn("no-store", answer.headers["Cache-Control"])

    def test_live_without_a_database(self) -> None:
        with lost_database():
            self.assertEqual(self.client.get("/health/live").status_code, 200)

    def test_ready(self) -> None:
        with self.assertNumQueries(4):  # SELECT 1; tables; applied migrations; outbox
            answer = self.client.get("/health/ready")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json(), {"status": "ok", "checks": OK, "outbox": EMPTY})
        self.assertIn("no-store", answer.headers["Cache-Control"])

    def test_probes_know_no_host_name(self) -> None:
        for path in ("/health/live", "/health/ready"):
            answer = self.client.get(path, headers={"host": "10.0.0.1:8000"})
            self.assertEqual(answer.status_code, 200)

    def test_without_a_database(self) -> None:
        with lost_database(), self.assertLogs("custom.api.health", "ERROR"):
            answer = self.client.get("/health/ready")
        self.assertEqual(answer.status_code, 503)
        self.assertEqual(
            answer.json(),
            {"status": "failed", "checks": NO_DATABASE},
        )

    def test_with_a_migration_missing(self) -> None:
        MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")
        with self.assertLogs("django_structlog", "ERROR"):
            answer = self.client.get("/health/ready")
        self.assertEqual(answer.status_code, 503)
        self.assertEqual(answer.json()["checks"], NO_DATABASE | {"database": "ok"})

    def test_without_redis(self) -> None:
        with override_settings(CACHES=lost_redis()):
            with (
                patch("redis.retry.sleep") as slept,
                self.assertLogs("custom.api.health", "WARNING"),
            ):
                answer = self.client.get("/health/ready")
            slept.assert_not_called()
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(
            answer.json(),
            {
                "status": "degraded",
                "checks": OK | {"redis": "failed"},
                "outbox": EMPTY,
            },
        )

    def test_with_messages_nobody_carries_out(self) -> None:
        now = timezone.now()
        for state, minutes in (("pending", 4), ("dead", 60), ("done", 60)):
            OutboxMessage.objects.create(
                topic="t",
                state=state,
                created_at=now - timedelta(hours=1),
                next_at=now - timedelta(minutes=minutes),
            )
        told = {"pending": 1, "oldest_seconds": 3600, "parked": 1}
        with time_machine.travel(now, tick=False):
            answer = self.client.get("/health/ready")
        self.assertEqual(answer.json(), {"status": "ok", "checks": OK, "outbox": told})
        with time_machine.travel(now + timedelta(seconds=61), tick=False):
            answer = self.client.get("/health/ready")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["status"], "degraded")
        self.assertEqual(answer.json()["checks"], OK | {"queue": "failed"})

    def test_nothing_may_be_sent(self) -> None:
        self.assertEqual(self.client.post("/health/ready").status_code, 405)
