from decimal import Decimal
from io import BytesIO

from django.contrib.auth.models import Permission
from django.test import TestCase, override_settings
from django.urls import reverse
from pypdf import PdfReader

from custom.models import OutboxMessage
from orders.documents import credit_note_document, invoice_document
from orders.errors import TransitionNotAllowedError
from orders.models import CreditNote, Order
from orders.services import (
    cancel_order,
    credit_order,
    issue_invoice,
    return_lines,
)
from payments.errors import RefundTooLargeError
from payments.models import Payment, PaymentEvent, Refund
from payments.services import start_payment
from stats.models import SalesDay
from tests.buying.invariants import find_faults
from tests.orders.factories import make_offer
from tests.orders.stories import CUSTOMER, STAFF, delivered, placed, receive
from tests.shipping.factories import make_rate
from tests.stats.books import settle
from tests.tax.factories import make_tax_class
from tests.users.factories import UserFactory


def credit(order: Order, amount: str, reason: str = "It came late") -> None:
    credit_order(order.pk, amount=Decimal(amount), reason=reason, actor=STAFF)
    order.refresh_from_db()


class CreditOrderTests(TestCase):
    """orders.services.credit_order"""

    def setUp(self) -> None:
        make_rate(price="4.90")
        record = make_offer(num_in_stock=9, price="10.00")
        self.order = receive(placed((record, 2), shipping_method="standard"))

    def test_an_amount_goes_back_without_goods(self) -> None:
        credit(self.order, "4.90")
        order = self.order
        self.assertEqual(order.credited_amount, Decimal("4.90"))
        self.assertEqual(order.refunded_amount, Decimal("4.90"))
        self.assertEqual(
            (order.status, order.payment_status), ("confirmed", "partly_refunded")
        )
        refund = Refund.objects.get()
        self.assertEqual(
            (refund.amount, refund.reason), (Decimal("4.90"), "It came late")
        )
        requested = PaymentEvent.objects.get(type="refund_requested")
        self.assertEqual(requested.refunding_delta, Decimal("4.90"))
        told = [(each.type, each.detail) for each in order.events.order_by("pk")][-2:]
        detail = {"amount": "4.90", "reason": "It came late"}
        self.assertEqual(told, [("credited", detail), ("refunded", detail)])
        self.assertEqual(order.lines.get().kept_quantity, 2)
        topics = OutboxMessage.objects.values_list("topic", flat=True)
        for topic in ("order.credited", "order.refunded", "payment.refund"):
            self.assertIn(topic, topics)
        self.assertEqual(find_faults(), [])

    def test_more_than_is_left_is_refused(self) -> None:
        credit(self.order, "20.00")
        for amount in ("4.91", "0.00", "-1.00"):
            with self.subTest(amount), self.assertRaises(RefundTooLargeError) as caught:
                credit(self.order, amount)
            self.assertEqual(caught.exception.extra["refundable_amount"], "4.90")
        self.order.refresh_from_db()
        self.assertEqual(self.order.credited_amount, Decimal("20.00"))
        self.assertEqual(Refund.objects.count(), 1)

    def test_only_staff_and_only_what_is_paid(self) -> None:
        unpaid = placed((make_offer(price="10.00"), 1))
        cancelled = receive(placed((make_offer(price="10.00"), 1)))
        cancel_order(cancelled.pk, actor=STAFF)
        for order in (unpaid, cancelled):
            with self.assertRaises(TransitionNotAllowedError):
                credit(order, "1.00")
        with self.assertRaises(TransitionNotAllowedError):
            credit_order(
                self.order.pk, amount=Decimal(1), reason="Mine", actor=CUSTOMER
            )
        self.assertEqual(self.order.events.filter(type="credited").count(), 0)

    def test_what_went_back_does_not_go_back_again_with_the_goods(self) -> None:
        credit(self.order, "18.00")
        line = self.order.lines.get()
        for amount in ("6.90", "0.00"):
            cancel_order(self.order.pk, actor=STAFF, quantities={line.pk: 1})
            event = self.order.events.filter(type="cancelled").latest("pk")
            self.assertEqual(event.detail["amount"], amount)
        self.order.refresh_from_db()
        self.assertEqual(self.order.owed_amount, 0)
        self.assertTrue(self.order.is_cancelled)
        self.assertEqual(find_faults(), [])

    def test_stats_have_it_as_taken_back_and_refunded(self) -> None:
        order = placed((make_offer(price="10.00"), 1))
        payment = Payment.objects.get(order=order.public_id)
        start_payment(payment.public_id, token="ok")
        settle()
        credit(order, "4.90")
        settle()
        day = SalesDay.objects.get()
        self.assertEqual((day.shipping_back, day.goods_back), (Decimal("4.90"), 0))
        self.assertEqual((day.refunded, day.refunds), (Decimal("4.90"), 1))

    def test_the_buyer_reads_it(self) -> None:
        credit(self.order, "4.90")
        buyer = self.order.user
        self.client.force_login(buyer)
        answer = self.client.get(
            reverse("orders:order-detail", args=[self.order.number]),
            headers={"Accept": "application/json"},
        ).json()
        self.assertEqual(answer["credited_amount"], "4.90")
        self.assertEqual(answer["refunds"][0]["amount"], "4.90")
        told = [event for event in answer["events"] if event["type"] == "credited"]
        self.assertEqual(
            told[0]["detail"], {"amount": "4.90", "reason": "It came late"}
        )


