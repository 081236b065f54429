import smtplib
from unittest import mock

from django.core import mail
from django.test import TestCase, override_settings

from basket.requests import LineRequest
from custom.models import OutboxMessage
from custom.outbox import consume
from orders.guests import guest_token
from orders.models import Order
from orders.services import place_order
from tests.orders.factories import VariantFactory, make_offer, order_request
from tests.users.factories import UserFactory


@override_settings(SITE_URL="https://shop.example/", SHOP_NAME="Film Shop")
class OrderConfirmationTests(TestCase):
    """The mail that follows order.placed"""

    @classmethod
    def setUpTestData(cls) -> None:
        title = "Fast & Furious <3 🎬"
        cls.record = make_offer(variant=VariantFactory(product_title=title))

    def place(self, **fields: object) -> tuple[Order, OutboxMessage]:
        line = LineRequest(self.record.variant_id, 2)
        order = place_order(order_request(line, **fields))
        return order, OutboxMessage.objects.get()

    def test_a_customer_is_told_what_was_ordered(self) -> None:
        user = UserFactory(email="Ada@example.com")
        order, message = self.place(user=user)
        consume(message.pk)
        (sent,) = mail.outbox
        self.assertEqual(sent.to, ["Ada@example.com"])
        self.assertEqual(sent.subject, f"Film Shop: order {order.number}")
        self.assertEqual(
            sent.body,
            f"Thank you for your order {order.number} at Film Shop.\n\n"
            "2 x Fast & Furious <3 🎬: 19.80 EUR\n\n"
            "Total: 19.80 EUR\n\n"
            f"Your order: https://shop.example/api/order/{order.number}/\n\n",
        )
        header = {"Message-ID": f"<{message.public_id}@example.com>"}
        self.assertEqual(sent.extra_headers, header)
        message.refresh_from_db()
        self.assertEqual(message.state, "done")

    def test_a_guests_link_opens_the_order(self) -> None:
        order, message = self.place(guest_email="g@example.com")
        consume(message.pk)
        (sent,) = mail.outbox
        self.assertEqual(sent.to, ["g@example.com"])
        token = guest_token(order.public_id)
        link = f"https://shop.example/api/order/{order.number}/?token={token}"
        self.assertIn(link, sent.body)

    def test_a_refused_mail_is_tried_again(self) -> None:
        _, message = self.place()
        refusal = smtplib.SMTPServerDisconnected("gone")
        backend = "django.core.mail.backends.locmem.EmailBackend.send_messages"
        with (
            mock.patch(backend, side_effect=refusal),
            self.assertLogs("custom.outbox", "ERROR"),
        ):
            consume(message.pk)
        message.refresh_from_db()
        self.assertEqual((message.state, message.attempts), ("pending", 1))
        consume(message.pk)
        self.assertEqual(len(mail.outbox), 1)

    def test_statements_do_not_grow_with_lines(self) -> None:
        counts = []
        for number in (1, 5):
            lines = [LineRequest(make_offer().variant_id, 1) for _ in range(number)]
            place_order(order_request(*lines))
            message = OutboxMessage.objects.latest("pk")
            with self.assertNumQueries(10):
                # 2 UPDATE, 1 SELECT claim; 2 SELECT order and lines; 1 UPDATE done;
                # 2 times SAVEPOINT and RELEASE
                consume(message.pk)
            counts.append(len(mail.outbox))
        self.assertEqual(counts, [1, 2])
