from django.test import TestCase

from catalogue.models import UnnumberedChange
from custom.deleting import delete_rows


class DeleteRowsTests(TestCase):
    """Rows of a queue; that nobody is waited for is raced in test_sync_race."""

    def test_just_the_rows_of_the_keys_go(self) -> None:
        rows = [UnnumberedChange.objects.create(product_id=n) for n in range(1, 5)]
        with self.assertNumQueries(1):
            delete_rows(UnnumberedChange, [rows[0].pk, rows[2].pk, 10**9])
        left = UnnumberedChange.objects.order_by("pk")
        self.assertEqual(list(left), [rows[1], rows[3]])
        delete_rows(UnnumberedChange, [rows[1].pk])
        self.assertEqual(list(left.all()), [rows[3]])

    def test_no_keys_no_statement(self) -> None:
        with self.assertNumQueries(0):
            delete_rows(UnnumberedChange, [])
