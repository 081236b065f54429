from io import BytesIO
from unittest.mock import patch

from django.contrib.auth.models import Permission
from django.test import TestCase, TransactionTestCase, override_settings
from django.urls import reverse
from PIL import ImageFile
from pypdf import PdfReader

from orders.documents import invoice_document, packing_slip
from orders.errors import NothingToInvoiceError
from orders.models import Invoice, Order
from orders.services import cancel_order, issue_invoice
from tests.orders.factories import ADDRESS, OrderFactory, OrderLineFactory, make_offer
from tests.orders.stories import STAFF, placed, ship_all
from tests.processes import race
from tests.users.factories import UserFactory

SELLER = ["Film Shop GmbH", "Ring 1, 1010 Wien", "UID ATU12345678"]


def read(document: bytes) -> list[str]:
    """Return the text of each page."""
    return [page.extract_text() for page in PdfReader(BytesIO(document)).pages]


@override_settings(SHOP_SELLER=SELLER)
class DocumentTests(TestCase):
    """Papers of an order, read as their reader reads them"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.order = placed((make_offer(num_in_stock=9), 2), note="Ring twice")
        cls.line = cls.order.lines.get()

    def test_invoice(self) -> None:
        (page,) = read(invoice_document(issue_invoice(self.order.pk)))
        for words in (
            *SELLER,
            "Invoice 1",
            self.order.number,
            "Invoiced to:",
            "Ada Lovelace",
            "1010 Wien",
            self.line.sku,
            "Metropolis",
            "\u20ac9.90",
            "\u20ac19.80",
            "Tax included",
            "1 / 1",
        ):
            self.assertIn(words, page)

    def test_broken_pictures_are_refused_afterwards(self) -> None:
        with patch.object(ImageFile, "LOAD_TRUNCATED_IMAGES", new=True):
            packing_slip(self.order)
            self.assertIs(ImageFile.LOAD_TRUNCATED_IMAGES, False)

    def test_invoice_in_the_buyer_s_language(self) -> None:
        Order.objects.update(language="de")
        (page,) = read(invoice_document(issue_invoice(self.order.pk)))
        for words in ("Rechnung 1", "Rechnung an:", "19,80 \u20ac", "Einzelpreis"):
            self.assertIn(words, page.replace("\xa0", " "))

    def test_a_company_s_vat_id_is_on_the_invoice_and_no_slip(self) -> None:
        company = ADDRESS | {"company": "Lovelace Ltd", "vat_id": "ATU13585627"}
        order = placed((make_offer(num_in_stock=9), 1), billing_address=company)
        (page,) = read(invoice_document(issue_invoice(order.pk)))
        self.assertIn("VAT id ATU13585627", page)
        (slip,) = read(packing_slip(order))
        self.assertNotIn("ATU13585627", slip)
        (other,) = read(invoice_document(issue_invoice(self.order.pk)))
        self.assertNotIn("VAT id", other)

    def test_packing_slip_has_no_prices(self) -> None:
        (page,) = read(packing_slip(self.order))
        for words in ("Packing slip", self.line.sku, "Ring twice", "Stephansplatz 1"):
            self.assertIn(words, page)
        self.assertNotIn("9.90", page)

    def test_packing_slip_of_one_parcel(self) -> None:
        order = placed((make_offer(), 1), (make_offer(), 3), provider="invoice")
        _first, second = ship_all(order)
        (page,) = read(packing_slip(order, second))
        skus = [line.sku for line in order.lines.all()]
        self.assertIn(skus[1], page)
        self.assertNotIn(skus[0], page)

    def test_several_pages(self) -> None:
        order = OrderFactory()
        for number in range(90):
            OrderLineFactory(order=order, position=number, sku=f"SKU-{number:03}")
        pages = read(packing_slip(order))
        self.assertGreater(len(pages), 2)
        for number, page in enumerate(pages, start=1):
            self.assertIn("Units", page)  # each page has the table's head
            self.assertIn(f"{number} / {len(pages)}", page)
        for number in range(90):
            self.assertIn(f"SKU-{number:03}", "".join(pages))

    def test_text_of_strangers_loads_nothing(self) -> None:
        evil = '<img src="http://127.0.0.1:9/x.png"><b>Metropolis</b>'
        self.order.lines.update(title=evil)
        (page,) = read(packing_slip(self.order))
        self.assertIn("<b>Metropolis</b>", page)

    # Pages of the admin

    def test_papers_of_the_admin(self) -> None:
        self.client.force_login(UserFactory(is_staff=True, is_superuser=True))
        slip = reverse("admin:orders_order_packing_slip", args=[self.order.pk])
        paper = reverse("admin:orders_order_invoice", args=[self.order.pk])
        self.assertEqual(self.client.get(paper).status_code, 404)
        press = reverse("admin:orders_order_press", args=[self.order.pk, "invoice"])
        self.client.post(press)
        for path, words in ((slip, "Packing slip"), (paper, "Invoice 1")):
            answer = self.client.get(path)
            self.assertEqual(answer["Content-Type"], "application/pdf")
            self.assertIn("no-store", answer["Cache-Control"])
            self.assertIn(words, read(answer.content)[0])
        unknown = self.client.get(slip, {"shipment": "7"})
        self.assertEqual(unknown.status_code, 404)

    def test_papers_are_for_those_who_may_see_orders(self) -> None:
        slip = reverse("admin:orders_order_packing_slip", args=[self.order.pk])
        self.assertEqual(self.client.get(slip).status_code, 302)
        clerk = UserFactory(is_staff=True)
        self.client.force_login(clerk)
        self.assertEqual(self.client.get(slip).status_code, 403)
        clerk.user_permissions.add(Permission.objects.get(codename="view_order"))
        self.assertEqual(self.client.get(slip).status_code, 200)


class InvoiceNumberTests(TestCase):
    """Which order gets which number"""

    def test_one_number_an_order(self) -> None:
        first, second = OrderFactory(), OrderFactory()
        numbers = [issue_invoice(each.pk).number for each in (second, first, second)]
        self.assertEqual(numbers, [1, 2, 1])

    def test_an_order_that_was_given_up(self) -> None:
        order = placed((make_offer(), 1))
        cancel_order(order.pk, actor=STAFF)
        with self.assertRaises(NothingToInvoiceError):
            issue_invoice(order.pk)
        self.assertFalse(Invoice.objects.exists())


class InvoiceRaceTests(TransactionTestCase):
    """Several processes issue invoices at the same moment"""

    def test_numbers_have_no_gap(self) -> None:
        orders = [OrderFactory() for _ in range(4)]
        calls = [{"order": order.pk} for order in orders for _ in range(2)]
        outcomes = race("tests.orders.racers.invoice", calls)
        self.assertEqual({outcome.error for outcome in outcomes}, {None})
        numbers = Invoice.objects.order_by("number").values_list("number", flat=True)
        self.assertEqual(list(numbers), [1, 2, 3, 4])
