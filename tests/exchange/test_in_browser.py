from django.urls import reverse

from catalogue.models import Category
from exchange.models import Import
from exchange.services import advance
from tests.browser import BrowserTestCase
from tests.servers import temporary_directory
from tests.users.factories import UserFactory

FILE = """\
slug,name,parent
noir,Noir,
lost,Lost,nowhere
neo-noir,Neo-noir,noir
,No slug,
"""


class WalkTests(BrowserTestCase):
    """Staff import a file with two bad rows"""

    def test_a_file_with_two_bad_rows(self) -> None:
        self.sign_in(UserFactory(is_staff=True, is_superuser=True))
        self.open(reverse("admin:exchange"))
        place = self.enterContext(temporary_directory())
        path = place / "tree.csv"
        path.write_text(FILE)
        self.find("#id_kind option[value=categories]").click()
        self.find("#id_file").send_keys(str(path))
        self.find("#upload input[type=submit]").click()
        self.assertEqual(self.text("#state"), "waiting")
        run = Import.objects.get()
        advance(run.public_id)
        self.find("#apply")  # the page looks again by itself
        self.assertEqual(self.text("#state"), "checked")
        self.assertEqual(self.text(".count-created span"), "2")
        self.assertEqual(self.text(".count-error span"), "2")
        self.assertIn("no such category", self.text(".row-error"))
        self.assertEqual(Category.objects.count(), 0)
        self.find("#apply input[type=submit]").click()
        self.find("progress")
        advance(run.public_id)
        self.find("#errors")
        self.assertEqual(self.text("#state"), "done")
        self.assertEqual(Category.objects.count(), 2)
        self.assertEqual(self.console(), [])
        self.assertEqual(self.strangers(), set())
