from decimal import Decimal

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import TestCase
from django.urls import reverse

from payments.models import Payment, Refund
from payments.services import refund_payments
from tests.orders.factories import make_offer
from tests.orders.stories import delivered
from tests.payments.calls import AMOUNT, deliver, fresh, new_payment, paid
from tests.users.factories import UserFactory
from users.models import User


class PaymentAdminTests(TestCase):
    """The pages of the ledger of money"""

    finance: User
    reader: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.finance, cls.reader = UserFactory.create_batch(2, is_staff=True)
        reading = Permission.objects.filter(
            content_type__app_label="payments", codename__startswith="view_"
        )
        cls.reader.user_permissions.set(reading)
        cls.finance.user_permissions.set(reading)
        cls.finance.user_permissions.add(Permission.objects.get(codename="move_money"))

    def setUp(self) -> None:
        self.client.force_login(self.finance)

    def page(self, row: Payment | Refund) -> str:
        url = reverse(f"admin:payments_{row._meta.model_name}_change", args=[row.pk])
        return self.client.get(url).content.decode()

    def press(self, row: Payment | Refund, name: str, **fields: str) -> list[str]:
        """Press a button; return what the reader is told."""
        url = reverse(
            f"admin:payments_{row._meta.model_name}_press", args=[row.pk, name]
        )
        if name == "receive":
            fields = {"seen": str(fresh(row).captured_amount), **fields}
        prefixed = {f"{name}-{field}": value for field, value in fields.items()}
        answer = self.client.post(url, prefixed, follow=True)
        self.assertEqual(answer.status_code, 200)
        return [str(message) for message in answer.context["messages"]]

    def test_each_state_has_its_buttons(self) -> None:
        labels = ("Note money", "Capture", "Cancel", "Ask the provider")
        for payment, shown in (
            (new_payment("invoice"), {"Note money", "Cancel"}),
            (new_payment(), {"Cancel"}),
            (paid(token="authorize"), {"Capture", "Cancel", "Ask the provider"}),
            (paid(), {"Ask the provider"}),
        ):
            page = self.page(payment)
            found = {label for label in labels if f'value="{label}' in page}
            self.assertEqual(found, shown, payment.status)

    def test_money_is_noted(self) -> None:
        payment = new_payment("invoice")
        told = self.press(payment, "receive", amount="", note="bank 17")
        self.assertEqual(told, ["The money is noted."])
        self.assertEqual(fresh(payment).captured_amount, AMOUNT)
        event = payment.events.get()
        self.assertEqual((event.actor, event.note), (self.finance, "bank 17"))
        entry = LogEntry.objects.get()
        self.assertEqual(entry.user, self.finance)
        self.assertEqual(entry.change_message, "Note money that came in")

    def test_money_that_is_sent_twice_comes_once(self) -> None:
        payment = new_payment("invoice")
        hidden = '<input type="hidden" name="receive-seen" value="0.000"'
        self.assertIn(hidden, self.page(payment))
        told = [
            self.press(payment, "receive", amount="40", seen="0.000")
            for _click in range(2)
        ]
        self.assertEqual(told[0], ["The money is noted."])
        self.assertIn("Money has been noted since", told[1][0])
        self.assertEqual(fresh(payment).captured_amount, 40)

    def test_what_a_service_refuses_is_told(self) -> None:
        payment = new_payment("invoice")
        told = self.press(payment, "receive", amount="100.01")
        self.assertEqual(told, ["At most 100.00 EUR may come in."])
        told = self.press(payment, "receive", amount="much")
        self.assertEqual(told, ["Enter a number."])
        self.assertEqual(fresh(payment).captured_amount, 0)
        self.assertFalse(LogEntry.objects.exists())

    def test_reserved_money_is_captured_or_let_go(self) -> None:
        payment = paid(token="authorize")
        self.press(payment, "capture", amount="40")
        deliver("payment.capture")
        self.assertEqual(fresh(payment).captured_amount, 40)
        payment = paid(token="authorize")
        self.press(payment, "cancel")
        self.assertEqual(fresh(payment).status, "cancelled")
        self.assertEqual(payment.events.last().actor, self.finance)
        self.assertEqual(
            self.press(payment, "cancel"),
            ["Only a payment that is still awaited can be cancelled."],
        )

    def test_the_provider_is_asked(self) -> None:
        payment = paid(token="timeout")
        told = self.press(payment, "ask")
        self.assertEqual(told, ["The provider was asked; the payment is Paid."])
        self.assertEqual(fresh(payment).status, "paid")

    def test_refunds_are_paid_out_and_repeated(self) -> None:
        payment = new_payment("invoice")
        self.press(payment, "receive")
        (refund,) = refund_payments(
            order=payment.order, amount=Decimal(5), reason="", source="return:1"
        )
        self.assertIn("Note as paid out", self.page(refund))
        told = self.press(refund, "repay", note="sent")
        self.assertEqual(told, ["The refund is noted as paid out."])
        self.assertEqual(fresh(payment).refunded_amount, 5)
        self.assertNotIn("Pay back again", self.page(refund))
        told = self.press(refund, "repeat")
        self.assertEqual(told, ["Only a refund that failed can be repeated, and once."])

    def test_readers_only_read(self) -> None:
        payment = new_payment("invoice")
        url = reverse("admin:payments_payment_press", args=[payment.pk, "receive"])
        self.client.force_login(self.reader)
        self.assertNotIn("Note money", self.page(payment))
        self.assertEqual(self.client.post(url).status_code, 403)
        self.client.force_login(UserFactory(is_staff=True))
        self.assertEqual(self.client.post(url).status_code, 403)
        self.client.logout()
        self.assertEqual(self.client.post(url).status_code, 302)
        self.assertEqual(fresh(payment).captured_amount, 0)

    def test_only_what_is_there_can_be_pressed(self) -> None:
        payment = new_payment("invoice")
        names = "admin:payments_payment_press"
        for arguments in ([payment.pk, "destroy"], [payment.pk + 1, "receive"]):
            url = reverse(names, args=arguments)
            self.assertEqual(self.client.post(url).status_code, 404)
        url = reverse(names, args=[payment.pk, "receive"])
        self.assertEqual(self.client.get(url).status_code, 405)

    def test_nobody_edits_or_deletes(self) -> None:
        self.client.force_login(UserFactory(is_staff=True, is_superuser=True))
        payment = paid()
        change = reverse("admin:payments_payment_change", args=[payment.pk])
        self.assertEqual(self.client.post(change, {"amount": "1"}).status_code, 403)
        delete = reverse("admin:payments_payment_delete", args=[payment.pk])
        self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 403)
        self.assertEqual(fresh(payment).amount, AMOUNT)

    def test_lists_ask_a_fixed_number_of_times(self) -> None:
        # User, two of rights, count, rows; three more note who looks at people.
        for model, number in (("payment", 5), ("refund", 5), ("paymentevent", 8)):
            url = reverse(f"admin:payments_{model}_changelist")
            payment = paid()
            self.refund_of(payment)
            self.client.get(url)
            with self.assertNumQueries(number):
                self.client.get(url)
            for _ in range(5):
                self.refund_of(paid())
            with self.assertNumQueries(number):
                self.client.get(url)

    def refund_of(self, payment: Payment) -> None:
        refund_payments(
            order=payment.order, amount=Decimal(5), reason="", source="return:1"
        )

    def test_the_list_names_the_order_and_is_searched_by_it(self) -> None:
        order = delivered((make_offer(num_in_stock=5), 1))
        payment = Payment.objects.get(order=order.public_id)
        new_payment()  # of no order that is here
        url = reverse("admin:payments_payment_changelist")
        page = self.client.get(url)
        link = reverse("admin:orders_order_change", args=[order.pk])
        self.assertContains(page, f'<a href="{link}">{order.number}</a>', html=True)
        self.assertContains(page, f"{payment.provider} {payment.public_id.hex[-8:]}")
        self.assertNotContains(page, str(payment.public_id))
        found = self.client.get(url, {"q": order.number}).context["cl"].result_list
        self.assertEqual(list(found), [payment])
