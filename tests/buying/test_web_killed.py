import uuid
from collections.abc import Iterable
from pathlib import Path

from django.test import TransactionTestCase, tag

from orders.models import Order
from tests.buying.faulty_wsgi import FAULT_VARIABLE, LAST_STEP
from tests.buying.invariants import find_faults
from tests.buying.shoppers import order_body, place
from tests.orders.factories import make_offer
from tests.processes import environment
from tests.servers import temporary_directory
from tests.web import WebClient, web_server

APPLICATION = "tests.buying.faulty_wsgi:application"


class WebKilledTests(TransactionTestCase):
    """kill -9 of the web process between two steps of an order"""

    def kill_after(self, steps: Iterable[int]) -> dict[int, bool]:
        """Place orders, killing the process after one of these steps in each.

        Returns:
            Step -> whether the order was kept, so that the client that asked again
            got a replay; without the steps that no order reached.
        """
        was_kept = {}
        acknowledged = {}
        variants = [make_offer(num_in_stock=1_000).variant_id for _ in range(2)]
        with temporary_directory() as home:
            fault = Path(home, "fault")
            extra = {FAULT_VARIABLE: str(fault)}
            # One thread: connecting takes statements too, and would shift the steps.
            with web_server(
                environment() | extra, application=APPLICATION, threads=1
            ) as web:
                for step in steps:
                    fault.write_text(str(step))
                    key = str(uuid.uuid4())
                    with WebClient(web.port) as client:
                        body = order_body(*((variant, 1) for variant in variants))
                        answer = place(client, key, body)
                    self.assertEqual(answer.status, 201, answer.body)
                    acknowledged[key] = answer.body["number"]
                    self.assertEqual(find_faults(acknowledged), [])
                    if fault.exists():
                        break
                    was_kept[step] = "idempotent-replayed" in answer.headers
        self.assertEqual(Order.objects.count(), len(acknowledged))
        return was_kept

    def test_some_steps(self) -> None:
        # Before anything, with the key alone, with half an order, with all of it.
        self.assertEqual(
            self.kill_after([0, 4, 12, LAST_STEP]),
            {0: False, 4: False, 12: False, LAST_STEP: True},
        )

    @tag("soak")
    def test_every_step(self) -> None:
        was_kept = self.kill_after(range(100))
        self.assertGreater(len(was_kept), 15)
        self.assertLess(len(was_kept), 60)
        # Up to the COMMIT nothing is kept, from then on all of it.
        self.assertEqual(list(was_kept.values()), sorted(was_kept.values()))
        self.assertIs(was_kept[max(was_kept)], True)
