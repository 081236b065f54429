import unicodedata
from typing import Any

from django.test import TestCase
from django.urls import reverse

from catalogue.models import Product, Variant
from partner.models import PartnerMember, StockRecord
from partner.services import add_member
from tests.catalogue.api.admin.editors import BULK, LIST, NEW, EditorTestCase
from tests.catalogue.factories import ProductTypeFactory
from tests.exchange.files import applied, csv_file, faults, outcomes
from tests.orders.factories import VariantFactory, make_offer
from tests.pages import save_page
from tests.users.factories import UserFactory

STOCK = "/api/partner/stock/"
UNSEEN = "N\u200b-1"
GROWING = "\u0958"  # which is two characters in the form that is kept
COMPOSED = "É-1"
APART = unicodedata.normalize("NFD", COMPOSED)


class ApiCodeTests(EditorTestCase):
    """Codes that cannot be told apart, by the staff's API"""

    def test_a_product_is_not_made(self) -> None:
        for changes, pointer in (
            ({"external_id": UNSEEN}, "#/external_id"),
            ({"variants": [{"sku": UNSEEN}]}, "#/variants/0/sku"),
        ):
            answer = self.client.post(LIST, NEW | changes)
            self.assertEqual(self.faults(answer), {(pointer, "invalid-character")})
        answer = self.client.post(
            LIST,
            "<root><external_id>N\u200b-1</external_id><title>N</title>"
            "<product_type>film</product_type><variants><list-item><sku>N</sku>"
            "</list-item></variants></root>",
            content_type="application/xml",
        )
        told = {("#/external_id", "invalid-character")}
        self.assertEqual(self.faults(answer), told)
        self.assertEqual(Product.objects.count(), 1)

    def test_a_bulk_refuses_the_row_and_no_other(self) -> None:
        rows = [
            NEW | {"external_id": UNSEEN},
            NEW | {"variants": [{"sku": "A  1"}]},
            NEW,
        ]
        answer = self.client.post(BULK, {"rows": rows})
        told = [
            [(each["pointer"], each["code"]) for each in row["errors"]]
            for row in answer.json()["results"]
        ]
        self.assertEqual(
            told,
            [
                [("#/rows/0/external_id", "invalid-character")],
                [("#/rows/1/variants/0/sku", "invalid-character")],
                [],
            ],
        )

    def test_a_code_in_a_path(self) -> None:
        new = {name: NEW[name] for name in ("title", "product_type", "variants")}
        answer = self.client.put(f"{LIST}by-external-id/{UNSEEN}/", new)
        told = {("#/external_id", "invalid-character")}
        self.assertEqual(self.faults(answer), told)
        answer = self.client.put(f"{self.detail}variant/by-sku/{UNSEEN}/", {})
        self.assertEqual(self.faults(answer), {("#/sku", "invalid-character")})
        self.assertFalse(Product.objects.filter(external_id=UNSEEN).exists())

    def test_a_code_that_is_longer_as_it_is_kept(self) -> None:
        new = {name: NEW[name] for name in ("title", "product_type", "variants")}
        for path, body in (
            (f"{LIST}by-external-id/{GROWING * 128}/", new),
            (f"{self.detail}variant/by-sku/{GROWING * 64}/", {}),
        ):
            self.assertEqual(self.client.put(path, body).status_code, 404)
        answer = self.client.post(LIST, NEW | {"external_id": GROWING * 128})
        self.assertEqual(self.faults(answer), {("#/external_id", "max-length")})

    def test_a_code_that_is_changed(self) -> None:
        tag = self.tag()
        answer = self.client.patch(self.detail, {"external_id": UNSEEN}, headers=tag)
        told = {("#/external_id", "invalid-character")}
        self.assertEqual(self.faults(answer), told)
        answer = self.client.patch(
            f"{self.detail}variant/{self.dvd.pk}/", {"sku": UNSEEN}, headers=tag
        )
        self.assertEqual(self.faults(answer), {("#/sku", "invalid-character")})
        self.assert_unchanged()

    def test_one_spelling_of_a_code_is_found_by_the_other(self) -> None:
        new = {name: NEW[name] for name in ("title", "product_type", "variants")}
        path = f"{LIST}by-external-id/"
        self.assertEqual(self.client.put(f"{path}{APART}/", new).status_code, 201)
        made = Product.objects.get(external_id=COMPOSED)
        for name in (APART, COMPOSED):
            self.assertEqual(self.client.put(f"{path}{name}/", new).status_code, 200)
            found = self.client.get(f"{path}{name}/").json()
            self.assertEqual(found["id"], made.pk)
            listed = self.client.get(LIST, {"external_id": name}).json()
            self.assertEqual([each["id"] for each in listed["results"]], [made.pk])

    def test_what_is_stored_is_edited_as_ever(self) -> None:
        Variant.objects.filter(pk=self.dvd.pk).update(sku=UNSEEN)
        path = f"{self.detail}variant/{self.dvd.pk}/"
        answer = self.client.patch(path, {"title": "DVD"}, headers=self.tag())
        self.assertEqual(answer.status_code, 200, answer.content)
        self.assertEqual(answer.json()["sku"], UNSEEN)
        found = self.client.get(LIST, {"sku": UNSEEN}).json()["results"]
        self.assertEqual([each["id"] for each in found], [self.product.pk])


