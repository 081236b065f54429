from decimal import Decimal

from django.contrib.auth.models import Permission
from django.test import TestCase
from django.urls import reverse

from payments.models import PaymentEvent
from payments.services import create_payment
from tests.orders.factories import OrderFactory, OrderLineFactory, make_offer
from tests.promotions.factories import make_voucher
from tests.shipping.factories import make_rate
from users.models import User


class MoneyColumnTests(TestCase):
    """Amounts on pages of the admin have the places of their currency."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.staff = User.objects.create_superuser("staff@example.com", "secret")
        cls.record = make_offer(price="9.90")
        cls.yen = make_offer(price="1200", currency="JPY")
        cls.dinar = make_offer(price="1.5", currency="KWD")
        cls.order = OrderFactory(currency="JPY", total_amount=1200, subtotal=1200)
        OrderLineFactory(order=cls.order, unit_price=400, quantity=3, line_total=1200)
        payment = create_payment(
            order=cls.order.public_id,
            provider="invoice",
            amount=Decimal(1200),
            currency="JPY",
        )
        PaymentEvent.objects.create(
            payment=payment, type="announced", provider="invoice"
        )

    def setUp(self) -> None:
        self.client.force_login(self.staff)

    def page(self, name: str, *args: object) -> str:
        response = self.client.get(reverse(f"admin:{name}", args=args))
        self.assertEqual(response.status_code, 200)
        return response.content.decode()

    def cells(self, page: str, name: str) -> list[str]:
        start = f'<td class="field-{name}">'
        return [part.partition("<")[0] for part in page.split(start)[1:]]

    def test_lists(self) -> None:
        page = self.page("partner_stockrecord_changelist")
        self.assertEqual(sorted(self.cells(page, "price")), ["1.500", "1200", "9.90"])
        self.assertIn("?o=4", page)  # still sorted by the database

    def test_lists_of_what_has_its_currency_elsewhere(self) -> None:
        page = self.page("payments_paymentevent_changelist")
        self.assertEqual(set(self.cells(page, "captured_delta")), {"0"})

    def test_ledgers_and_what_belongs_to_them(self) -> None:
        page = self.page("orders_order_change", self.order.pk)
        self.assertNotIn("1200.0", page)
        self.assertInHTML("<p>400</p>", page)
        page = self.page("partner_stockprice_change", self.dinar.prices.get().pk)
        self.assertInHTML('<div class="readonly">1.500</div>', page)

    def test_who_may_only_look(self) -> None:
        looker = User.objects.create_user("looker@example.com", is_staff=True)
        looker.user_permissions.set(Permission.objects.filter(codename="view_voucher"))
        self.client.force_login(looker)
        voucher = make_voucher(amount="5")
        page = self.page("promotions_voucher_change", voucher.pk)
        self.assertInHTML('<div class="readonly">5.00</div>', page)

    def test_inputs(self) -> None:
        voucher = make_voucher(amount="5")
        rate = make_rate(price="4.9")
        for name, row, value in (
            ("partner_stockrecord_change", self.record, "9.90"),
            ("partner_stockrecord_change", self.yen, "1200"),
            ("partner_stockrecord_change", self.dinar, "1.500"),
            ("promotions_voucher_change", voucher, "5.00"),
            ("shipping_shippingzone_change", rate.zone, "4.90"),
        ):
            with self.subTest(name):
                self.assertIn(f' value="{value}"', self.page(name, row.pk))

    def test_an_amount_nobody_can_pay_is_shown_as_it_is(self) -> None:
        type(self.yen).objects.filter(pk=self.yen.pk).update(price=Decimal("1.5"))
        page = self.page("partner_stockrecord_change", self.yen.pk)
        self.assertIn(' value="1.500"', page)
