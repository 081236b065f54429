from django.core import mail
from django.test import override_settings

from custom.outbox import consume
from partner.models import PartnerMember
from partner.services import add_member, take_stock
from tests.catalogue.factories import VariantFactory
from tests.notifications.test_order_mails import MailTestCase, html_of
from tests.outbox import messages
from tests.partner.factories import StockRecordFactory
from tests.users.factories import UserFactory

Role = PartnerMember.Role


@override_settings(SITE_URL="https://shop.example", SHOP_NAME="Film Shop")
class LowStockTests(MailTestCase):
    """The mail that follows stock.low"""

    @classmethod
    def setUpTestData(cls) -> None:
        variant = VariantFactory(product__title="M <1931>", title="DVD")
        cls.record = StockRecordFactory(
            variant=variant, partner_sku="F-1", low_stock_threshold=2
        )
        people = UserFactory.create_batch(4)
        cls.managers = people[:2]
        for user in people[:3]:
            role = Role.MANAGER if user in cls.managers else Role.CLERK
            add_member(partner=cls.record.partner, user=user, role=role)
        gone = people[3]
        gone.is_active = False
        gone.save()
        add_member(partner=cls.record.partner, user=gone, role=Role.MANAGER)

    def sell(self, units: int) -> None:
        take_stock({self.record.pk: units}, source=f"order:{units}")
        for message in messages().filter(state="pending"):
            consume(message.pk)

    def test_managers_are_told(self) -> None:
        self.sell(7)
        self.assertEqual(mail.outbox, [])
        self.sell(2)
        sent = self.sent()
        self.assertEqual(sent.to, [user.email for user in self.managers])
        self.assertEqual(sent.subject, "Film Shop: M <1931> - DVD is running low")
        link = f"https://shop.example/api/partner/stock/{self.record.pk}/"
        self.assertEqual(
            sent.body,
            "1 unit of M <1931> - DVD (F-1) is not promised to orders.\n"
            "You wanted to be told at 2.\n\n"
            f"Stock record: {link}\n\nFilm Shop\n",
        )
        self.assertIn("M &lt;1931&gt; - DVD (F-1)", html_of(sent))

    @override_settings(LANGUAGE_CODE="de")
    def test_in_the_shops_language(self) -> None:
        self.sell(8)
        self.assertEqual(
            self.sent().body.splitlines()[:2],
            [
                "2 Stück von M <1931> - DVD (F-1) sind keiner Bestellung zugesagt.",
                "Sie wollten ab 2 benachrichtigt werden.",
            ],
        )

    def test_no_title_starts_another_header(self) -> None:
        product = self.record.variant.product
        product.title = "M\r\nBcc: everyone@example.com"
        product.save()
        self.sell(8)
        sent = self.sent().message()
        self.assertNotIn("Bcc", sent)

    def test_where_nobody_manages_nobody_is_told(self) -> None:
        self.record.partner.members.all().delete()
        self.sell(8)
        self.assertEqual(mail.outbox, [])
        message = messages().get()
        self.assertEqual((message.topic, message.state), ("stock.low", "done"))
