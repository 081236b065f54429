import tempfile
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from reversion.models import Version

from catalogue.models import Category, Product, ProductType, Variant
from catalogue.services import (
    NewVariant,
    create_category,
    create_product,
    rename_category,
)
from custom.admin import LedgerAdmin
from custom.models import IdempotencyKey, OutboxMessage
from orders.models import Order
from partner.models import Partner, StockLevel, StockMovement, StockRecord
from promotions.models import Voucher, VoucherRedemption
from shipping.models import ShippingMethod, ShippingZone
from staff.sites import find_pages
from tax.models import TaxClass
from tests.pages import save_page
from tests.shop.films import ROWS, write_list
from users.models import AuthToken, User

APPS = [
    "users",
    "catalogue",
    "partner",
    "orders",
    "custom",
    "tax",
    "shipping",
    "promotions",
]
find_pages()
OURS = [model for model in admin.site._registry if model._meta.app_label in APPS]


def load(*rows: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_list(Path(folder, "films.csv"), *rows)
        call_command("load_demo", films=path, stdout=StringIO(), stderr=StringIO())


def address(model: type, page: str, *args: object) -> str:
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=args)


class AdminTestCase(TestCase):
    staff: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.staff = User.objects.create_superuser("staff@example.com", "secret")
        load(*ROWS)

    def setUp(self) -> None:
        self.client.force_login(self.staff)


class EveryPageTests(AdminTestCase):
    def test_the_models_staff_need_are_there(self) -> None:
        wanted = {
            User, AuthToken, Category, ProductType, Product, Variant, Partner,
            StockRecord, StockLevel, StockMovement, Order, OutboxMessage,
            IdempotencyKey, TaxClass, ShippingZone, ShippingMethod, Voucher,
            VoucherRedemption,
        }  # fmt: skip
        self.assertLessEqual(wanted, set(OURS))

    def test_every_list_has_a_fixed_number_of_queries(self) -> None:
        few = {model: self.count_queries(model) for model in OURS}
        for copy in range(4):
            load(*[""] * 4 * (copy + 1), *ROWS)  # other lines: other films
            AuthToken.objects.create(user=self.staff)
            OutboxMessage.objects.create(topic="order.placed")
            IdempotencyKey.objects.create(key_digest=str(copy))
        self.assertEqual(Product.objects.count(), 20)
        many = {model: self.count_queries(model) for model in OURS}
        for model in OURS:
            with self.subTest(model=model):
                self.assertEqual(few[model], many[model])

    def count_queries(self, model: type) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = self.client.get(address(model, "changelist"))
        self.assertEqual(response.status_code, 200, model)
        return len(queries)

    def test_every_list_can_be_searched(self) -> None:
        for model in OURS:
            with self.subTest(model=model):
                response = self.client.get(address(model, "changelist"), {"q": "kong"})
                self.assertEqual(response.status_code, 200)

    def test_every_row_and_its_history_can_be_read(self) -> None:
        AuthToken.objects.create(user=self.staff)
        for model in OURS:
            row = model._default_manager.first()
            if row is None:
                continue
            for page in ("change", "history"):
                with self.subTest(model=model, page=page):
                    response = self.client.get(address(model, page, row.pk))
                    self.assertEqual(response.status_code, 200)

    def test_ledgers_cannot_be_changed(self) -> None:
        ledgers = [
            model
            for model in OURS
            if isinstance(admin.site._registry[model], LedgerAdmin)
        ]
        self.assertLessEqual({Order, StockLevel, StockMovement}, set(ledgers))
        for model in ledgers:
            with self.subTest(model=model):
                self.assertEqual(
                    self.client.get(address(model, "add")).status_code, 403
                )
                row = model._default_manager.first()
                if row is not None:
                    response = self.client.post(address(model, "change", row.pk), {})
                    self.assertEqual(response.status_code, 403)

    def test_strangers_are_sent_to_sign_in(self) -> None:
        self.client.logout()
        response = self.client.get(address(Order, "changelist"))
        self.assertEqual(response.status_code, 302)
        self.assertIn("/admin/login/", response["Location"])


