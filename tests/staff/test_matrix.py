from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import quote

from django.contrib.auth.models import Permission
from django.db.models import Model
from django.http import HttpResponse
from django.test import SimpleTestCase, TestCase
from django.urls import URLPattern, reverse
from reversion import create_revision
from reversion.models import Version

from custom.history.pages import HistoryPages
from staff.groups import GROUPS
from staff.sites import find_pages, site
from tests.staff import matrix
from tests.staff.rows import Shop, make_shop

TABLE = matrix.read_models()
find_pages()
ADMINS = {model._meta.label_lower: made for model, made in site._registry.items()}
OK, REDIRECT, FORBIDDEN, MISSING = 200, 302, 403, 404
HIDDEN = (REDIRECT, MISSING)


def page(label: str, name: str, *args: object) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{name}", args=args)


def row_of(label: str) -> Model:
    row = ADMINS[label].model._default_manager.order_by("pk").first()
    if row is None:
        msg = f"tests.staff.rows makes no {label}."
        raise AssertionError(msg)
    return row


class CompletenessTests(SimpleTestCase):
    """The matrix, held against the admin as it is"""

    def test_it_knows_every_model(self) -> None:
        self.assertEqual(sorted(TABLE), sorted(ADMINS))

    def test_it_knows_every_page_of_a_model(self) -> None:
        known = {*matrix.COLUMNS, *matrix.OTHERS}
        for label, made in ADMINS.items():
            prefix = f"{label.replace('.', '_')}_"
            for entry in made.urls:
                # Without a name: the old address of a page, which leads to it.
                if entry.name and entry.name.removeprefix(prefix) not in known:
                    self.fail(f"tests.staff.matrix does not know {entry.name}")

    def test_it_knows_every_page_of_no_model(self) -> None:
        names = {
            entry.name
            for entry in site.get_urls()
            if isinstance(entry, URLPattern) and entry.name
        }
        self.assertEqual(names, {*matrix.FOR_ALL_STAFF, *matrix.PAGES})
        guarded = {name for name, page in site.pages.items() if page.permission}
        self.assertEqual(guarded, {*matrix.PAGES})

    def test_it_knows_every_button(self) -> None:
        buttons = {
            label: {button.name for button in made.buttons}
            for label, made in ADMINS.items()
            if getattr(made, "buttons", ())
        }
        known = {label: {*names} for label, names in matrix.BUTTONS.items()}
        self.assertEqual(buttons, known)

    def test_it_knows_every_action(self) -> None:
        actions = {
            label: {*made.actions} for label, made in ADMINS.items() if made.actions
        }
        known = {label: {*names} for label, names in matrix.ACTIONS.items()}
        self.assertEqual(actions, known)
        self.assertEqual({name for name, _ in site.actions}, {"delete_selected"})


class GroupTests(TestCase):
    """The groups, held against the permissions there are"""

    def test_they_name_no_permission_that_does_not_exist(self) -> None:
        there = {
            f"{app}.{codename}"
            for app, codename in Permission.objects.values_list(
                "content_type__app_label", "codename"
            )
        }
        for group in GROUPS:
            self.assertEqual(set(group.permissions()) - there, set(), group.name)

    def test_no_group_may_give_itself_more(self) -> None:
        escalating = {
            "users.add_user",
            "users.change_user",
            "auth.add_group",
            "auth.change_group",
        }
        for group in GROUPS:
            self.assertEqual(escalating & set(group.permissions()), set(), group.name)

    def test_they_are_those_of_the_matrix(self) -> None:
        self.assertEqual({group.name for group in GROUPS}, set(matrix.LETTERS.values()))


