from django.urls import reverse
from playwright.sync_api import expect

from orders.models import Order
from payments.models import Refund
from tests.browser import BrowserTestCase
from tests.orders.factories import make_offer
from tests.orders.stories import delivered
from tests.users.factories import UserFactory


class OrderWalkTests(BrowserTestCase):
    """An order comes back, and the money with it"""

    def test_refund(self) -> None:
        order = delivered((make_offer(num_in_stock=5), 2))
        line = order.lines.get()
        self.sign_in(UserFactory(is_staff=True, is_superuser=True))
        self.open(reverse("admin:orders_order_changelist"))
        self.see("orders")
        self.press(self.page.get_by_role("link", name=order.number))
        self.see("order")
        self.page.locator("summary", has_text="Take back").click()
        step = self.page.locator("form[action$='/press/return/']")
        step.locator(f"input[name='return-units_{line.pk}']").fill("1")
        step.locator("input[name='return-reason']").fill("Scratched")
        self.see("order-returning")
        self.press(step.locator("input[type=submit]"))
        expect(self.page.locator(".messagelist")).to_contain_text("in stock again")
        self.see("order-returned")
        order = Order.objects.get()
        self.assertEqual(order.credited_amount, line.unit_price)
        line.refresh_from_db()
        self.assertEqual(line.returned_quantity, 1)
        self.assertEqual(Refund.objects.get().amount, line.unit_price)
