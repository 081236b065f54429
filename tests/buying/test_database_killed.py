import time
from threading import Event

from django.test import TransactionTestCase, tag

from script.lib.servers import MariaDB
from tests.buying.databases import copy_database
from tests.buying.shoppers import Shopper
from tests.orders.factories import make_offer
from tests.processes import environment, race
from tests.servers import own_server
from tests.web import web_server

CLIENTS = 4
SECONDS = 120  # for some orders to be acknowledged


class DatabaseKilledTests(TransactionTestCase):
    """kill -9 of MariaDB under four clients that do not give up"""

    def crash(self, *, times: int, orders: int, durable: bool = True) -> list[str]:
        """Kill the database again and again; return what is wrong afterwards.

        Args:
            times: Number of kills.
            orders: Number of orders acknowledged between two kills, at least.
            durable: The server keeps what it has acknowledged.
        """
        variants = [make_offer(num_in_stock=100_000).variant_id for _ in range(5)]
        stopped = Event()
        with own_server(MariaDB, durable=durable) as server:
            copy_database(server)
            extra = {"DATABASE_URL": server.url}
            with web_server(environment() | extra, workers=2) as web:
                shoppers = [
                    Shopper(web.port, variants, stopped) for _ in range(CLIENTS)
                ]
                for shopper in shoppers:
                    shopper.start()
                for number in range(1, times + 1):
                    self.wait_for(shoppers, number * orders)
                    server.kill()
                    server.start()
                    server.wait()
                self.wait_for(shoppers, (times + 1) * orders)
                stopped.set()
                for shopper in shoppers:
                    shopper.join()
            acknowledged = {}
            for shopper in shoppers:
                self.assertEqual(shopper.refusals, [])
                acknowledged |= shopper.acknowledged
            self.assertGreaterEqual(len(acknowledged), (times + 1) * orders)
            (outcome,) = race(
                "tests.buying.invariants.find_faults",
                [{"acknowledged": acknowledged}],
                extra=extra,
            )
        self.assertIsNone(outcome.error, outcome.detail)
        return outcome.value

    def wait_for(self, shoppers: list[Shopper], orders: int) -> None:
        """Block until so many orders are acknowledged."""
        deadline = time.monotonic() + SECONDS
        while sum(len(shopper.acknowledged) for shopper in shoppers) < orders:
            self.assertTrue(all(shopper.is_alive() for shopper in shoppers))
            self.assertLess(time.monotonic(), deadline, "no orders any more")
            time.sleep(0.01)

    def test_nothing_acknowledged_is_lost(self) -> None:
        self.assertEqual(self.crash(times=1, orders=40), [])

    @tag("soak")
    def test_nothing_acknowledged_is_lost_however_often(self) -> None:
        self.assertEqual(self.crash(times=7, orders=300), [])

    @tag("soak")
    def test_a_forgetful_database_would_be_noticed(self) -> None:
        faults = self.crash(times=5, orders=300, durable=False)
        lost = [fault for fault in faults if fault.startswith("acknowledged, but lost")]
        self.assertGreater(len(lost), 0)