class CategoryPageTests(AdminTestCase):
    def drag(self, moved: Category, target: Category, position: str) -> str:
        response = self.client.post(
            address(Category, "changelist"),
            {
                "cmd": "move_node",
                "cut_item": moved.pk,
                "pasted_on": target.pk,
                "position": position,
            },
        )
        return response.content.decode()

    def assert_tree_is_valid(self) -> None:
        numbers = list(Category.objects.values_list("tree_id", "lft", "rght"))
        for tree, left, right in numbers:
            inside = [n for n in numbers if n[0] == tree and left < n[1] < right]
            self.assertEqual(right - left, 2 * len(inside) + 1)

    def test_a_drag_moves_a_category_below_another(self) -> None:
        drama = Category.objects.get(slug="drama")
        action = Category.objects.get(slug="action")
        self.assertEqual(self.drag(drama, action, "last-child"), "OK")
        self.assertEqual(Category.objects.get(slug="drama").parent, action)
        self.assertEqual(Category.objects.get(slug="drama-historical-fiction").level, 2)
        self.assert_tree_is_valid()

    def test_a_drag_beside_a_category_takes_its_level(self) -> None:
        fantasy = Category.objects.get(slug="action-fantasy")
        drama = Category.objects.get(slug="drama")
        self.assertEqual(self.drag(fantasy, drama, "right"), "OK")
        self.assertIsNone(Category.objects.get(slug="action-fantasy").parent)
        self.assert_tree_is_valid()

    def test_a_drag_below_itself_is_refused(self) -> None:
        drama = Category.objects.get(slug="drama")
        below = Category.objects.get(slug="drama-historical-fiction")
        self.assertEqual(self.drag(drama, below, "last-child"), "FAIL")
        self.assertIsNone(Category.objects.get(slug="drama").parent)
        self.assert_tree_is_valid()

    def test_the_form_adds_renames_and_moves(self) -> None:
        drama = Category.objects.get(slug="drama")
        values = {"name": "War", "slug": "war", "parent": drama.pk, "is_public": "on"}
        response = self.client.post(address(Category, "add"), values)
        self.assertEqual(response.status_code, 302)
        war = Category.objects.get(slug="war")
        self.assertEqual(war.parent, drama)
        values |= {"name": "Battles", "parent": ""}
        save_page(self.client, address(Category, "change", war.pk), values)
        war = Category.objects.get(slug="war")
        self.assertEqual((war.name, war.parent), ("Battles", None))
        self.assert_tree_is_valid()
        self.assertEqual(Version.objects.get_for_object(war).count(), 2)

    def test_a_category_with_others_below_is_not_deleted(self) -> None:
        drama = Category.objects.get(slug="drama")
        self.client.post(address(Category, "delete", drama.pk), {"post": "yes"})
        self.assertTrue(Category.objects.filter(pk=drama.pk).exists())
        empty = create_category(name="Empty")
        self.client.post(address(Category, "delete", empty.pk), {"post": "yes"})
        self.assertFalse(Category.objects.filter(pk=empty.pk).exists())
        self.assert_tree_is_valid()

    def test_a_category_goes_back_into_the_tree_of_now(self) -> None:
        drama = create_category(name="Another")
        version = Version.objects.get_for_object(drama).get()
        rename_category(drama, "Zombies")
        create_category(name="Between")
        self.client.post(
            address(Category, "revert", drama.pk), {"version": version.pk, "all": "1"}
        )
        self.assertEqual(Category.objects.get(pk=drama.pk).name, "Another")
        self.assert_tree_is_valid()


