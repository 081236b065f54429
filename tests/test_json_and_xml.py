"""Every endpoint gives and takes the same values as JSON and as XML.

What it gives is what REST framework's own serializers would.
"""

import json
import tempfile
from decimal import Decimal
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.test import SimpleTestCase, TestCase
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.response import Response
from rest_framework.test import APIClient

from address.api.serializers import BookEntrySerializer
from basket.api.serializers import (
    LineInputSerializer,
    QuantityInputSerializer,
    VoucherInputSerializer,
)
from basket.holders import Holder
from catalogue.api.admin.inputs import (
    ImageFieldsSerializer,
    VariantChangeSerializer,
    VariantOfProductSerializer,
)
from catalogue.models import Product, Variant
from custom.api.renderers import dump_json
from custom.api.xml import as_text, dump_xml, load_xml
from orders.api.inputs import (
    DeliverInputSerializer,
    PlaceOrderInputSerializer,
    QuoteInputSerializer,
    ShipInputSerializer,
    TakeBackInputSerializer,
)
from orders.models import Order
from orders.services import credit_order
from partner.api.serializers import (
    StockChangeSerializer,
    StockRowSerializer,
)
from partner.models import PartnerMember, StockRecord
from partner.services import add_member
from payments.api.serializers import PaymentInputSerializer
from reviews.api.serializers import ReviewInputSerializer
from tests.address.factories import AddressFactory
from tests.compiled import held_against_rest_framework
from tests.custom.api.test_xml import TEXT
from tests.formats import read_in_both
from tests.orders.factories import make_offer
from tests.orders.stories import STAFF, placed, receive
from tests.search.index import fresh_index
from tests.shop.films import ROWS, write_list
from tests.users.factories import UserFactory
from users.api.serializers import (
    LoginInputSerializer,
    LogoutInputSerializer,
    ProfileInputSerializer,
    RegistrationInputSerializer,
)
from users.models import User

ADDRESS = {
    "first_name": "Zoë 🦊",
    "last_name": "Çelik",
    "line1": "Rue de la Paix 1",
    "city": "Paris",
    "postcode": "01234",
    "country": "FR",
    "phone": "01 42 60 38 30",
    "vat_id": "FR 40 303265045",
}
WORDS = TEXT.map(str.strip).filter(bool).map(lambda text: text[:40].strip())
# Letters that are assigned and composed; other texts are no codes.
CODES = st.from_regex(r"[A-ZÄÉßЖ漢0-9][ -~ÄÉßЖ漢]{0,30}", fullmatch=True).map(
    lambda text: " ".join(text.split())
)
IDS = st.integers(1, 2**63 - 1)
LINES = st.fixed_dictionaries(
    {"variant": IDS, "quantity": st.integers(1, 9999)}, optional={"offer": IDS}
)
ADDRESSES = st.builds(
    lambda first, last: ADDRESS | {"first_name": first, "last_name": last}, WORDS, WORDS
)
CHOICES = ADDRESSES | st.uuids().map(str)
NAMES = {"first_name": WORDS, "last_name": WORDS}
PRICES = st.decimals(0, 10**6, places=2).map(str)
UNITS = st.integers(0, 10**9)
VARIANT = {
    "title": WORDS,
    "barcode": st.just("") | WORDS,
    "weight_grams": st.none() | UNITS,
    "position": UNITS,
    "is_public": st.booleans(),
    "attributes": st.dictionaries(WORDS, st.none() | WORDS, max_size=3),
}
STOCK = {
    "compare_at_price": st.none() | PRICES,
    "low_stock_threshold": st.none() | UNITS,
    "num_in_stock": UNITS,
    "backorder": st.booleans(),
}
TAKEN = st.lists(
    st.fixed_dictionaries({"line": IDS, "quantity": st.integers(1, 9999)}),
    min_size=1,
    max_size=3,
    unique_by=lambda row: row["line"],
)
BODIES = {
    BookEntrySerializer: st.builds(
        lambda address, defaults: address | defaults,
        ADDRESSES,
        st.fixed_dictionaries(
            {},
            optional={
                "is_default_shipping": st.booleans(),
                "is_default_billing": st.booleans(),
            },
        ),
    ),
    DeliverInputSerializer: st.fixed_dictionaries({"shipment": st.uuids().map(str)}),
    QuoteInputSerializer: st.fixed_dictionaries(
        {"basket": st.just(True)},
        optional={
            "shipping_address": CHOICES,
            "vouchers": st.lists(WORDS, max_size=3),
            "shipping_method": WORDS,
        },
    ),
    ShipInputSerializer: st.fixed_dictionaries(
        {}, optional={"lines": TAKEN, "tracking_number": WORDS}
    ),
    TakeBackInputSerializer: st.fixed_dictionaries(
        {}, optional={"lines": TAKEN, "reason": TEXT.map(lambda text: text[:200])}
    ),
    LoginInputSerializer: st.fixed_dictionaries(
        {"email": WORDS, "password": WORDS}, optional={"device": WORDS}
    ),
    LineInputSerializer: LINES,
    LogoutInputSerializer: st.just({}),
    ReviewInputSerializer: st.fixed_dictionaries(
        {"rating": st.integers(1, 5)},
        optional={"title": TEXT.map(lambda text: text[:100]), "text": TEXT},
    ),
    PaymentInputSerializer: st.fixed_dictionaries(
        {"provider": WORDS.map(lambda text: text[:32].strip())},
        optional={"token": WORDS, "return_url": st.just("https://shop.example/?a=1&b")},
    ),
    ProfileInputSerializer: st.fixed_dictionaries({}, optional=NAMES),
    QuantityInputSerializer: st.fixed_dictionaries({"quantity": st.integers(1, 9999)}),
    RegistrationInputSerializer: st.fixed_dictionaries(
        {
            "email": st.integers(0, 99).map("user{}@example.com".format),
            "password": st.integers(0, 99).map("horse battery staple {}".format),
        },
        optional=NAMES,
    ),
    StockChangeSerializer: st.fixed_dictionaries(
        {}, optional=STOCK | {"partner_sku": CODES, "price": PRICES, "expected": UNITS}
    ),
    StockRowSerializer: st.fixed_dictionaries(
        {"partner_sku": CODES},
        optional={"num_in_stock": UNITS, "price": PRICES, "variant": IDS},
    ),
    VariantOfProductSerializer: st.fixed_dictionaries({"sku": CODES}, optional=VARIANT),
    VariantChangeSerializer: st.fixed_dictionaries(
        {}, optional=VARIANT | {"sku": CODES, "reason": WORDS}
    ),
    ImageFieldsSerializer: st.fixed_dictionaries(
        {}, optional={"alt": WORDS, "position": UNITS, "variant": st.none()}
    ),
    VoucherInputSerializer: st.fixed_dictionaries({"code": WORDS}),
    PlaceOrderInputSerializer: st.fixed_dictionaries(
        {
            "lines": st.lists(LINES, min_size=1, max_size=3),
            "shipping_address": CHOICES,
        },
        optional={
            "billing_address": CHOICES,
            "note": TEXT,
            "language": st.just("en"),
            "expected_total": st.decimals(0, 10**6, places=2).map(str),
        },
    ),
}

