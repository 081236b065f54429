from typing import Any

from django.db import connection
from django.http import HttpResponseBase
from django.test import TransactionTestCase
from django.urls import reverse
from reversion.models import Revision

from tax.models import TaxClass
from tests.pages import save_page
from tests.tax.factories import make_tax_class
from users.models import User

WAIT = "SET SESSION innodb_lock_wait_timeout = 1"
KEEP = "SELECT id FROM tax_taxclass FOR UPDATE"


class BusyTests(TransactionTestCase):
    """Staff save what somebody else keeps locked"""

    def setUp(self) -> None:
        self.client.force_login(User.objects.create_superuser("s@example.com"))
        make_tax_class()
        self.row = make_tax_class("books")
        self.revisions = Revision.objects.count()
        with connection.cursor() as cursor:
            cursor.execute(WAIT)
        self.addCleanup(connection.close)
        self.other: Any = connection.copy()
        self.addCleanup(self.other.close)
        self.other.set_autocommit(False)
        with self.other.cursor() as cursor:
            cursor.execute(KEEP)

    def assert_told(self, answer: HttpResponseBase) -> None:
        self.assertContains(answer, "The shop is busy. Please try again in a moment.")
        self.assertEqual(TaxClass.objects.get(pk=self.row.pk).name, self.row.name)
        self.assertEqual(Revision.objects.count(), self.revisions)

    def test_a_page_tells_and_changes_nothing(self) -> None:
        page = reverse("admin:tax_taxclass_change", args=[self.row.pk])
        values = {
            "name": "Printed books",
            "code": self.row.code,
            "rates-TOTAL_FORMS": 0,
            "rates-INITIAL_FORMS": 0,
        }
        self.assert_told(save_page(self.client, page, values, follow=True))

    def test_an_action_tells_and_changes_nothing(self) -> None:
        page = reverse("admin:tax_taxclass_changelist")
        values = {
            "action": "delete_selected",
            "_selected_action": [self.row.pk],
            "post": "yes",
        }
        self.assert_told(self.client.post(page, values, follow=True))

    def test_deleting_tells_and_changes_nothing(self) -> None:
        page = reverse("admin:tax_taxclass_delete", args=[self.row.pk])
        answer = self.client.post(page, {"post": "yes"}, follow=True)
        self.assert_told(answer)
