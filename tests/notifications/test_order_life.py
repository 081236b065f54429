from django.core import mail
from django.test import TestCase, override_settings

from orders.services import cancel_order
from partner.models import StockRecord
from tests.orders.factories import VariantFactory, make_offer
from tests.orders.stories import (
    CUSTOMER,
    placed,
    receive,
    run_outbox,
    ship_all,
)
from tests.partner.factories import PartnerFactory


@override_settings(SITE_URL="https://shop.example", SHOP_NAME="Film Shop")
class OrderLifeTests(TestCase):
    """What a buyer hears while the services move an order"""

    @classmethod
    def setUpTestData(cls) -> None:
        partner = PartnerFactory()
        cls.records: list[StockRecord] = [
            make_offer(variant=VariantFactory(product_title=title), partner=partner)
            for title in ("Metropolis", "Nosferatu")
        ]

    def hear(self) -> list[tuple[str, str]]:
        """Carry out what was published; return subjects and texts, in order."""
        run_outbox()
        heard = [(sent.subject, sent.body) for sent in mail.outbox]
        mail.outbox.clear()
        return heard

    def test_placed_paid_refunded_in_part_and_shipped(self) -> None:
        first, second = self.records
        order = placed((first, 2), (second, 1), guest_email="g@example.com")
        name = f"Film Shop: order {order.number}"
        ((subject, text),) = self.hear()
        self.assertEqual(subject, name)
        self.assertIn("2 x Metropolis: €19.80\n1 x Nosferatu: €9.90\n", text)

        receive(order)
        self.assertEqual(self.hear(), [])  # nobody needs a mail for that
        line = order.lines.get(stock_record_id=second.pk)
        cancel_order(order.pk, actor=CUSTOMER, quantities={line.pk: 1})
        (cancellation, lines), (refund, amount) = sorted(self.hear())
        self.assertEqual(cancellation, f"{name}: cancellation")
        self.assertIn("\n\n1 x Nosferatu\n\nWhat you have paid for it", lines)
        self.assertEqual(refund, f"{name}: refund")
        self.assertIn(f"We pay back €9.90 for your order {order.number}.", amount)

        ship_all(order)
        ((subject, text),) = self.hear()
        self.assertEqual(subject, f"{name} is on its way")
        self.assertIn("\n\n2 x Metropolis\n\n", text)

    def test_cancelled_before_it_was_paid(self) -> None:
        order = placed((self.records[0], 1))
        self.hear()
        cancel_order(order.pk, actor=CUSTOMER)
        ((subject, text),) = self.hear()
        self.assertIn("cancellation", subject)
        self.assertIn(
            f"Your order {order.number} was cancelled.\n\n1 x Metropolis", text
        )
        self.assertNotIn("paid back", text)

    def test_cancelled_in_part_before_it_was_paid(self) -> None:
        first, second = self.records
        order = placed((first, 2), (second, 1), provider="invoice")
        self.hear()
        line = order.lines.get(stock_record_id=first.pk)
        cancel_order(order.pk, actor=CUSTOMER, quantities={line.pk: 1})
        ((subject, text),) = self.hear()
        self.assertIn("cancellation", subject)
        self.assertIn(
            f"This was cancelled of your order {order.number}:\n\n1 x Metropolis", text
        )
        self.assertNotIn("paid back", text)

    def test_cancelled_after_it_was_paid(self) -> None:
        order = receive(placed((self.records[0], 1), language="de"))
        self.hear()
        cancel_order(order.pk, actor=CUSTOMER)
        heard = dict(self.hear())
        name = f"Film Shop: Bestellung {order.number}"
        self.assertEqual(set(heard), {f"{name}: Stornierung", f"{name}: Erstattung"})
        self.assertIn("wird Ihnen erstattet", heard[f"{name}: Stornierung"])