CONTEXT = {"buyer": User(pk=1), "holder": Holder("user:1", 1)}


class BodyTests(SimpleTestCase):
    """What a serializer reads does not depend on the format of the body."""

    @settings(max_examples=150)
    @given(st.data())
    def test_every_body_reads_the_same(self, data: st.DataObject) -> None:
        serializer = data.draw(st.sampled_from(list(BODIES)))
        body = data.draw(BODIES[serializer])
        from_json = self.read(serializer, json.loads(dump_json(body)))
        from_xml = self.read(serializer, load_xml(dump_xml(body).encode()))
        self.assertEqual(from_json, from_xml)

    def read(self, serializer: Any, body: object) -> object:  # noqa: ANN401
        reader = serializer(data=body, context=CONTEXT)
        self.assertTrue(reader.is_valid(), reader.errors)
        return reader.validated_data


class AnswerTests(TestCase):
    """What a client is told does not depend on the format it asks for."""

    @classmethod
    def setUpTestData(cls) -> None:
        with tempfile.TemporaryDirectory() as folder:
            films = write_list(Path(folder, "films.csv"), *ROWS)
            call_command("load_demo", films=films, stdout=StringIO())
        cls.customer = User.objects.with_email("customer@example.com").get()
        cls.variant = Variant.objects.get(sku="FILM-0005-DVD").pk
        cls.record = StockRecord.objects.first()
        cls.address = AddressFactory(user=cls.customer)
        add_member(
            partner=cls.record.partner,
            user=cls.customer,
            role=PartnerMember.Role.MANAGER,
        )

    def setUp(self) -> None:
        fresh_index()
        self.enterContext(held_against_rest_framework())
        self.api = APIClient()
        self.api.force_authenticate(self.customer)

    def test_every_page_reads_the_same(self) -> None:
        order = Order.objects.filter(user=self.customer).first()
        self.fill_basket()
        for path in (
            "/api/",
            "/api/shop/",
            "/api/category/",
            "/api/category/drama/",
            "/api/product/",
            "/api/product/?category=action&ordering=-price&page_size=1",
            "/api/product/?attr.format=dvd&attr.format=blu-ray&page_size=2",
            "/api/product/?attr.format=vhs-2",
            "/api/product/?expand=categories,partner,reviews&fields=id,partner",
            "/api/product/?expand=nothing",
            "/api/product/?updated_since=0&page_size=2",
            "/api/product/?updated_since=garbled",
            "/api/product/king-kong-2/",
            "/api/product/king-kong-2/?expand=categories,partner,reviews",
            "/api/product/king-kong-2/related/",
            "/api/product/king-kong-2/review/",
            "/api/search/?q=kong&facets=category,partner,price,attr.format",
            "/api/search/?q=kogn",
            "/api/search/?q=nothing-like-it",
            "/api/search/?facets=shoe",
            "/api/search/suggest/?q=ki",
            "/api/user/me/",
            "/api/address/",
            f"/api/address/{self.address.public_id}/",
            "/api/country/",
            "/api/basket/",
            "/api/shipping/?variant=1&country=AT",
            f"/api/shipping/?variant={self.variant}&country=AT",
            "/api/rate-limit/",
            "/api/order/history/",
            "/api/payment/method/",
            f"/api/order/{order.pk}/",
            f"/api/order/{order.number}/",
            "/api/partner/stock/",
            "/api/partner/order/?state=all",
            f"/api/partner/stock/{self.record.pk}/",
            "/api/nothing/",
            "/api/product/?nonsense=1",
            "/api/product/?page=99",
        ):
            with self.subTest(path=path):
                in_json, in_xml = read_in_both(partial(self.read, path))
                self.assertEqual(in_json.status_code, in_xml.status_code)
                self.assertIn("json", in_json["Content-Type"])
                self.assertIn("xml", in_xml["Content-Type"])
                self.assertEqual(
                    as_text(json.loads(in_json.content)), load_xml(in_xml.content)
                )

    def read(self, path: str, accept: str) -> Response:
        """Read a page in one format."""
        headers = {"Accept": accept, "X-Request-ID": "the-same-id"}
        return self.api.get(path, headers=headers)

    def fill_basket(self) -> None:
        """Put in, by XML, what there is and what is short."""
        for slug, quantity in (("amelie", 1), ("king-kong-2", 9_999)):
            variant = self.api.get(f"/api/product/{slug}/").json()["variants"][0]["id"]
            body = {"variant": variant, "quantity": quantity}
            answer = self.api.post(
                "/api/basket/line/",
                dump_xml(body),
                content_type="application/xml",
                headers={"Accept": "text/xml"},
            )
            self.assertEqual(answer.status_code, 201, answer.content)
        read = self.api.get("/api/basket/").json()
        self.assertEqual(as_text(read), load_xml(answer.content))

    def test_every_address_tells_its_methods(self) -> None:
        paths = self.api.get("/api/").json()
        del paths["docs"]  # a page
        self.assertEqual(len(paths), 18)
        for path in paths.values():
            with self.subTest(path=path):
                answer = self.api.options(path, {"some": "body"})
                self.assertEqual(answer.status_code, 200)
                self.assertEqual(", ".join(answer.json()["methods"]), answer["Allow"])

    def test_the_page_of_docs_is_only_read(self) -> None:
        answer = self.api.options("/api/docs/")
        self.assertEqual(answer.status_code, 405)
        self.assertEqual(answer["Allow"], "GET, HEAD")

    def test_stock_in_xml_is_stock_in_json(self) -> None:
        sku = self.record.partner_sku
        rows = [{"partner_sku": sku, "num_in_stock": 3}, {"partner_sku": "?"}]
        answers = []
        for body, kind in (
            (dump_json({"rows": rows}), "application/json"),
            (dump_xml({"rows": rows}), "application/xml"),
        ):
            level = self.record.level
            level.num_in_stock = level.num_allocated + 4
            level.save()
            headers = {"Accept": kind}
            path = "/api/partner/stock/bulk/"
            answer = self.api.post(path, body, content_type=kind, headers=headers)
            self.assertEqual(answer.status_code, 200, answer.content)
            answers.append(answer.content)
        in_json = json.loads(answers[0])
        self.assertEqual(in_json["updated"], 1)
        self.assertEqual(as_text(in_json), load_xml(answers[1]))
        changed = self.api.patch(
            f"/api/partner/stock/{self.record.pk}/",
            dump_xml({"compare_at_price": None, "backorder": True, "expected": 3}),
            content_type="application/xml",
            headers={"Accept": "application/xml"},
        )
        self.assertEqual(changed.status_code, 200, changed.content)
        read = self.api.get(f"/api/partner/stock/{self.record.pk}/").json()
        self.assertEqual(as_text(read), load_xml(changed.content))
        self.assertIs(read["backorder"], True)

    def test_a_product_in_xml_is_the_product_in_json(self) -> None:
        editor = UserFactory(is_staff=True, is_superuser=True)
        self.api.force_authenticate(editor)
        film = Product.objects.get(slug="amelie")
        read = {}
        for kind in ("xml", "json"):
            body = {
                "title": "Zoë 🦊",
                "product_type": film.product_type.code,
                "attributes": {"running_time": 123, "score": "7.10", "source": None},
                "categories": [film.categories.first().slug],
                "publish_until": None,
                "variants": [
                    {"sku": kind, "attributes": {"format": "dvd"}, "weight_grams": 0}
                ],
            }
            answer = self.api.put(
                f"/api/admin/product/by-external-id/{kind}/",
                dump_xml(body) if kind == "xml" else json.dumps(body),
                content_type=f"application/{kind}",
            )
            self.assertEqual(answer.status_code, 201, answer.content)
            made = answer.json()
            attributes = {"running_time": 123, "score": "7.10"}
            self.assertEqual(made["attributes"], attributes)
            self.assertEqual(made["variants"][0]["weight_grams"], 0)
            kept = ("title", "product_type", "categories", "publish_until")
            read[kind] = [made[name] for name in kept]
        self.assertEqual(read["xml"], read["json"])
        for path in (
            "/api/admin/product/?page_size=2",
            f"/api/admin/product/{film.pk}/",
            f"/api/admin/product/{film.pk}/variant/",
            f"/api/admin/product/{film.pk}/image/",
        ):
            read = self.api.get(path)
            again = self.api.get(path, headers={"Accept": "application/xml"})
            self.assertEqual(as_text(read.json()), load_xml(again.content))

    def test_an_address_in_xml_is_the_address_in_json(self) -> None:
        written = self.api.post(
            "/api/address/",
            dump_xml(ADDRESS | {"is_default_billing": True}),
            content_type="application/xml",
            headers={"Accept": "text/xml"},
        )
        self.assertEqual(written.status_code, 201, written.content)
        path = f"/api/address/{load_xml(written.content)['id']}/"
        read = self.api.get(path).json()
        self.assertEqual(as_text(read), load_xml(written.content))
        self.assertIs(read["is_default_billing"], True)
        changed = self.api.patch(
            path,
            dump_xml({"is_default_billing": False, "postcode": "75002"}),
            content_type="application/xml",
            headers={"Accept": "application/xml"},
        )
        read = self.api.get(path).json()
        self.assertEqual(as_text(read), load_xml(changed.content))
        self.assertIs(read["is_default_billing"], False)

    def test_a_credited_order_in_xml_is_the_order_in_json(self) -> None:
        order = receive(placed((make_offer(price="10.00"), 2), user=self.customer))
        credit_order(order.pk, amount=Decimal(1), reason="Späť & <late>", actor=STAFF)
        path = f"/api/order/{order.number}/"
        credited = self.api.get(path).json()
        in_xml = self.api.get(path, headers={"Accept": "application/xml"})
        self.assertEqual(as_text(credited), load_xml(in_xml.content))
        detail = credited["refunds"][-1]
        self.assertEqual(
            (detail["amount"], detail["reason"]), ("1.00", "Späť & <late>")
        )
        self.assertEqual(credited["events"][-1]["type"], "refunded")
        self.assertEqual(credited["events"][-2]["type"], "credited")

    def test_an_order_in_xml_is_the_order_in_json(self) -> None:
        variant = self.api.get("/api/product/amelie/").json()["variants"][0]["id"]
        body = {
            "lines": [{"variant": variant, "quantity": 2}],
            "shipping_address": ADDRESS,
            "note": " two\r\nlines ",
        }
        placed = self.api.post(
            "/api/order/",
            dump_xml(body),
            content_type="application/xml",
            headers={"Idempotency-Key": "k", "Accept": "text/xml"},
        )
        self.assertEqual(placed.status_code, 201, placed.content)
        read = self.api.get(f"/api/order/{load_xml(placed.content)['number']}/").json()
        self.assertEqual(as_text(read), load_xml(placed.content))
        quoted = [
            self.api.post(
                "/api/order/quote/",
                dump_xml(body) if kind == "xml" else json.dumps(body),
                content_type=f"application/{kind}",
                headers={"Accept": f"application/{kind}"},
            )
            for kind in ("json", "xml")
        ]
        in_json, in_xml = quoted
        self.assertEqual(as_text(in_json.json()), load_xml(in_xml.content))
        cancelled = self.api.post(
            f"/api/order/{read['number']}/cancel/",
            dump_xml({"lines": [{"line": read["lines"][0]["id"], "quantity": 1}]}),
            content_type="application/xml",
            headers={"Accept": "application/xml"},
        )
        again = self.api.get(f"/api/order/{read['number']}/").json()
        self.assertEqual(as_text(again), load_xml(cancelled.content))
        self.assertEqual(again["lines"][0]["cancelled_quantity"], 1)
        self.assertEqual(read["shipping_address"]["postcode"], "01234")
        self.assertEqual(read["shipping_address"]["first_name"], "Zoë 🦊")
