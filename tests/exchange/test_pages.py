import csv
import io
from typing import ClassVar

from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http.response import HttpResponseBase
from django.test import TestCase, override_settings
from django.urls import reverse
from openpyxl import load_workbook

from catalogue.services import create_category
from exchange.models import Import
from exchange.services import advance
from partner.models import PartnerMember, StockRecord
from partner.services import add_member
from staff.groups import AUDITOR, CATALOGUE_EDITOR, PARTNER
from tests.exchange.files import applied, checked, counts, file_of, rows_of
from tests.orders.factories import VariantFactory, make_offer
from tests.users.factories import UserFactory
from users.models import User

URL = "/admin/exchange/"


def body_of(response: HttpResponseBase) -> bytes:
    return b"".join(response.streaming_content)


def member(group: str) -> User:
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


class PageTestCase(TestCase):
    boss: ClassVar[User]
    ours: ClassVar[StockRecord]
    theirs: ClassVar[StockRecord]
    clerk: ClassVar[User]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = UserFactory(is_staff=True, is_superuser=True)
        cls.ours, cls.theirs = make_offer(), make_offer()
        cls.clerk = member(PARTNER.name)
        add_member(
            partner=cls.ours.partner, user=cls.clerk, role=PartnerMember.Role.MANAGER
        )

    def upload(self, kind: str, name: str, content: bytes) -> HttpResponseBase:
        file = SimpleUploadedFile(name, content)
        return self.client.post(URL, {"kind": kind, "file": file})

    def export(self, kind: str, suffix: str = "csv", **query: str) -> HttpResponseBase:
        url = reverse("admin:exchange-export", args=[kind, suffix])
        return self.client.get(url, query)


class UploadTests(PageTestCase):
    """Files that come in"""

    def test_upload_check_apply(self) -> None:
        self.client.force_login(self.boss)
        response = self.upload("categories", "tree.csv", b"slug,name\nnoir,Noir\n,x")
        run = Import.objects.get()
        page = reverse("admin:exchange-import", args=[run.public_id])
        self.assertRedirects(response, page)
        self.assertContains(self.client.get(page), 'http-equiv="refresh"')
        advance(run.public_id)
        response = self.client.get(page)
        self.assertNotContains(response, 'http-equiv="refresh"')
        self.assertContains(response, "<ins>Noir</ins>")
        self.assertContains(response, "Required.")
        only = self.client.get(page, {"outcome": "error", "page": "x"})
        self.assertNotContains(only, "<ins>Noir</ins>")
        self.assertRedirects(self.client.post(page), page)
        advance(run.public_id)
        run.refresh_from_db()
        self.assertEqual((run.state, counts(run)), ("done", (1, 0, 0, 1)))
        again = self.client.post(page, follow=True)
        self.assertContains(again, "Only a file that has been checked")
        errors = self.client.get(reverse("admin:exchange-errors", args=[run.public_id]))
        wanted = [{"slug": "", "name": "x", "error": "slug: Required."}]
        self.assertEqual(rows_of(body_of(errors), "csv"), wanted)

    def test_errors_come_back_as_the_file_that_came(self) -> None:
        names, bad = ["slug", "name"], [{"slug": "", "name": "=1+1"}]
        for suffix, kind in (
            ("csv", "text/csv"),
            ("json", "application/"),
            ("xlsx", "application/vnd.openxmlformats"),
        ):
            with self.subTest(suffix):
                content = file_of(names, bad, suffix)
                run = checked(self.boss, "categories", content, suffix=suffix)
                path = reverse("admin:exchange-errors", args=[run.public_id])
                self.client.logout()
                self.assertEqual(self.client.get(path).status_code, 302)
                self.client.force_login(self.clerk)
                self.assertEqual(self.client.get(path).status_code, 404)
                self.client.force_login(self.boss)
                answer = self.client.get(path)
                self.assertIn(kind, answer["Content-Type"])
                self.assertEqual(
                    answer["Content-Disposition"],
                    f'attachment; filename="categories-errors.{suffix}"',
                )
                self.assertIn("no-store", answer["Cache-Control"])
                body = body_of(answer)
                wanted = [bad[0] | {"error": "slug: Required."}]
                self.assertEqual(rows_of(body, suffix), wanted)
                if suffix == "csv":
                    self.assertIn(b"'=1+1", body)

    def test_bad_files(self) -> None:
        self.client.force_login(self.boss)
        for kind, name, told in (
            ("categories", "tree.pdf", "must end in"),
            ("nonsense", "tree.csv", "Select a valid choice"),
        ):
            with self.subTest(name=name):
                response = self.upload(kind, name, b"slug\na")
                self.assertContains(response, told, status_code=400)
        with override_settings(EXCHANGE_MAX_BYTES=3):
            response = self.upload("categories", "tree.csv", b"slug\na")
            self.assertContains(response, "At most", status_code=400)
        self.assertFalse(Import.objects.exists())

    def test_who_may_import_what(self) -> None:
        auditor, editor = member(AUDITOR.name), member(CATALOGUE_EDITOR.name)
        for user, kind, status in (
            (auditor, "products", 403),
            (editor, "products", 302),
            (editor, "stock", 400),
            (self.clerk, "stock", 302),
            (self.clerk, "products", 400),
        ):
            with self.subTest(user=user, kind=kind):
                self.client.force_login(user)
                self.assertEqual(
                    self.upload(kind, "rows.csv", b"a").status_code, status
                )

    def test_without_the_right_to_make_rows_they_are_only_changed(self) -> None:
        user = UserFactory(is_staff=True)
        right = Permission.objects.get(codename="change_category")
        user.user_permissions.add(right)
        create_category(name="Noir")
        run = applied(user, "categories", b"slug,name\nnoir,Black\nnew,New")
        self.assertEqual(counts(run), (0, 1, 0, 1))

    def test_staff_of_partners_see_their_own_imports(self) -> None:
        run = checked(self.boss, "stock", b"partner,partner_sku\nx,y")
        self.client.force_login(self.clerk)
        page = reverse("admin:exchange-import", args=[run.public_id])
        for response in (
            self.client.get(page),
            self.client.post(page),
            self.client.get(reverse("admin:exchange-errors", args=[run.public_id])),
        ):
            self.assertEqual(response.status_code, 404)
        self.assertNotContains(self.client.get(URL), str(run.public_id))