class ReaderTests:
    """Every page, button and action, tried by one reader; subclasses say which"""

    letter: ClassVar[str]
    shop: ClassVar[Shop]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.shop = make_shop()

    def setUp(self) -> None:
        self.client.force_login(self.shop.readers[self.letter])

    def may(self, letters: str) -> bool:
        return bool(self.letter) and self.letter in letters

    def check(self, path: str, response: HttpResponse, letters: str) -> None:
        wanted = OK if self.may(letters) else FORBIDDEN
        with self.subTest(path=path, reader=self.letter):
            self.assertEqual(response.status_code, wanted)

    def each(self) -> Iterator[tuple[str, matrix.Rights, Model]]:
        for label, rights in TABLE.items():
            yield label, rights, self.shown(label)

    def shown(self, label: str) -> Model:
        """Return a row that the reader may see, if it may see the model at all."""
        request = type("Request", (), {"user": self.shop.readers[self.letter]})()
        found = ADMINS[label].get_queryset(request).order_by("pk").first()
        return found or row_of(label)

    def test_pages(self) -> None:
        for label, rights, row in self.each():
            for name, args, letters in (
                ("changelist", (), rights.view),
                ("change", (row.pk,), rights.view),
                ("history", (row.pk,), rights.view),
                ("add", (), rights.add),
                ("delete", (row.pk,), rights.delete),
            ):
                path = page(label, name, *args)
                response = self.client.get(path)
                if name == "history" and response.status_code in HIDDEN:
                    # The row is asked for first: it is hidden from the reader.
                    self.assertFalse(self.may(letters), path)
                else:
                    self.check(path, response, letters)

    def test_changes(self) -> None:
        for label, rights, row in self.each():
            for path in (page(label, "change", row.pk), page(label, "add")):
                letters = rights.add if path.endswith("add/") else rights.change
                # An empty form is refused by what it lacks: nothing is written.
                response = self.client.post(path, {})
                with self.subTest(path=path, reader=self.letter):
                    is_refused = response.status_code == FORBIDDEN
                    self.assertEqual(is_refused, not self.may(letters))

    def test_former_versions(self) -> None:
        for label, rights, row in self.each():
            if not isinstance(ADMINS[label], HistoryPages):
                continue
            with create_revision():
                row.save()
            version = Version.objects.get_for_object(row).first()
            path = f"{page(label, 'compare', row.pk)}?old={version.pk}"
            self.check(path, self.client.get(path), rights.view)
            path = page(label, "revert", row.pk)
            if not self.may(rights.change):
                self.check(path, self.client.post(path, {"version": version.pk}), "")

    def test_what_was_deleted(self) -> None:
        for label, rights, _ in self.each():
            if isinstance(ADMINS[label], HistoryPages):
                path = page(label, "recoverlist")
                self.check(path, self.client.get(path), rights.recover)

    def test_buttons(self) -> None:
        for label, buttons in matrix.BUTTONS.items():
            row = self.shown(label)
            shown = self.client.get(page(label, "change", row.pk))
            for name, letters in buttons.items():
                path = page(label, "press", row.pk, name)
                response = self.client.post(path, {})
                with self.subTest(path=path, reader=self.letter):
                    if self.may(letters):
                        self.assertEqual(response.status_code, REDIRECT)
                    else:
                        # Missing where the row itself is hidden from the reader.
                        self.assertIn(response.status_code, (FORBIDDEN, MISSING))
                        self.assertNotIn(path, shown.content.decode())

    def test_actions(self) -> None:
        for label, rights, _ in self.each():
            if not self.may(rights.view):
                continue
            offered = matrix.ACTIONS.get(label, {}).items()
            wanted = {name for name, letters in offered if self.may(letters)}
            if self.may(rights.delete) and label not in matrix.NO_ACTIONS:
                wanted.add("delete_selected")
            response = self.client.get(page(label, "changelist"))
            form = response.context["action_form"]
            choices = form.fields["action"].choices if form else ()
            with self.subTest(label=label, reader=self.letter):
                self.assertEqual({name for name, _ in choices if name}, wanted)

    def test_pages_of_no_model(self) -> None:
        for name, letters in matrix.PAGES.items():
            args = matrix.PAGE_ARGUMENTS.get(name, ())
            path = reverse(f"admin:{name}", args=args)
            self.check(path, self.client.get(path), letters)

    def test_the_index_links_to_what_may_be_seen(self) -> None:
        response = self.client.get(reverse("admin:index"))
        self.assertEqual(response.status_code, OK)
        html = response.content.decode()
        for label, rights in TABLE.items():
            with self.subTest(label=label, reader=self.letter):
                has_list = f'href="{page(label, "changelist")}"' in html
                has_add = f'href="{page(label, "add")}"' in html
                self.assertEqual(has_list, self.may(rights.view))
                self.assertEqual(has_add, self.may(rights.add))
        for name, letters in matrix.PAGES.items():
            if site.pages[name].label:
                link = f'href="{reverse(f"admin:{name}")}"'
                self.assertEqual(link in html, self.may(letters), name)


class RootTests(ReaderTests, TestCase):
    """A superuser"""

    letter = matrix.ROOT


class NobodyTests(ReaderTests, TestCase):
    """Staff without a group"""

    letter = ""


class EditorTests(ReaderTests, TestCase):
    """Catalogue editor"""

    letter = "E"


class ClerkTests(ReaderTests, TestCase):
    """Order clerk"""

    letter = "C"


class ServiceTests(ReaderTests, TestCase):
    """Customer service"""

    letter = "S"


class FinanceTests(ReaderTests, TestCase):
    """Finance"""

    letter = "F"


class AuditorTests(ReaderTests, TestCase):
    """Read-only auditor"""

    letter = "A"


class PartnerTests(ReaderTests, TestCase):
    """Staff of a partner"""

    letter = "P"


class OutsiderTests(TestCase):
    """Customers, and readers who are not signed in"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.shop = make_shop()

    def test_every_page_leads_to_the_login(self) -> None:
        for customer in (None, self.shop.order.user):
            if customer:
                self.client.force_login(customer)
            for label in TABLE:
                row = row_of(label)
                for name, args in (
                    ("changelist", ()),
                    ("change", (row.pk,)),
                    ("history", (row.pk,)),
                    ("add", ()),
                    ("delete", (row.pk,)),
                ):
                    path = page(label, name, *args)
                    response = self.client.get(path)
                    login = f"{reverse('admin:login')}?next={quote(path)}"
                    self.assertEqual(response.headers.get("Location"), login)
