from django.test import TransactionTestCase

from custom.locks import lock_named
from custom.models import NamedLock
from custom.transactions import run_in_transaction
from tests.processes import race


class NamedLockTests(TransactionTestCase):
    """custom.locks.lock_named"""

    def test_one_statement_whether_the_row_is_there_or_not(self) -> None:
        for held in (1, 2):
            with self.assertNumQueries(3):  # BEGIN, INSERT … ON DUPLICATE, COMMIT
                run_in_transaction(lambda: lock_named("tree"))
            self.assertEqual(NamedLock.objects.get(pk="tree").taken, held)

    def test_without_a_transaction_there_is_no_lock(self) -> None:
        with self.assertRaises(RuntimeError):
            lock_named("tree")
        self.assertEqual(NamedLock.objects.count(), 0)

    def test_eight_processes_come_one_after_another(self) -> None:
        NamedLock.objects.create(name="counter")
        outcomes = race("tests.custom.racers.count_up", [{"times": 10}] * 8)
        self.assertEqual([outcome.error for outcome in outcomes], [None] * 8)
        counts = dict(NamedLock.objects.values_list("name", "taken"))
        self.assertEqual(counts["counter"], 80)
