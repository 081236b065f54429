import tempfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.test import TransactionTestCase, tag
from django.utils import timezone

from address.models import Address
from basket.holders import holder_of_user
from basket.models import BasketLine
from basket.requests import LineRequest
from basket.services import add_line
from catalogue.models import Category, Product, Variant
from catalogue.services import add_image
from orders.models import Order, OrderLine, Shipment
from partner.models import PartnerMember, StockRecord
from partner.services import add_member
from payments.models import Payment
from script.lib.console import var_directory
from shop.demo.people import CUSTOMER, PASSWORD
from tests.address.factories import AddressFactory
from tests.buying.invariants import find_faults
from tests.catalogue.factories import (
    ProductFactory,
    ProductTypeFactory,
    VariantFactory,
    picture,
)
from tests.fuzz.cases import Fuzz
from tests.orders.stories import delivered, placed, receive, ship_all
from tests.processes import environment
from tests.search.index import fresh_index
from tests.shop.films import ROWS, write_list
from tests.users.factories import UserFactory, create_key, create_token
from tests.web import web_server
from users.models import ApiKey, AuthToken, User

PARTNER = "fuzzed-partner@example.com"
STAFF = "fuzzed-staff@example.com"


LEFT_OUT = frozenset(
    [
        "attributes",
        "categories",
        "expected",
        "expected_total",
        "expires_at",
        "otp",
        "publish_from",
        "publish_until",
        "return_url",
        "slug",
        "tax_class",
        "token",
        "vat_id",
        "version",
        "/api/order/:email",
        "/api/order/quote/:email",
        "/api/order/{key}/cancel/:lines",
        "/api/order/{key}/return/:lines",
        "/api/partner/order/{key}/ship/:lines",
    ]
)
# They take the token of a mail, which nobody makes up; tests.users and tests.guide do.
MAILED = {
    "order_guest_data_erase",
    "order_guest_data_export",
    "user_email_change_confirm",
    "user_email_change_stop",
    "user_erasure_withdraw",
    "user_password_reset_confirm",
    "user_unlock",
    "user_verify",
}


