"""The demo shop as each group of the staff finds it.

The pictures of docs/staff.md are taken here (``script/pictures``).
"""

from datetime import timedelta
from io import StringIO
from itertools import islice
from unittest.mock import patch

from django.core.management import call_command
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from catalogue.models import Product
from orders.models import Order
from shop.demo import people
from shop.demo.films import FILMS_CSV
from tests.browser import PHONE, BrowserTestCase
from tests.servers import temporary_directory
from tests.stats.books import settle
from users.models import User

FILMS, CUSTOMERS = 30, 12
TO_THE_TOP = "(element) => element.scrollIntoView()"
# Address -> titles that the index has, and some that it has not.
OFFERED = {
    "editor@example.com": (
        {"Products", "Categories", "Import and export"},
        {"Orders", "Users"},
    ),
    "clerk@example.com": ({"Orders", "Payments"}, {"Users", "Vouchers"}),
    "service@example.com": ({"Orders", "Users", "Addresses"}, {"Groups"}),
    "finance@example.com": ({"Payments", "Sales", "Vouchers"}, {"Users"}),
    "auditor@example.com": ({"Orders", "Users", "Sales"}, set()),
    people.PARTNER: ({"Stock records", "Stock levels"}, {"Orders", "Users"}),
}


@patch.object(people, "CUSTOMERS", CUSTOMERS)
def load_demo() -> None:
    """Store the first films of the demo shop with what belongs to them."""
    with temporary_directory() as place, FILMS_CSV.open(encoding="utf-8") as films:
        path = place / "films.csv"
        path.write_text("".join(islice(films, FILMS + 1)), encoding="utf-8")
        call_command("load_demo", films=path, stdout=StringIO(), stderr=StringIO())
    settle()


@override_settings(SHOP_DEMO=True)
class RoleTests(BrowserTestCase):
    """Each group finds its own pages, and those alone"""

    device = {"viewport": {"width": 1440, "height": 900}}

    def test_every_group(self) -> None:
        """One test, since a shop is loaded for each."""
        load_demo()
        for stroll in (
            self.indexes,
            self.editor,
            self.clerk,
            self.customer_service,
            self.finance,
            self.auditor,
            self.partner,
            self.clerk_on_a_phone,
        ):
            with self.subTest(stroll.__name__):
                stroll()

    def enter(self, email: str) -> None:
        self.sign_in(User.objects.with_email(email).get())
        self.open(reverse("admin:index"))

    def show(self, name: str, *arguments: object, query: str = "") -> None:
        """Open a page of the admin, which must be there for the reader."""
        path = reverse(f"admin:{name}", args=arguments)
        with self.page.expect_response(f"**{path}*") as answer:
            self.open(f"{path}{query}")
        self.assertEqual(answer.value.status, 200, name)

    def indexes(self) -> None:
        for email, (there, absent) in OFFERED.items():
            with self.subTest(email):
                self.enter(email)
                self.see(f"role-{email.partition('@')[0]}")
                links = self.page.locator("#content-main th a").all_inner_texts()
                self.assertLessEqual(there, set(links))
                self.assertEqual(absent & set(links), set())

    def editor(self) -> None:
        product = Product.objects.filter(images__isnull=False).first()
        self.enter("editor@example.com")
        self.show("catalogue_product_changelist")
        self.see("demo-products")
        self.show("catalogue_product_change", product.pk)
        self.see("demo-product")
        self.page.locator("#variants-group").evaluate(TO_THE_TOP)
        self.see("demo-product-parts")
        self.show("catalogue_category_changelist")
        self.page.get_by_role("link", name="Expand tree").click()
        self.see("demo-tree")
        self.show("exchange")
        self.see("demo-exchange")

    def clerk(self) -> None:
        order = Order.objects.latest("placed_at")
        self.enter("clerk@example.com")
        self.show("orders_order_changelist")
        self.see("demo-orders")
        self.show("orders_order_change", order.pk)
        self.see("demo-order")
        self.page.locator("#lines-group").evaluate(TO_THE_TOP)
        self.see("demo-order-timeline")

    def customer_service(self) -> None:
        customer = User.objects.with_email(people.CUSTOMER).get()
        self.enter("service@example.com")
        self.page.get_by_role("searchbox").first.fill(people.CUSTOMER)
        with self.page.expect_event("load"):
            self.page.keyboard.press("Enter")
        expect(self.page.locator("#content-main")).to_contain_text(people.CUSTOMER)
        self.see("demo-search")
        self.show("users_user_change", customer.pk)
        self.see("demo-customer")

    def finance(self) -> None:
        self.enter("finance@example.com")
        since = timezone.now().date() - timedelta(days=700)
        self.show("stats-sales", query=f"?since={since}&step=month")
        expect(self.page.locator("figure canvas").first).to_be_visible()
        self.see("demo-sales-totals")
        self.page.locator("#title-series").evaluate(TO_THE_TOP)
        self.see("demo-sales")
        self.show("stats-sellers")
        self.see("demo-sellers")
        self.show("payments_payment_changelist")
        self.see("demo-payments")

    def auditor(self) -> None:
        self.enter("auditor@example.com")
        self.show("staff_accessentry_changelist")
        self.see("demo-access")
        product = Product.objects.first()
        self.show("catalogue_product_change", product.pk)
        expect(self.page.get_by_role("button", name="Save")).to_have_count(0)
        self.see("demo-auditor")

    def partner(self) -> None:
        self.enter(people.PARTNER)
        self.show("partner_stockrecord_changelist")
        self.see("demo-offers")
        self.show("partner_stocklevel_changelist")
        self.see("demo-levels")
        self.show("stats-stock")
        self.see("demo-stock")

    def clerk_on_a_phone(self) -> None:
        self.page.set_viewport_size(PHONE["viewport"])
        self.enter("clerk@example.com")
        self.see("demo-phone-index")
        self.show("orders_order_change", Order.objects.latest("placed_at").pk)
        self.see("demo-phone-order")