class PartnerCodeTests(EditorTestCase):
    """Codes of partners, by their API"""

    def setUp(self) -> None:
        manager = UserFactory()
        add_member(partner=self.partner, user=manager, role=PartnerMember.Role.MANAGER)
        self.client.force_authenticate(manager)

    def test_an_offer(self) -> None:
        variant = VariantFactory()
        new: dict[str, Any] = {"variant": variant.pk, "price": "1.00"}
        told = {("#/partner_sku", "invalid-character")}
        answer = self.client.post(STOCK, new | {"partner_sku": UNSEEN})
        self.assertEqual(self.faults(answer), told)
        answer = self.client.patch(
            f"{STOCK}{self.offer.pk}/", {"partner_sku": UNSEEN, "expected": 10}
        )
        self.assertEqual(self.faults(answer), told)
        rows = [new | {"partner_sku": UNSEEN}, new | {"partner_sku": APART}]
        answer = self.client.post(f"{STOCK}bulk/", {"rows": rows})
        first, second = answer.json()["results"]
        self.assertEqual(
            [(each["pointer"], each["code"]) for each in first["errors"]],
            [("#/rows/0/partner_sku", "invalid-character")],
        )
        self.assertEqual(second["outcome"], "created")
        made = StockRecord.objects.get(partner_sku=COMPOSED)
        listed = self.client.get(STOCK, {"partner_sku": APART}).json()["results"]
        self.assertEqual([each["id"] for each in listed], [made.pk])


class ImportCodeTests(TestCase):
    """Codes in files"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = UserFactory(is_staff=True, is_superuser=True)
        ProductTypeFactory(code="film")
        cls.offer = make_offer()
        cls.variant = cls.offer.variant
        cls.product = cls.variant.product

    def test_new_codes_are_read(self) -> None:
        made = applied(
            self.boss,
            "products",
            csv_file(f"""
                slug,product_type,title,sku,external_id
                m,film,M,{UNSEEN},
                n,film,N,N-1,{UNSEEN}
                e,film,E,{APART},{APART}
                {self.product.slug},film,X,,{UNSEEN}
            """),
        )
        self.assertEqual(
            faults(made), [(1, "sku"), (2, "external_id"), (4, "external_id")]
        )
        found = Product.objects.get(external_id=COMPOSED)
        self.assertEqual(found.variants.get().sku, COMPOSED)
        made = applied(
            self.boss,
            "variants",
            csv_file(f"""
                sku,product
                {UNSEEN},{self.product.slug}
                {APART},e
            """),
        )
        self.assertEqual(faults(made), [(1, "sku")])
        self.assertEqual(outcomes(made)[1], "unchanged")
        code = self.offer.partner.code
        made = applied(
            self.boss,
            "prices",
            csv_file(f"""
                partner,partner_sku,variant,price,currency
                {code},{UNSEEN},{APART},1.00,EUR
                {code},{APART},{APART},1.00,EUR
            """),
        )
        self.assertEqual(faults(made), [(1, "partner_sku")])
        self.assertTrue(StockRecord.objects.filter(partner_sku=COMPOSED).exists())

    def test_codes_that_are_longer_as_they_are_kept(self) -> None:
        made = applied(
            self.boss,
            "products",
            csv_file(f"""
                slug,product_type,title,sku
                m,film,M,{GROWING * 64}
            """),
        )
        self.assertEqual(faults(made), [(1, "sku")])

    def test_stored_codes_stay(self) -> None:
        Variant.objects.filter(pk=self.variant.pk).update(sku=UNSEEN)
        StockRecord.objects.filter(pk=self.offer.pk).update(partner_sku=UNSEEN)
        made = applied(
            self.boss,
            "variants",
            csv_file(f"""
                sku,product,title
                {UNSEEN},{self.product.slug},Tape
            """),
        )
        self.assertEqual((faults(made), outcomes(made)), ([], ["updated"]))
        made = applied(
            self.boss,
            "stock",
            csv_file(f"""
                partner,partner_sku,num_in_stock
                {self.offer.partner.code},{UNSEEN},7
            """),
        )
        self.assertEqual((faults(made), outcomes(made)), ([], ["updated"]))


class AdminCodeTests(TestCase):
    """Codes on the pages of the admin"""

    def setUp(self) -> None:
        self.client.force_login(UserFactory(is_staff=True, is_superuser=True))
        self.variant = VariantFactory(sku="V-1")
        self.page = reverse("admin:catalogue_variant_change", args=[self.variant.pk])

    def save(self, sku: str, title: str = "") -> Any:
        values = {"sku": sku, "title": title, "position": 0, "is_public": "on"}
        return save_page(self.client, self.page, values)

    def test_a_new_one_is_read(self) -> None:
        answer = self.save(UNSEEN)
        self.assertEqual(answer.status_code, 200)
        self.assertContains(answer, "U+200B")
        self.assertEqual(self.save(APART).status_code, 302)
        self.variant.refresh_from_db()
        self.assertEqual(self.variant.sku, COMPOSED)

    def test_a_stored_one_stays(self) -> None:
        Variant.objects.filter(pk=self.variant.pk).update(sku=UNSEEN)
        self.assertEqual(self.save(UNSEEN, "Tape").status_code, 302)
        self.variant.refresh_from_db()
        self.assertEqual((self.variant.sku, self.variant.title), (UNSEEN, "Tape"))
