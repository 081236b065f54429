"""Staff at work, in a real browser: the pages, the keys, the tree, a phone.

Pictures of each station are left in ``var/screenshots``.
"""

from pathlib import Path

from django.conf import settings
from django.urls import reverse
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.wait import WebDriverWait

from catalogue.models import Category, Product
from catalogue.services import create_category
from orders.models import Order
from payments.models import Refund
from tests.browser import WAIT_SECONDS, BrowserTestCase
from tests.catalogue.factories import (
    AttributeDefinitionFactory,
    ProductFactory,
    VariantFactory,
)
from tests.orders.factories import make_offer
from tests.orders.stories import delivered
from tests.users.factories import UserFactory

PICTURES = Path(settings.BASE_DIR, "var", "screenshots")
PASSWORD = "correct-horse-2026"
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}


class StaffWalkTests(BrowserTestCase):
    """One day of the staff; no page writes to the console or asks a stranger"""

    def setUp(self) -> None:
        super().setUp()
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.boss = UserFactory(is_staff=True, is_superuser=True, password=PASSWORD)

    def see(self, name: str) -> None:
        """Keep a picture, and hold the page against what no page may do."""
        self.driver.save_screenshot(str(PICTURES / f"{name}.png"))
        self.assertEqual(self.console(), [], name)
        self.assertEqual(self.strangers(), set(), name)

    def press(self, selector: str) -> None:
        """Click a button that leads to another page, and wait for that page."""
        here = self.driver.find_element(By.TAG_NAME, "html")
        self.find(selector).click()
        WebDriverWait(self.driver, WAIT_SECONDS).until(expected.staleness_of(here))

    def write(self, selector: str, text: str) -> None:
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def test_a_product_from_the_login_until_it_is_back(self) -> None:
        product = ProductFactory(title="Metropolis", slug="metropolis")
        VariantFactory(product=product)
        AttributeDefinitionFactory(
            product_type=product.product_type, code="minutes", kind="integer"
        )
        self.log_in()
        self.edit_what_is_found()
        self.assertEqual(self.stored(), ("Metropolis", {"minutes": 153}))
        self.write("#id_title", "Metropolis, restored")
        self.write("#id_attribute_minutes", "148")
        self.press("input[name=_continue]")
        self.put_the_title_back()
        self.assertEqual(self.stored(), ("Metropolis", {"minutes": 148}))
        self.open(reverse("admin:catalogue_product_delete", args=[product.pk]))
        self.press("#content form input[type=submit]")
        self.assertFalse(Product.objects.exists())
        self.open(reverse("admin:catalogue_product_recoverlist"))
        self.see("deleted")
        self.press("#content-main table a")
        self.press("#content-main form button[type=submit]")
        self.see("recovered")
        self.assertEqual(self.stored(), ("Metropolis", {"minutes": 148}))

    def log_in(self) -> None:
        self.open("/admin/")
        self.see("login")
        self.write("input[name=login]", self.boss.email)
        self.write("input[name=password]", PASSWORD)
        self.find("input[name=password]").submit()
        self.find(".search-all")
        self.see("index")

    def edit_what_is_found(self) -> None:
        self.write(".search-all input", "metropolis")
        self.find(".search-all input").submit()
        self.find("#content-main section a").click()
        self.write("#id_attribute_minutes", str(2**53))
        self.press("input[name=_continue]")
        fault = self.text(".field-attribute_minutes .errorlist")
        self.assertEqual(fault, "Not a valid whole number.")
        self.write("#id_attribute_minutes", "153")
        self.press("input[name=_continue]")
        self.see("product")

    def put_the_title_back(self) -> None:
        """Compare the first save with now, and take one of two fields from it."""
        self.press(".historylink")
        self.see("history")
        self.find("#change-history tbody tr:last-child input[name=old]").click()
        self.press("#change-history input[type=submit]")
        self.see("compare")
        self.assertEqual(self.text(".difference ins"), ", restored")
        self.assertTrue(self.find("input[value='attributes.minutes']"))
        self.find("input[name=names][value=title]").click()
        self.press("#content-main form button:not([name])")
        self.see("reverted")

    def stored(self) -> tuple[str, dict[str, object]]:
        product = Product.objects.get()
        return product.title, product.attributes

    def test_move_a_category(self) -> None:
        comedies = create_category(name="Comedies")
        musicals = create_category(name="Musicals")
        self.sign_in(self.boss)
        self.open(reverse("admin:catalogue_category_changelist"))
        self.see("tree")
        row = "//div[@data-pk='{}']/.."
        handle = self.driver.find_element(
            By.XPATH, f"{row.format(musicals.pk)}//div[@class='drag-handle']"
        )
        target = self.driver.find_element(By.XPATH, row.format(comedies.pk))
        here = self.driver.find_element(By.TAG_NAME, "html")
        moves = ActionChains(self.driver).click_and_hold(handle)
        moves = moves.move_to_element(target).move_by_offset(0, 1).move_by_offset(0, -1)
        moves.release().perform()
        WebDriverWait(self.driver, WAIT_SECONDS).until(expected.staleness_of(here))
        self.see("tree-moved")
        moved = Category.objects.get(pk=musicals.pk)
        self.assertEqual(moved.parent, comedies)
        # The same by keyboard: the form of a category has its parent.
        self.open(reverse("admin:catalogue_category_change", args=[musicals.pk]))
        self.find("#id_parent").send_keys("-")
        self.find("#id_name").submit()
        self.find(".messagelist .success")
        self.see("category")
        self.assertIsNone(Category.objects.get(pk=musicals.pk).parent)

    def test_refund_an_order(self) -> None:
        order = delivered((make_offer(num_in_stock=5), 2))
        line = order.lines.get()
        self.sign_in(self.boss)
        self.open(reverse("admin:orders_order_change", args=[order.pk]))
        self.see("order")
        step = "form[action$='/press/return/']"
        self.driver.find_element(
            By.XPATH, "//summary[contains(., 'Take back')]"
        ).click()
        self.write(f"{step} input[name='return-units_{line.pk}']", "1")
        self.write(f"{step} input[name='return-reason']", "Scratched")
        self.press(f"{step} input[type=submit]")
        self.assertIn("in stock again", self.text(".messagelist"))
        self.see("order-returned")
        order = Order.objects.get()
        self.assertEqual(order.credited_amount, line.unit_price)
        line.refresh_from_db()
        self.assertEqual(line.returned_quantity, 1)
        self.assertEqual(Refund.objects.get().amount, line.unit_price)

    def test_lists_and_the_stats(self) -> None:
        delivered((make_offer(num_in_stock=5), 2))
        self.sign_in(self.boss)
        for name in (
            "orders_order_changelist",
            "users_user_changelist",
            "catalogue_product_changelist",
            "partner_stocklevel_changelist",
            "stats-sales",
        ):
            with self.subTest(name):
                self.open(reverse(f"admin:{name}"))
                self.find("#content")
                self.see(name)

    def test_a_phone(self) -> None:
        order = delivered((make_offer(num_in_stock=5), 2))
        product = Product.objects.get()
        self.sign_in(self.boss)
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
        self.addCleanup(
            self.driver.execute_cdp_cmd, "Emulation.clearDeviceMetricsOverride", {}
        )
        for name, args in (
            ("index", ()),
            ("orders_order_changelist", ()),
            ("orders_order_change", (order.pk,)),
            ("catalogue_product_change", (product.pk,)),
            ("catalogue_category_changelist", ()),
        ):
            with self.subTest(name):
                self.open(reverse(f"admin:{name}", args=args))
                self.see(f"phone-{name}")
                width = self.run_script("return document.scrollingElement.scrollWidth")
                self.assertLessEqual(width, PHONE["width"])

    def test_keys(self) -> None:
        product = ProductFactory()
        VariantFactory(product=product)
        self.sign_in(self.boss)
        self.open(reverse("admin:catalogue_product_change", args=[product.pk]))
        keys = self.run_script(
            "return Array.from(document.querySelectorAll('[accesskey]'),"
            " (each) => each.accessKey).sort();"
        )
        self.assertEqual(keys, ["/", "e", "h", "s"])
        first = self.run_script("return document.querySelector('a').className;")
        self.assertEqual(first, "skip-to-content-link")
