from django.urls import reverse
from playwright.sync_api import expect

from catalogue.models import Product
from catalogue.services import hide_products, update_product
from custom.models import HistoryBatch
from orders.models import Order
from tests.browser import BrowserTestCase
from tests.catalogue.factories import ProductFactory
from tests.orders.factories import make_offer
from tests.orders.stories import delivered
from tests.users.factories import UserFactory


class UndoWalkTests(BrowserTestCase):
    """A bulk edit, undone from the list of steps"""

    def setUp(self) -> None:
        super().setUp()
        self.staff = UserFactory(is_staff=True, is_superuser=True)
        self.sign_in(self.staff)

    def test_what_would_change_is_seen_first(self) -> None:
        kept, edited = ProductFactory(title="Metropolis"), ProductFactory(title="M")
        for product in (kept, edited):
            update_product(product.pk, description="Known.")
        hide_products([kept.pk, edited.pk], actor=self.staff)
        update_product(edited.pk, is_public=True)
        update_product(edited.pk, is_public=False)
        self.open(reverse("admin:custom_historybatch_changelist"))
        self.see("steps")
        self.press(self.page.get_by_role("link", name="Undo", exact=True))
        rows = self.page.locator("#rows tbody tr")
        expect(rows).to_have_count(2)
        expect(self.page.locator("#plan")).to_contain_text("2 products")
        self.see("undo-planned")
        self.assertEqual(Product.objects.filter(is_public=False).count(), 2)
        self.page.get_by_label("Reason").fill("Hidden by mistake.")
        self.press(self.page.get_by_role("button", name="Undo 2 rows"))
        expect(self.page.locator("#state")).to_have_text("undone")
        expect(self.page.locator("#num-restored")).to_have_text("2")
        self.see("undo-done")
        self.assertEqual(Product.objects.filter(is_public=False).count(), 0)
        step = HistoryBatch.objects.get(reason="Hidden.")
        self.assertEqual(step.undone_by.reason, "Hidden by mistake.")

    def test_orders_beside_their_filter(self) -> None:
        for _each in range(3):
            delivered((make_offer(num_in_stock=5), 2))
        self.open(reverse("admin:orders_order_changelist"))
        self.see("orders")
        table = self.page.locator("#result_list").bounding_box()
        beside = self.page.locator("#changelist-filter").bounding_box()
        self.assertEqual(Order.objects.count(), 3)
        self.assertLessEqual(table["x"] + table["width"], beside["x"] + 1)
