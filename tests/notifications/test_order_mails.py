import json
import re
import smtplib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unittest import mock

from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import SimpleTestCase, TestCase, override_settings

from basket.requests import LineRequest
from custom import outbox
from custom.models import OutboxMessage
from custom.outbox import consume
from custom.transactions import run_in_transaction
from notifications.mails import plain_words
from orders.guests import guest_token
from orders.models import Order
from orders.services import place_order
from tests.orders.factories import (
    ADDRESS,
    OrderEventFactory,
    OrderFactory,
    OrderLineFactory,
    VariantFactory,
    make_offer,
    order_request,
)
from tests.outbox import messages
from tests.users.factories import UserFactory

MARKUP = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def html_of(sent: EmailMultiAlternatives) -> str:
    ((html, kind),) = sent.alternatives
    assert kind == "text/html"
    return html


class MailTestCase(TestCase):
    def sent(self) -> EmailMultiAlternatives:
        (sent,) = mail.outbox
        return sent

    def carry_out(self, topic: str, **payload: object) -> OutboxMessage:
        run_in_transaction(lambda: outbox.publish(topic, payload))
        message = messages().latest("pk")
        consume(message.pk)
        message.refresh_from_db()
        self.assertEqual(message.state, "done", message.last_error)
        return message


@override_settings(SITE_URL="https://shop.example/", SHOP_NAME="Film Shop")
class OrderConfirmationTests(MailTestCase):
    """The mail that follows order.placed"""

    @classmethod
    def setUpTestData(cls) -> None:
        title = "Fast & Furious <3 🎬"
        cls.record = make_offer(variant=VariantFactory(product_title=title))

    def place(self, **fields: object) -> tuple[Order, OutboxMessage]:
        line = LineRequest(self.record.variant_id, 2)
        order = place_order(order_request(line, **fields))
        Order.objects.update(placed_at=datetime(2026, 3, 9, 23, 30, tzinfo=UTC))
        return order, messages().get(topic="order.placed")

    def test_a_customer_is_told_what_was_ordered(self) -> None:
        user = UserFactory(email="Ada@example.com")
        order, message = self.place(user=user)
        consume(message.pk)
        sent = self.sent()
        self.assertEqual(sent.to, ["Ada@example.com"])
        self.assertEqual(sent.subject, f"Film Shop: order {order.number}")
        self.assertEqual(
            sent.body,
            f"Thank you for your order {order.number} of March 9, 2026 at Film Shop.\n"
            "\n2 x Fast & Furious <3 🎬: €19.80\n\n"
            "Subtotal: €19.80\nTotal: €19.80\nTax included: €3.30\n\n"
            "Ships to:\nAda Lovelace\nStephansplatz 1\n1010 Wien\nAT\n\n"
            f"Your order: https://shop.example/api/order/{order.number}/\n\n"
            "Film Shop\n",
        )
        self.assertEqual(
            sent.extra_headers,
            {
                "Message-ID": f"<{message.public_id}@example.com>",
                "Auto-Submitted": "auto-generated",
            },
        )
        message.refresh_from_db()
        self.assertEqual(message.state, "done")

    def test_what_a_guest_typed_makes_no_link(self) -> None:
        lures = {
            "first_name": "Win www.evil.example",
            "last_name": "https://evil.example/x",
            "company": "evil。example ask@evil\uff0eexample\u202e",
            "line1": "Dr.-Karl-Lueger-Platz 1.2",
        }
        _, message = self.place(
            guest_email="victim@example.com", shipping_address=ADDRESS | lures
        )
        consume(message.pk)
        sent = self.sent()
        for text in (sent.body, html_of(sent)):
            self.assertNotRegex(
                text, r"evil[.\u3002\uff0e]example|www\.evil|https://evil|@evil"
            )
            self.assertNotIn("\u202e", text)
        self.assertIn("Win www. evil. example https: //evil. example/x\n", sent.body)
        self.assertIn("Dr. -Karl-Lueger-Platz 1. 2\n", sent.body)

    def test_the_mail_is_multipart(self) -> None:
        _, message = self.place()
        consume(message.pk)
        parts = [part.get_content_type() for part in self.sent().message().walk()]
        self.assertEqual(parts, ["multipart/alternative", "text/plain", "text/html"])

    def test_html_is_escaped(self) -> None:
        order, message = self.place(user=UserFactory())
        line = order.lines.get()
        line.title = "<script>alert(1)</script> & Co"
        line.save()
        consume(message.pk)
        html = html_of(self.sent())
        self.assertIn("2 &times; &lt;script&gt;alert(1)&lt;/script&gt; &amp; Co", html)
        self.assertEqual(html.count("<script"), 1)  # the markup's own
        self.assertIn('<html lang="en">', html)
        link = f"https://shop.example/api/order/{order.number}/"
        self.assertIn(f'<a href="{link}" target="_blank">Your order</a>', html)
        self.assertIn("<script>alert(1)</script> & Co: €19.80", self.sent().body)

    def test_mail_programs_read_the_order(self) -> None:
        order, message = self.place(guest_email="g@example.com")
        line = order.lines.get()
        line.title = 'Seven "</script><b>'
        line.save()
        consume(message.pk)
        (found,) = MARKUP.findall(html_of(self.sent()))
        token = guest_token(order.public_id)
        self.assertEqual(
            json.loads(found),
            {
                "@context": "https://schema.org",
                "@type": "Order",
                "merchant": {"@type": "Organization", "name": "Film Shop"},
                "orderNumber": order.number,
                "orderStatus": "https://schema.org/OrderProcessing",
                "orderDate": "2026-03-09T23:30:00+00:00",
                "priceCurrency": "EUR",
                "price": "19.80",
                "discount": "0.00",
                "discountCurrency": "EUR",
                "url": f"https://shop.example/api/order/{order.number}/?token={token}",
                "acceptedOffer": [
                    {
                        "@type": "Offer",
                        "itemOffered": {
                            "@type": "Product",
                            "name": 'Seven "</script><b>',
                            "sku": line.sku,
                        },
                        "price": "9.90",
                        "priceCurrency": "EUR",
                        "eligibleQuantity": {
                            "@type": "QuantitativeValue",
                            "value": 2,
                        },
                        "seller": {
                            "@type": "Organization",
                            "name": line.partner_name,
                        },
                    }
                ],
            },
        )

    def test_a_guests_link_opens_the_order(self) -> None:
        order, message = self.place(guest_email="g@example.com")
        consume(message.pk)
        self.assertEqual(self.sent().to, ["g@example.com"])
        token = guest_token(order.public_id)
        link = f"https://shop.example/api/order/{order.number}/?token={token}"
        self.assertIn(link, self.sent().body)
        self.assertIn(f'href="{link}"', html_of(self.sent()))
        path = link.removeprefix("https://shop.example")
        self.assertEqual(self.client.get(path).json()["number"], order.number)

    def test_the_customers_language(self) -> None:
        order, message = self.place(language="de")
        consume(message.pk)
        sent = self.sent()
        self.assertEqual(sent.subject, f"Film Shop: Bestellung {order.number}")
        self.assertEqual(
            sent.body,
            f"Danke für Ihre Bestellung {order.number} vom 9. März 2026 bei Film"
            " Shop.\n"
            "\n2 x Fast & Furious <3 🎬: 19,80\xa0€\n\n"
            "Zwischensumme: 19,80\xa0€\nGesamtbetrag: 19,80\xa0€\n"
            "Enthaltene Steuer: 3,30\xa0€\n\n"
            "Lieferung an:\nAda Lovelace\nStephansplatz 1\n1010 Wien\nAT\n\n"
            f"Ihre Bestellung: https://shop.example/api/order/{order.number}/\n\n"
            "Film Shop\n",
        )
        self.assertIn('<html lang="de">', html_of(sent))

    def test_a_language_the_shop_does_not_speak(self) -> None:
        _, message = self.place(language="xx-unknown")
        consume(message.pk)
        self.assertIn("Thank you for your order", self.sent().body)

    @override_settings(SHOP_NAME="Film\r\nBcc: everyone@example.com")
    def test_no_name_starts_another_header(self) -> None:
        _, message = self.place()
        consume(message.pk)
        sent = self.sent().message()
        self.assertNotIn("Bcc", sent)
        self.assertIn("Film Bcc: everyone@example.com: order", sent["Subject"])

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
            message = messages().filter(topic="order.placed").latest("pk")
            with self.assertNumQueries(10):
                # 2 UPDATE, 1 SELECT claim; 2 SELECT order and lines; 1 UPDATE done;
                # 2 times SAVEPOINT and RELEASE
                consume(message.pk)
            counts.append(len(mail.outbox))
        self.assertEqual(counts, [1, 2])