def formulas_in(content: bytes, suffix: str) -> list[str]:
    """Return the cells that a spreadsheet would calculate; JSON is read by none."""
    if suffix == "csv":
        rows = csv.reader(content.decode("utf-8-sig").splitlines())
        cells = [cell for row in rows for cell in row]
    elif suffix == "xlsx":
        sheet = load_workbook(io.BytesIO(content)).worksheets[0]
        cells = [str(cell.value) for row in sheet.iter_rows() for cell in row]
    else:
        cells = []
    return [cell for cell in cells if cell.startswith("=")]


class ExportTests(PageTestCase):
    """Files that go out"""

    def test_what_goes_out_comes_back_unchanged(self) -> None:
        drama = create_category(name="Drama", description="=1+1")
        create_category(name="Noir", parent=drama, is_public=False)
        variant = VariantFactory(product_title="=HYPERLINK(1)", title="-x")
        variant.product.categories.add(drama)
        self.client.force_login(self.boss)
        for kind in ("categories", "products", "variants", "stock", "prices"):
            for suffix in ("csv", "xlsx", "json"):
                with self.subTest(kind=kind, suffix=suffix):
                    response = self.export(kind, suffix)
                    self.assertEqual(response.status_code, 200)
                    content = body_of(response)
                    self.assertEqual(formulas_in(content, suffix), [])
                    run = checked(self.boss, kind, content, suffix=suffix)
                    self.assertEqual(run.problem, "")
                    self.assertEqual(run.num_unchanged, run.num_rows)
                    self.assertGreater(run.num_rows, 0)

    def test_filters(self) -> None:
        drama = create_category(name="Drama")
        noir = create_category(name="Noir", parent=drama)
        self.theirs.variant.product.categories.add(noir)
        self.client.force_login(self.boss)
        for kind in ("products", "variants", "stock", "prices"):
            with self.subTest(kind=kind):
                rows = rows_of(body_of(self.export(kind, category="drama")), "csv")
                self.assertEqual(len(rows), 1)
        rows = rows_of(body_of(self.export("categories", category="noir")), "csv")
        self.assertEqual([row["slug"] for row in rows], ["noir"])
        code = self.ours.partner.code
        rows = rows_of(body_of(self.export("stock", partner=code)), "csv")
        wanted = {
            "partner": code,
            "partner_sku": self.ours.partner_sku,
            "num_in_stock": "10",
        }
        self.assertEqual(rows, [wanted])
        self.assertEqual(self.export("stock", partner="nobody").status_code, 400)
        self.assertEqual(self.export("nothing").status_code, 404)
        self.assertEqual(self.export("stock", "pdf").status_code, 404)

    def test_staff_of_partners_take_out_their_own_stock_alone(self) -> None:
        self.client.force_login(self.clerk)
        rows = rows_of(body_of(self.export("stock")), "csv")
        self.assertEqual([row["partner"] for row in rows], [self.ours.partner.code])
        response = self.export("stock", partner=self.theirs.partner.code)
        self.assertEqual(response.status_code, 400)
        self.assertEqual(self.export("products").status_code, 403)

    def test_queries_do_not_grow_with_rows(self) -> None:
        self.client.force_login(self.boss)
        for kind, most in (("products", 5), ("variants", 3), ("stock", 3)):
            body_of(self.export(kind))
            with self.subTest(kind=kind), self.assertNumQueries(most):
                body_of(self.export(kind))
        for _each in range(8):
            make_offer()
        with self.assertNumQueries(5):
            rows = rows_of(body_of(self.export("products")), "csv")
        self.assertEqual(len(rows), 10)
