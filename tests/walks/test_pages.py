"""The main pages of the admin on a phone, and by the keyboard alone."""

from django.urls import reverse
from playwright.sync_api import expect

from catalogue.models import Product
from orders.models import Order
from tests.browser import PHONE, BrowserTestCase
from tests.orders.factories import make_offer
from tests.orders.stories import delivered
from tests.users.factories import UserFactory

WIDTH = "document.scrollingElement.scrollWidth"
KEYS = "(elements) => elements.map((each) => each.accessKey).sort()"


class PhoneTests(BrowserTestCase):
    """No page is wider than a phone"""

    device = PHONE

    def setUp(self) -> None:
        super().setUp()
        order = delivered((make_offer(num_in_stock=5), 2))
        self.pages = {
            "index": (),
            "search": (),
            "orders_order_changelist": (),
            "orders_order_change": (order.pk,),
            "users_user_changelist": (),
            "users_user_change": (order.user_id,),
            "catalogue_product_changelist": (),
            "catalogue_product_change": (Product.objects.get().pk,),
            "catalogue_product_history": (Product.objects.get().pk,),
            "catalogue_category_changelist": (),
            "partner_stocklevel_changelist": (),
            "payments_payment_changelist": (),
            "custom_historybatch_changelist": (),
            "exchange": (),
            "stats-sales": (),
            "stats-sellers": (),
        }
        self.sign_in(UserFactory(is_staff=True, is_superuser=True))

    def test_no_page_is_wider(self) -> None:
        for name, arguments in self.pages.items():
            with self.subTest(name):
                self.open(reverse(f"admin:{name}", args=arguments))
                self.see(f"phone-{name}")
                width = self.page.evaluate(WIDTH)
                self.assertLessEqual(width, PHONE["viewport"]["width"])


class KeyTests(BrowserTestCase):
    """Everything can be reached without a mouse"""

    def setUp(self) -> None:
        super().setUp()
        self.sign_in(UserFactory(is_staff=True, is_superuser=True))
        delivered((make_offer(num_in_stock=5), 2))
        self.product = Product.objects.get()

    def test_access_keys_of_a_product(self) -> None:
        self.open(reverse("admin:catalogue_product_change", args=[self.product.pk]))
        keys = self.page.locator("[accesskey]").evaluate_all(KEYS)
        self.assertEqual(keys, ["/", "e", "h", "s"])

    def test_the_first_stop_leads_to_the_content(self) -> None:
        self.open(reverse("admin:index"))
        self.page.keyboard.press("Tab")
        expect(self.page.locator(".skip-to-content-link")).to_be_focused()
        self.page.keyboard.press("Enter")
        self.assertTrue(self.page.url.endswith("#content-start"))

    def test_a_product_is_found_and_saved(self) -> None:
        self.open(reverse("admin:index"))
        self.page.locator("[accesskey='/']").focus()
        self.page.keyboard.type(self.product.title)
        self.press_key("Enter")
        self.page.locator("#content-main section a").first.focus()
        self.press_key("Enter")
        self.page.get_by_label("Title").first.focus()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type("Nosferatu")
        self.press_key("Enter")
        expect(self.page.locator(".messagelist .success")).to_be_visible()
        self.assertEqual(Product.objects.get().title, "Nosferatu")

    def test_a_step_of_an_order(self) -> None:
        order = Order.objects.get()
        self.open(reverse("admin:orders_order_change", args=[order.pk]))
        self.page.locator("summary", has_text="Add a private note").focus()
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Tab")
        self.page.keyboard.type("Rang the bell twice.")
        self.page.keyboard.press("Tab")
        self.press_key("Enter")
        expect(self.page.locator(".timeline")).to_contain_text("Rang the bell twice.")

    def press_key(self, key: str) -> None:
        """Press a key that leads to another page, and wait for that page."""
        with self.page.expect_event("load"):
            self.page.keyboard.press(key)