@override_settings(SITE_URL="https://shop.example", SHOP_NAME="Film Shop")
class LaterMailTests(MailTestCase):
    """The mails that follow order.shipped, order.cancelled and order.refunded"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.order = OrderFactory(number="N-1", user__email="ada@example.com")
        cls.line = OrderLineFactory(order=cls.order, title="Metropolis <DVD>")

    def tell(self, topic: str, kind: str, **detail: object) -> EmailMultiAlternatives:
        event = OrderEventFactory(order=self.order, type=kind, detail=detail)
        ids = {"order": str(self.order.public_id), "event": str(event.public_id)}
        self.carry_out(topic, **ids)
        self.assertEqual(self.sent().to, ["ada@example.com"])
        return self.sent()

    def told_line(self) -> list[dict[str, Any]]:
        return [{"line": self.line.pk, "sku": self.line.sku, "quantity": 1}]

    def test_shipped(self) -> None:
        Order.objects.update(fulfilment_status=Order.FulfilmentStatus.SHIPPED)
        url = "https://carrier.example/?a=1&b=2"
        sent = self.tell(
            "order.shipped",
            "shipped",
            carrier="dhl",
            tracking_number="JJD 1",
            tracking_url=url,
            lines=self.told_line(),
        )
        self.assertEqual(sent.subject, "Film Shop: order N-1 is on its way")
        self.assertEqual(
            sent.body,
            "This has been sent to you from your order N-1:\n\n"
            "1 x Metropolis <DVD>\n\n"
            f"Parcel: dhl JJD 1\n{url}\n\n"
            "Your order: https://shop.example/api/order/N-1/\n\nFilm Shop\n",
        )
        html = html_of(sent)
        self.assertIn("<li>1 &times; Metropolis &lt;DVD&gt;</li>", html)
        self.assertIn('href="https://carrier.example/?a=1&amp;b=2"', html)
        state = json.loads(MARKUP.findall(html)[0])["orderStatus"]
        self.assertEqual(state, "https://schema.org/OrderInTransit")

    def test_cancelled_in_part(self) -> None:
        Order.objects.update(paid_amount=Decimal("9.90"))
        sent = self.tell("order.cancelled", "cancelled", lines=self.told_line())
        self.assertEqual(sent.subject, "Film Shop: order N-1: cancellation")
        self.assertEqual(
            sent.body,
            "This was cancelled of your order N-1:\n\n1 x Metropolis <DVD>\n\n"
            "What you have paid for it will be paid back.\n\n"
            "Your order: https://shop.example/api/order/N-1/\n\nFilm Shop\n",
        )

    def test_expired(self) -> None:
        Order.objects.update(status=Order.Status.CANCELLED)
        sent = self.tell("order.cancelled", "expired")
        self.assertIn("has not been paid in time, so it was cancelled", sent.body)
        state = json.loads(MARKUP.findall(html_of(sent))[0])["orderStatus"]
        self.assertEqual(state, "https://schema.org/OrderCancelled")

    def test_refunded_in_german(self) -> None:
        Order.objects.update(language="de")
        sent = self.tell("order.refunded", "refunded", amount="1234.50")
        self.assertEqual(sent.subject, "Film Shop: Bestellung N-1: Erstattung")
        self.assertEqual(
            sent.body,
            "Wir erstatten Ihnen 1.234,50\xa0€ für Ihre Bestellung N-1.\n\n"
            "Ihre Bestellung: https://shop.example/api/order/N-1/\n\nFilm Shop\n",
        )

    def test_every_mail_is_whole_in_every_language(self) -> None:
        for language in ("en", "de"):
            Order.objects.update(language=language)
            for topic in ("order.shipped", "order.cancelled", "order.refunded"):
                with self.subTest(topic=topic, language=language):
                    mail.outbox.clear()
                    sent = self.tell(topic, topic.removeprefix("order."))
                    told = f"{sent.subject} {sent.body} {html_of(sent)}"
                    self.assertIn("N-1", told)
                    self.assertNotIn("{", sent.body)
                    self.assertNotIn("%(", told)

    def test_other_currencies(self) -> None:
        for currency, amount, shown in (
            ("JPY", "1200", "¥1,200"),
            ("KWD", "1.234", "KWD1.234"),
        ):
            with self.subTest(currency):
                mail.outbox.clear()
                Order.objects.update(currency=currency)
                self.order.refresh_from_db()
                sent = self.tell("order.refunded", "refunded", amount=amount)
                self.assertIn(f"We pay back {shown} for", sent.body)

    def test_a_discount_is_shown(self) -> None:
        Order.objects.update(
            subtotal=Decimal(20), discount_amount=Decimal(5), total_amount=Decimal(15)
        )
        self.carry_out("order.placed", order=str(self.order.public_id))
        self.assertIn("Discount: -€5.00\nTotal: €15.00", self.sent().body)

    def test_a_lost_order_is_an_error_that_tells_nothing_personal(self) -> None:
        lost = "00000000-0000-7000-8000-000000000000"
        run_in_transaction(lambda: outbox.publish("order.shipped", {"order": lost}))
        message = messages().get()
        with self.assertLogs("custom.outbox", "ERROR"):
            consume(message.pk)
        message.refresh_from_db()
        self.assertEqual(
            (message.state, message.last_error), ("pending", "DoesNotExist")
        )


class PlainWordsTests(SimpleTestCase):
    """notifications.mails.plain_words"""

    def test_it_is_one_short_line(self) -> None:
        self.assertEqual(plain_words("a\n\n b\x00c"), "a bc")
        self.assertEqual(len(plain_words("x" * 500)), 100)

    def test_names_stay_as_they_are(self) -> None:
        for name in ("Ada O'Neil-Müller", "St. Pölten 3/12", "a\u200cb\u200dc"):
            self.assertEqual(plain_words(name), name)