class ProductPageTests(AdminTestCase):
    def values(self, product: Product, **changes: object) -> dict[str, object]:
        variant = product.variants.first()
        return {
            "product_type": product.product_type_id,
            "title": product.title,
            "slug": product.slug,
            "description": "",
            "is_public": "on",
            "variants-TOTAL_FORMS": 1,
            "variants-INITIAL_FORMS": 1,
            "variants-0-id": variant.pk,
            "variants-0-product": product.pk,
            "variants-0-sku": variant.sku,
            "variants-0-attribute_format": "dvd",
            "variants-0-position": 0,
            "images-TOTAL_FORMS": 0,
            "images-INITIAL_FORMS": 0,
            "picks-TOTAL_FORMS": 0,
            "picks-INITIAL_FORMS": 0,
        } | changes

    def test_a_save_raises_the_version_and_is_on_record(self) -> None:
        product = Product.objects.get(slug="amelie")
        url = address(Product, "change", product.pk)
        response = save_page(self.client, url, self.values(product, title="Amélie 🍓"))
        self.assertEqual(response.status_code, 302)
        saved = Product.objects.get(pk=product.pk)
        self.assertEqual((saved.title, saved.version), ("Amélie 🍓", 2))
        self.assertContains(self.client.get(url), "Amélie 🍓")
        authors = [each.revision.user for each in Version.objects.get_for_object(saved)]
        self.assertEqual(authors, [self.staff, None])

    def test_a_former_version_can_be_put_back(self) -> None:
        product = Product.objects.get(slug="amelie")
        url = address(Product, "change", product.pk)
        save_page(self.client, url, self.values(product, title="First"))
        save_page(self.client, url, self.values(product, title="Second"))
        _second, first, _loaded = Version.objects.get_for_object(product)
        url = address(Product, "revision", product.pk, first.pk)
        self.assertContains(self.client.get(url, follow=True), "First")
        self.assertEqual(Product.objects.get(pk=product.pk).title, "Second")
        url = address(Product, "revert", product.pk)
        self.client.post(url, {"version": first.pk, "names": "title"})
        self.assertEqual(Product.objects.get(pk=product.pk).title, "First")

    def test_bad_attributes_and_slugs_are_shown_at_their_fields(self) -> None:
        product = Product.objects.get(slug="amelie")
        for changes, message in (
            ({"attribute_running_time": "long"}, "Enter a whole number."),
            ({"variants-0-attribute_format": ""}, "This field is required."),
            ({"variants-0-attribute_format": "vhs"}, "vhs is not one of the"),
            ({"slug": "1234"}, "at least one letter"),
            ({"slug": "king-kong"}, "king-kong is taken"),
            ({"variants-TOTAL_FORMS": 0, "variants-INITIAL_FORMS": 0}, "at least 1"),
        ):
            with self.subTest(changes=changes):
                response = save_page(
                    self.client,
                    address(Product, "change", product.pk),
                    self.values(product, **changes),
                )
                self.assertContains(response, message)

    def test_a_window_hides_the_product_until_it_opens(self) -> None:
        product = Product.objects.get(slug="amelie")
        url = address(Product, "change", product.pk)
        window = {
            "publish_from_0": "2126-06-30",
            "publish_from_1": "12:00:00",
            "publish_until_0": "2126-06-30",
            "publish_until_1": "13:00:00",
        }
        save_page(self.client, url, self.values(product, **window))
        opens = datetime(2126, 6, 30, 12, tzinfo=UTC)
        saved = Product.objects.get(pk=product.pk)
        self.assertEqual(saved.publish_from, opens)
        self.assertEqual(saved.publish_until, opens + timedelta(hours=1))
        self.assertEqual(saved.summary.boundary_at, opens)
        self.assertEqual(saved.listings.count(), 0)
        window["publish_until_1"] = "12:00:00"
        response = save_page(self.client, url, self.values(product, **window))
        form = response.context["adminform"].form
        self.assertEqual(
            form.errors,
            {"publish_until": ["A product must be published before it is withdrawn."]},
        )

    def test_a_new_product_has_a_summary_and_shows_in_the_list(self) -> None:
        product = Product.objects.get(slug="amelie")
        values = self.values(
            product,
            title="New",
            slug="new-film",
            **{
                "variants-INITIAL_FORMS": 0,
                "variants-0-id": "",
                "variants-0-product": "",
                "variants-0-sku": "NEW-1",
            },
        )
        response = self.client.post(address(Product, "add"), values)
        self.assertEqual(response.status_code, 302)
        new = Product.objects.get(slug="new-film")
        self.assertIsNone(new.summary.price_from)
        self.assertEqual(
            self.client.get(address(Product, "changelist")).status_code, 200
        )

    def test_a_deleted_product_comes_back_into_its_lists(self) -> None:
        product = create_product(
            product_type=ProductType.objects.get(),
            title="Gone",
            variants=[NewVariant(sku="GONE-1", attributes={"format": "dvd"})],
        )
        variant = product.variants.get()
        self.client.post(address(Product, "delete", product.pk), {"post": "yes"})
        self.assertFalse(Product.objects.filter(slug="gone").exists())
        version = Version.objects.get_deleted(Product).get()
        url = address(Product, "recover", version.pk)
        self.assertContains(self.client.get(url), "GONE-1")
        self.assertEqual(self.client.post(url).status_code, 302)
        self.assertEqual(Variant.objects.get(sku="GONE-1").pk, variant.pk)
        rows = self.client.get("/api/product/?page_size=100").json()["results"]
        self.assertIn("gone", [row["slug"] for row in rows])

    def test_the_last_variant_stays(self) -> None:
        product = create_product(
            product_type=ProductType.objects.get(),
            title="Two",
            variants=[
                NewVariant(sku=sku, attributes={"format": "dvd"}) for sku in ("A", "B")
            ],
        )
        for variant in product.variants.all():
            url = address(Variant, "delete", variant.pk)
            self.client.post(url, {"post": "yes"})
        self.assertEqual(product.variants.get().sku, "B")
        self.assertContains(self.client.get(url), "A product keeps one variant.")

    def test_a_variant_stays_with_its_product(self) -> None:
        variant = Variant.objects.get(sku="FILM-0005-DVD")
        other = Product.objects.get(slug="king-kong")
        values = {
            "product": other.pk,
            "sku": "NEW-SKU",
            "attribute_format": "dvd",
            "position": 0,
        }
        url = address(Variant, "change", variant.pk)
        self.assertEqual(save_page(self.client, url, values).status_code, 302)
        variant.refresh_from_db()
        self.assertEqual((variant.sku, variant.product.slug), ("NEW-SKU", "amelie"))


