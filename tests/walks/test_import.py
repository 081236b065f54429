import csv
from pathlib import Path

from django.urls import reverse
from playwright.sync_api import expect

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
CORRECTED = {"Lost": {"parent": "noir"}, "No slug": {"slug": "no-slug"}}


class ImportWalkTests(BrowserTestCase):
    """A file with two bad rows, and what comes back of it once more"""

    def test_two_bad_rows_are_corrected(self) -> None:
        self.sign_in(UserFactory(is_staff=True, is_superuser=True))
        place = self.enterContext(temporary_directory())
        path = place / "tree.csv"
        path.write_text(FILE)
        self.upload(path)
        self.expect_counts(created=2, errors=2)
        refused = self.page.locator(".row-error")
        expect(refused).to_contain_text(["no such category", "slug"])
        self.see("import-checked")
        self.assertEqual(Category.objects.count(), 0)
        self.apply()
        self.see("import-done")
        self.assertEqual(Category.objects.count(), 2)

        with self.page.expect_download() as download:
            self.page.get_by_role("link", name="Errors as a file").click()
        download.value.save_as(place / "errors.csv")
        self.upload(self.correct(place / "errors.csv"))
        self.expect_counts(created=2, errors=0)
        self.see("import-corrected")
        self.apply()
        tree = Category.objects.values_list("slug", "parent__slug")
        self.assertEqual(
            dict(tree),
            {"noir": None, "neo-noir": "noir", "lost": "noir", "no-slug": None},
        )
        self.open(reverse("admin:exchange"))
        self.see("exchange")

    def upload(self, path: Path) -> None:
        """Send a file, and let a worker check it."""
        self.open(reverse("admin:exchange"))
        form = self.page.locator("#upload")
        form.get_by_label("Kind").select_option("categories")
        form.get_by_label("File").set_input_files(path)
        self.press(form.get_by_role("button", name="Upload and check"))
        expect(self.page.locator("#state")).to_have_text("waiting")
        advance(Import.objects.latest("pk").public_id)
        # The page looks again by itself.
        expect(self.page.locator("#state")).to_have_text("checked")

    def expect_counts(self, *, created: int, errors: int) -> None:
        expect(self.page.locator(".count-created span")).to_have_text(str(created))
        expect(self.page.locator(".count-error span")).to_have_text(str(errors))

    def apply(self) -> None:
        """Have a worker write what was checked."""
        self.press(self.page.locator("#apply input[type=submit]"))
        expect(self.page.get_by_role("progressbar")).to_be_visible()
        advance(Import.objects.latest("pk").public_id)
        expect(self.page.locator("#state")).to_have_text("done")

    def correct(self, path: Path) -> Path:
        """Write right values over the wrong ones, as in a spreadsheet."""
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = [row | CORRECTED[row["name"]] for row in reader]
        self.assertEqual(len(rows), 2)
        target = path.with_name("corrected.csv")
        with target.open("w", newline="") as file:
            writer = csv.DictWriter(file, reader.fieldnames)
            writer.writeheader()
            writer.writerows(rows)
        return target
