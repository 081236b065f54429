from django.urls import reverse
from playwright.sync_api import Locator, expect

from catalogue.models import Category
from catalogue.services import create_category
from tests.browser import BrowserTestCase
from tests.users.factories import UserFactory


class TreeWalkTests(BrowserTestCase):
    """The tree of categories, moved by the mouse and by keys alone"""

    def setUp(self) -> None:
        super().setUp()
        self.sign_in(UserFactory(is_staff=True, is_superuser=True))
        self.comedies = create_category(name="Comedies")
        self.musicals = create_category(name="Musicals")
        self.open(reverse("admin:catalogue_category_changelist"))

    def row(self, category: Category) -> Locator:
        node = self.page.locator(f".tree-node[data-pk='{category.pk}']")
        return self.page.get_by_role("row").filter(has=node)

    def parent(self) -> Category | None:
        return Category.objects.get(pk=self.musicals.pk).parent

    def test_drag(self) -> None:
        self.see("tree")
        self.row(self.musicals).locator(".drag-handle").hover()
        self.page.mouse.down()
        self.row(self.comedies).hover()  # its middle: below it, not beside it
        self.see("tree-dragging")
        with self.page.expect_event("load"):
            self.page.mouse.up()
        self.see("tree-moved")
        self.assertEqual(self.parent(), self.comedies)
        indented = self.row(self.musicals).locator(".level-1")
        expect(indented).to_have_text("Musicals")

    def test_keys(self) -> None:
        """The list's arrows lead to a category, whose form has its parent."""
        self.row(self.comedies).focus()
        self.page.keyboard.press("ArrowDown")
        expect(self.row(self.musicals)).to_be_focused()
        with self.page.expect_event("load"):
            self.page.keyboard.press("Enter")
        self.page.get_by_label("Parent").focus()
        self.page.keyboard.type("Comedies")
        self.page.get_by_label("Name").focus()
        with self.page.expect_event("load"):
            self.page.keyboard.press("Enter")
        expect(self.page.locator(".messagelist .success")).to_be_visible()
        self.see("tree-by-keys")
        self.assertEqual(self.parent(), self.comedies)