class ApiFuzzTests(TransactionTestCase):
    """Made-up requests to every operation of the running shop, as four callers"""

    maxDiff = None

    def setUp(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            films = write_list(Path(folder, "films.csv"), *ROWS)
            call_command("load_demo", films=films, stdout=StringIO())
        fresh_index()
        self.customer = User.objects.with_email(CUSTOMER).get()
        self.customer.set_password(PASSWORD)
        self.customer.save()
        AddressFactory.create_batch(2, user=self.customer)
        self.offer = StockRecord.objects.latest("level__num_in_stock")
        member = UserFactory(email=PARTNER, password=PASSWORD)
        role = PartnerMember.Role.MANAGER
        add_member(partner=self.offer.partner, user=member, role=role)
        UserFactory(email=STAFF, is_staff=True, is_superuser=True)
        self.orders = [placed((self.offer, 1), user=self.customer) for _ in range(6)]
        for order in self.orders[2:]:
            receive(order)
        for order in self.orders[4:]:
            ship_all(order)
        self.orders += [delivered((self.offer, 1), user=self.customer)]
        add_image(self.offer.variant.product, picture())
        line = LineRequest(self.offer.variant_id, 1)
        add_line(holder_of_user(self.customer), line)
        create_token(self.customer)
        create_key(member)

    def token_of(self, email: str) -> Callable[[], str]:
        """Return what makes a token of an account, signed in anew."""
        return lambda: create_token(User.objects.with_email(email).get())[1]

    def known(self) -> dict[str, list[Any]]:
        """Return what is there, by the names under which it is asked for."""
        orders = list(Order.objects.filter(user=self.customer))
        lines = OrderLine.objects.filter(order__in=orders)
        product = self.offer.variant.product
        products = list(Product.objects.values_list("pk", flat=True))
        fresh = [f"fuzz-{number}" for number in range(1_000)]
        plain = ProductFactory(product_type=ProductTypeFactory())  # needs no attribute
        records = list(StockRecord.objects.values_list("pk", "partner_sku"))
        addresses = [
            str(each) for each in Address.objects.values_list("public_id", flat=True)
        ]
        order = [each.number for each in self.orders]
        order += [str(each.pk) for each in self.orders]
        shown = [*map(str, products), "king-kong-2", "amelie"]
        category = [*Category.objects.values_list("slug", flat=True)]
        known: dict[str, list[Any]] = {
            "public_id": addresses,
            "shipping_address": addresses,
            "variant": list(Variant.objects.values_list("pk", flat=True)),
            "variant_id": [self.offer.variant_id],
            "product_id": [product.pk],
            "sku": list(product.variants.values_list("sku", flat=True)),
            "offer": [pk for pk, _ in records],
            "partner_sku": [sku for _, sku in records],
            "line": list(lines.values_list("pk", flat=True)),
            "shipment": [
                str(pk) for pk in Shipment.objects.values_list("public_id", flat=True)
            ],
            "provider": ["dummy", "invoice"],
            "basket": [True],
            "quantity": [1, 2],
            "country": ["AT"],
            "/api/category/{key}/:key": category,
            "/api/partner/stock/{id}/:id": [pk for pk, _ in records],
            "/api/admin/product/{id}/:id": products,
            "external_id": ["erp/1", "erp/2"],
            "partner": [self.offer.partner.code],
            "product_type": [plain.product_type.code],
            "file": [picture()],
            "code": ["WELCOME10"],
            "scopes": [["stock:read"]],
            "current_password": [PASSWORD],
            "/api/admin/product/:sku": fresh,
            "/api/admin/product/:external_id": fresh,
            "/api/partner/stock/:variant": [VariantFactory().pk],
            "/api/partner/stock/:partner_sku": fresh,
            "/api/user/:email": [f"{name}@example.com" for name in fresh],
            "/api/user/login/:email": [CUSTOMER],
            "/api/user/login/:password": [PASSWORD],
            "/api/user/me/:password": [PASSWORD],
            "?q": ["king", "am"],
            "?country": ["AT"],
            "?variant": [self.offer.variant_id],
            "?id": ["1,2"],
            "?page": [1],
            "?depth": [1],
            "?parent": category,
            "?category": category,
            "?partner": [self.offer.partner.code],
            "?facets": ["category,price,partner"],
            "?updated_since": ["0"],
            "?as_of": [timezone.now().isoformat()],
            "?operation": ["order_create", "product_list"],
            "?cursor": [""],
        }
        below = "/api/admin/product/{product_id}/"
        sku = f"{below}variant/:sku"
        known[sku] = fresh
        known[f"{below}variant/:product_id"] = [plain.pk]
        known[f"{below}variant/{{id}}/:id"] = [self.offer.variant_id]
        known[f"{below}image/{{id}}/:id"] = list(
            product.images.values_list("pk", flat=True)
        )
        own = {
            "/api/basket/line/{line}/:line": BasketLine.objects.all(),
            "/api/user/token/{id}/:id": AuthToken.objects.filter(user=self.customer),
            "/api/user/key/{id}/:id": ApiKey.objects.filter(user__email=PARTNER),
        }
        for place, rows in own.items():
            known[place] = list(rows.values_list("pk", flat=True))
        for path in ("", "related/", "review/"):
            known[f"/api/product/{{key}}/{path}:key"] = shown
        for path in ("", "payment/", "cancel/", "return/"):
            known[f"/api/order/{{key}}/{path}:key"] = order
        for path in ("", "ship/", "deliver/"):
            known[f"/api/partner/order/{{key}}/{path}:key"] = order
        return known

    def fuzz(self, *, turns: int, examples: int, number: int, least: int) -> Fuzz:
        """Send requests, hold the answers and the ledgers; return what was seen."""
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
                left_out=LEFT_OUT,
                turns=turns,
                examples=examples,
                number=number,
            )
            run.run()
        (var_directory() / "fuzz.txt").write_text(f"{run.table()}\n")
        self.assertEqual("\n".join(run.faults.values()), "")
        self.assertEqual({*find_faults()} - {*imported}, set())
        total = run.sent.total()
        self.assertGreater(total, least, run.sent)
        self.assertGreater(run.sent.get(200, 0), total // 10, run.sent)
        self.assertTrue(Payment.objects.exists())
        return run

    def test_some(self) -> None:
        run = self.fuzz(turns=2, examples=3, number=20261126, least=400)
        unseen = {*run.unseen()} - MAILED
        self.assertLess(len(unseen), len(run.seen) // 3, unseen)

    @tag("soak")
    def test_thousands(self) -> None:
        run = self.fuzz(turns=8, examples=8, number=7, least=5_000)
        unseen = {*run.unseen()} - MAILED
        self.assertLess(len(unseen), len(run.seen) // 8, unseen)
