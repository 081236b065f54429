from datetime import timedelta

import time_machine
from django.test import TestCase, override_settings
from django.utils import timezone

from custom.models import OutboxMessage


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
