from django.test import SimpleTestCase
from django.urls import reverse

from notifications.links import ORDER, STOCK_RECORD


class LinkTests(SimpleTestCase):
    """What mails lead to is there"""

    def test_an_order(self) -> None:
        path = reverse("orders:order-detail", args=["N-1"])
        self.assertEqual(ORDER.format(number="N-1"), path)

    def test_a_stock_record(self) -> None:
        path = reverse("partner:stock-detail", args=[7])
        self.assertEqual(STOCK_RECORD.format(pk=7), path)
