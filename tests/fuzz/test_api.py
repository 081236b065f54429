import tempfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.test import TransactionTestCase, tag

from address.models import Address
from catalogue.models import Category, Product, Variant
from orders.models import Order, OrderLine, Shipment
from partner.models import PartnerMember, StockRecord
from partner.services import add_member
from payments.models import Payment
from shop.demo.people import CUSTOMER
from tests.address.factories import AddressFactory
from tests.buying.invariants import find_faults
from tests.fuzz.cases import Fuzz
from tests.processes import environment
from tests.search.index import fresh_index
from tests.shop.films import ROWS, write_list
from tests.users.factories import UserFactory, create_token
from tests.web import web_server
from users.models import User

PARTNER = "fuzzed-partner@example.com"
STAFF = "fuzzed-staff@example.com"


class ApiFuzzTests(TransactionTestCase):
    """Made-up requests to every operation of the running shop, as four callers"""

    maxDiff = None

    def setUp(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            films = write_list(Path(folder, "films.csv"), *ROWS)
            call_command("load_demo", films=films, stdout=StringIO())
        fresh_index()
        self.customer = User.objects.with_email(CUSTOMER).get()
        AddressFactory.create_batch(2, user=self.customer)
        partner = StockRecord.objects.earliest("pk").partner
        member = UserFactory(email=PARTNER)
        add_member(partner=partner, user=member, role=PartnerMember.Role.MANAGER)
        UserFactory(email=STAFF, is_staff=True, is_superuser=True)

    def token_of(self, email: str) -> Callable[[], str]:
        """Return what makes a token of an account, signed in anew."""
        return lambda: create_token(User.objects.with_email(email).get())[1]

    def known(self) -> dict[str, list[Any]]:
        """Return what is there, by the names under which it is asked for."""
        orders = list(Order.objects.filter(user=self.customer))
        lines = OrderLine.objects.filter(order__in=orders)
        products = list(Product.objects.values_list("pk", flat=True))
        records = list(StockRecord.objects.values_list("pk", "partner_sku"))
        addresses = [
            str(each) for each in Address.objects.values_list("public_id", flat=True)
        ]
        order = [each.number for each in orders] + [str(each.pk) for each in orders]
        product = [*map(str, products), "king-kong-2", "amelie"]
        category = [*Category.objects.values_list("slug", flat=True)]
        known: dict[str, list[Any]] = {
            "public_id": addresses,
            "shipping_address": addresses,
            "variant": list(Variant.objects.values_list("pk", flat=True)),
            "variant_id": list(Variant.objects.values_list("pk", flat=True)),
            "product_id": products,
            "sku": list(Variant.objects.values_list("sku", flat=True)),
            "offer": [pk for pk, _ in records],
            "partner_sku": [sku for _, sku in records],
            "line": list(lines.values_list("pk", flat=True)),
            "shipment": [str(pk) for pk in Shipment.objects.values_list("public_id")],
            "provider": ["dummy", "invoice"],
            "basket": [True],
            "quantity": [1, 2],
            "country": ["AT", "FR"],
            "/api/category/{key}/:key": category,
            "/api/partner/stock/{id}/:id": [pk for pk, _ in records],
            "/api/admin/product/{id}/:id": products,
        }
        for path in ("", "related/", "review/"):
            known[f"/api/product/{{key}}/{path}:key"] = product
        for path in ("", "payment/", "cancel/", "return/"):
            known[f"/api/order/{{key}}/{path}:key"] = order
        for path in ("", "ship/", "deliver/"):
            known[f"/api/partner/order/{{key}}/{path}:key"] = order
        return known

    def fuzz(self, *, turns: int, examples: int, number: int, least: int) -> None:
        imported = find_faults()  # orders of the past, which no ledger has
        server = environment() | {"CONTRACT_LOG": "/dev/null"}  # judged here, in full
        with web_server(server, threads=4) as web:
            run = Fuzz(
                url=f"http://127.0.0.1:{web.port}",
                tokens={
                    "anonymous": None,
                    "customer": self.token_of(CUSTOMER),
                    "partner": self.token_of(PARTNER),
                    "staff": self.token_of(STAFF),
                },
                known=self.known(),
                turns=turns,
                examples=examples,
                number=number,
            )
            run.run()
        self.assertEqual("\n".join(run.faults.values()), "")
        self.assertEqual({*find_faults()} - {*imported}, set())
        total = sum(run.sent.values())
        self.assertGreater(total, least, run.sent)
        self.assertGreater(run.sent.get(200, 0), total // 10, run.sent)
        self.assertTrue(Payment.objects.exists())

    def test_some(self) -> None:
        self.fuzz(turns=4, examples=1, number=20261126, least=300)

    @tag("soak")
    def test_thousands(self) -> None:
        self.fuzz(turns=8, examples=8, number=7, least=5_000)