class CreditPageTests(TestCase):
    """The form of the admin"""

    def setUp(self) -> None:
        self.order = receive(placed((make_offer(price="10.00"), 1)))
        self.page = reverse("admin:orders_order_change", args=[self.order.pk])
        self.press = reverse("admin:orders_order_press", args=[self.order.pk, "credit"])

    def log_in(self, *codenames: str) -> None:
        user = UserFactory(is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        self.client.force_login(user)

    def send(self, amount: str) -> list[str]:
        answer = self.client.post(
            self.press,
            {
                "credit-amount": amount,
                "credit-reason": "Scratched",
                "credit-version": self.order.version,
            },
            follow=True,
        )
        self.order.refresh_from_db()
        return [str(message) for message in answer.context["messages"]]

    def test_finance_pays_back(self) -> None:
        self.log_in("view_order", "move_money")
        self.assertContains(self.client.get(self.page), "at most 10.00")
        self.assertEqual(
            self.send("2.50"), ["It is credited; money goes back in a moment."]
        )
        self.assertEqual(self.order.credited_amount, Decimal("2.50"))
        self.assertContains(self.client.get(self.page), "Scratched")

    def test_what_cannot_be_paid_back(self) -> None:
        self.log_in("view_order", "move_money")
        for amount, told in (
            ("10.01", "At most 10.00 EUR can be paid back."),
            ("2.505", "EUR has no such amount."),
            ("x", "Enter a number."),
            ("", "This field is required."),
        ):
            with self.subTest(amount):
                self.assertEqual(self.send(amount), [told])
        self.assertEqual(self.order.credited_amount, 0)

    def test_others_may_not(self) -> None:
        self.log_in("view_order", "change_order")
        self.assertNotContains(self.client.get(self.page), self.press)
        self.assertEqual(self.client.post(self.press).status_code, 403)


@override_settings(SHOP_PRICES_INCLUDE_TAX=True)
class PaperTests(TestCase):
    """Taxes by rate, and credit notes"""

    def setUp(self) -> None:
        make_rate(price="4.90")
        films, books = make_tax_class("film", AT="20"), make_tax_class("book", AT="10")
        self.film = make_offer(num_in_stock=9, price="12.00")
        self.book = make_offer(num_in_stock=9, price="11.00")
        for record, kind in ((self.film, films), (self.book, books)):
            product = record.variant.product
            product.tax_class = kind
            product.save()
        self.order = delivered(
            (self.film, 1), (self.book, 2), shipping_method="standard"
        )

    def read(self, document: bytes) -> str:
        (page,) = PdfReader(BytesIO(document)).pages
        return page.extract_text()

    def notes(self) -> list[int]:
        return list(CreditNote.objects.order_by("pk").values_list("number", flat=True))

    def test_an_invoice_tells_tax_by_rate(self) -> None:
        text = self.read(invoice_document(issue_invoice(self.order.pk)))
        for row in self.order.taxes:
            gross = Decimal(row["net"]) + Decimal(row["tax"])
            for amount in (row["net"], row["tax"], gross):
                self.assertIn(f"\u20ac{amount}", text)
        self.assertIn("10%", text)
        self.assertIn("20%", text)
        gross = sum(
            Decimal(row["net"]) + Decimal(row["tax"]) for row in self.order.taxes
        )
        self.assertEqual(gross, self.order.total_amount)
        tax = sum(Decimal(row["tax"]) for row in self.order.taxes)
        self.assertEqual(tax, self.order.included_tax)

    def test_an_order_that_kept_no_rates(self) -> None:
        Order.objects.update(taxes=[])
        self.order.refresh_from_db()
        text = self.read(invoice_document(issue_invoice(self.order.pk)))
        self.assertIn("Several", text)
        self.assertIn(f"\u20ac{self.order.total_amount:.2f}", text)

    def test_what_is_taken_back_of_an_invoice_has_a_credit_note(self) -> None:
        issue_invoice(self.order.pk)
        book = self.order.lines.get(stock_record_id=self.book.pk)
        return_lines(self.order.pk, actor=STAFF, quantities={book.pk: 1})
        credit(self.order, "4.90", "Sorry for the delay")
        self.assertEqual(self.notes(), [1, 2])
        first, second = CreditNote.objects.order_by("number")
        text = self.read(credit_note_document(first))
        for words in (
            "Credit note 1",
            "Of invoice",
            book.sku,
            "\u20ac11.00",
            "10%",
            "\u20ac1.00",
        ):
            self.assertIn(words, text)
        self.assertNotIn("20%", text)
        text = self.read(credit_note_document(second))
        for words in (
            "Credit note 2",
            "Sorry for the delay",
            "Shipping and others",
            "\u20ac4.90",
        ):
            self.assertIn(words, text)
        self.assertIn("\u20ac4.90", text)

    def test_without_an_invoice_there_is_none_until_there_is_one(self) -> None:
        credit(self.order, "1.00")
        credit(self.order, "2.00")
        self.assertEqual(self.notes(), [])
        issue_invoice(self.order.pk)
        self.assertEqual(self.notes(), [1, 2])
        issue_invoice(self.order.pk)
        self.assertEqual(self.notes(), [1, 2])

    def test_nothing_that_went_back_has_no_note(self) -> None:
        issue_invoice(self.order.pk)
        credit(self.order, str(self.order.total_amount))
        return_lines(self.order.pk, actor=STAFF)
        self.assertEqual(self.notes(), [1])

    def test_in_the_admin(self) -> None:
        issue_invoice(self.order.pk)
        credit(self.order, "1.00")
        other = receive(placed((make_offer(), 1)))
        self.client.force_login(UserFactory(is_staff=True, is_superuser=True))
        paper = reverse("admin:orders_order_credit_note", args=[self.order.pk, 1])
        page = reverse("admin:orders_order_change", args=[self.order.pk])
        self.assertContains(self.client.get(page), paper)
        answer = self.client.get(paper)
        self.assertEqual(answer["Content-Type"], "application/pdf")
        self.assertIn("Credit note 1", self.read(answer.content))
        for key, number in ((self.order.pk, 2), (other.pk, 1)):
            strange = reverse("admin:orders_order_credit_note", args=[key, number])
            self.assertEqual(self.client.get(strange).status_code, 404)
        self.client.force_login(UserFactory(is_staff=True))
        self.assertEqual(self.client.get(paper).status_code, 403)
        self.client.logout()
        self.assertEqual(self.client.get(paper).status_code, 302)
