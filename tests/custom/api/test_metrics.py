from datetime import timedelta

import time_machine
from django.test import TestCase, override_settings
from django.utils import timezone

from custom.models import OutboxMessage
from tests.custom.api.test_health import lost_database


@override_settings(METRICS_TOKEN="a-token")
class OutboxMetricsTests(TestCase):
    """What /metrics tells of the outbox"""

    def test_backlog(self) -> None:
        now = timezone.now()
        for state, minutes in (
            ("pending", 2),
            ("pending", 1),
            ("dead", 9),
            ("done", 9),
        ):
            made = now - timedelta(minutes=minutes)
            OutboxMessage.objects.create(topic="t", state=state, created_at=made)
        with time_machine.travel(now, tick=False), self.assertNumQueries(1):
            answer = self.client.get(
                "/metrics", headers={"Authorization": "Bearer a-token"}
            )
        lines = answer.content.decode().splitlines()
        for line in (
            "shop_outbox_pending 2.0",
            "shop_outbox_parked 1.0",
            "shop_outbox_oldest_seconds 120.0",
        ):
            self.assertIn(line, lines)

    def test_without_a_database_the_rest_is_told(self) -> None:
        with lost_database():
            answer = self.client.get(
                "/metrics", headers={"Authorization": "Bearer a-token"}
            )
        told = answer.content.decode()
        self.assertEqual(answer.status_code, 200)
        self.assertIn("shop_rate_limited_requests", told)
        self.assertIn("process_open_fds", told)
        self.assertNotIn("shop_outbox", told)