class StockRecordPageTests(AdminTestCase):
    def test_a_new_price_reaches_lists_and_the_price_history(self) -> None:
        record = StockRecord.objects.get(variant__sku="FILM-0005-DVD")
        url = address(StockRecord, "change", record.pk)
        values = {"partner_sku": record.partner_sku, "price": "3.50"}
        self.assertEqual(save_page(self.client, url, values).status_code, 302)
        record.refresh_from_db()
        self.assertEqual((str(record.price), record.version), ("3.500", 2))
        summary = Product.objects.get(slug="amelie").summary
        self.assertEqual(str(summary.price_from), "3.500")
        self.assertEqual(record.prices.count(), 2)

    def test_a_price_that_cannot_be_paid_is_shown_at_its_field(self) -> None:
        record = StockRecord.objects.get(variant__sku="FILM-0005-DVD")
        url = address(StockRecord, "change", record.pk)
        values = {"partner_sku": record.partner_sku, "price": "3.505"}
        self.assertContains(
            save_page(self.client, url, values), "Too many places for EUR."
        )
        record.refresh_from_db()
        self.assertEqual(record.version, 1)

    def test_a_new_offer_comes_with_its_level_and_movement(self) -> None:
        variant = Variant.objects.get(sku="FILM-0002-DVD")
        partner = Partner.objects.get(code="house-of-film")
        values = {
            "variant": variant.pk,
            "partner": partner.pk,
            "partner_sku": "H-1",
            "price": "1.00",
            "currency": "EUR",
            "num_in_stock": "4",
        }
        response = self.client.post(address(StockRecord, "add"), values)
        self.assertEqual(response.status_code, 302)
        record = StockRecord.objects.get(partner_sku="H-1")
        self.assertEqual(record.level.num_in_stock, 4)
        movement = record.movements.get()
        self.assertEqual((movement.in_stock_delta, movement.actor), (4, self.staff))
        self.assertEqual(Version.objects.get_for_object(record).count(), 1)

    def test_an_offer_is_never_deleted(self) -> None:
        record = StockRecord.objects.first()
        url = address(StockRecord, "delete", record.pk)
        self.assertEqual(self.client.post(url, {"post": "yes"}).status_code, 403)


class OutboxPageTests(AdminTestCase):
    def setUp(self) -> None:
        super().setUp()
        OutboxMessage.objects.all().delete()
        for state in ("dead", "dead", "done"):
            OutboxMessage.objects.create(
                topic="order.placed", state=state, attempts=12, last_error="OSError"
            )
        self.parked = list(OutboxMessage.objects.filter(state="dead"))
        self.url = address(OutboxMessage, "changelist")

    def resend(self, *chosen: OutboxMessage) -> HttpResponse:
        pks = [message.pk for message in chosen]
        values = {"action": "resend", ACTION_CHECKBOX_NAME: pks}
        return self.client.post(self.url, values, follow=True)

    def test_parked_messages_are_found_with_their_last_error(self) -> None:
        page = self.client.get(self.url, {"state": "dead", "topic": "order.placed"})
        self.assertContains(page, "2 outbox messages")
        self.assertContains(page, "OSError")
        self.assertContains(page, "Send again")

    def test_one_is_sent_again(self) -> None:
        answer = self.resend(self.parked[0])
        self.assertContains(answer, "1 of 1 will be tried again at once.")
        states = OutboxMessage.objects.order_by("pk").values_list("state", "attempts")
        self.assertEqual(list(states), [("pending", 0), ("dead", 12), ("done", 12)])
        entry = LogEntry.objects.get()
        self.assertEqual(
            (entry.user, entry.object_id, entry.change_message),
            (self.staff, str(self.parked[0].pk), "Sent again."),
        )

    def test_many_are_sent_again_but_not_what_is_done(self) -> None:
        answer = self.resend(*OutboxMessage.objects.all())
        self.assertContains(answer, "2 of 3 will be tried again at once.")
        self.assertEqual(OutboxMessage.objects.filter(state="pending").count(), 2)
        self.assertEqual(OutboxMessage.objects.filter(state="done").count(), 1)

    def test_who_may_only_look_cannot_send(self) -> None:
        reader = User.objects.create_user("reader@example.com", "x", is_staff=True)
        may_look = Permission.objects.get(codename="view_outboxmessage")
        reader.user_permissions.add(may_look)
        self.client.force_login(reader)
        self.assertNotContains(self.client.get(self.url), "Send again")
        self.resend(*self.parked)
        self.assertEqual(OutboxMessage.objects.filter(state="dead").count(), 2)
        self.client.force_login(User.objects.create_user("nobody@example.com", "x"))
        self.assertEqual(self.client.get(self.url).status_code, 302)
