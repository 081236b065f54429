from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import TestCase
from django.urls import reverse, reverse_lazy
from reversion.models import Version

from catalogue.models import AttributeDefinition, Category, Product, ProductListing
from catalogue.services import create_category
from custom.models import HistoryBatch
from partner.models import StockMovement
from tests.catalogue.factories import (
    AttributeDefinitionFactory,
    ProductFactory,
    ProductImageFactory,
    ProductTypeFactory,
    VariantFactory,
)
from tests.pages import save_page
from tests.partner.factories import StockRecordFactory
from tests.users.factories import UserFactory

Kind = AttributeDefinition.Kind
OPTIONS = [{"value": "dvd", "label": "DVD"}, {"value": "bd", "label": "Blu-ray"}]
GOOD = {
    "attribute_story": "A robot.",
    "attribute_minutes": "153",
    "attribute_score": "8.30",
    "attribute_silent": "true",
    "attribute_released": "1927-01-10",
    "attribute_format": "bd",
}
STORED = {
    "story": "A robot.",
    "minutes": 153,
    "score": "8.30",
    "silent": True,
    "released": "1927-01-10",
    "format": "bd",
}


class ProductPageTests(TestCase):
    """The page of a product: what its type defines, its pictures, its offers"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = UserFactory(is_staff=True, is_superuser=True)
        cls.type = ProductTypeFactory()
        for position, (code, kind) in enumerate(
            (
                ("story", Kind.TEXT),
                ("minutes", Kind.INTEGER),
                ("score", Kind.DECIMAL),
                ("silent", Kind.BOOLEAN),
                ("released", Kind.DATE),
                ("format", Kind.CHOICE),
            )
        ):
            AttributeDefinitionFactory(
                product_type=cls.type,
                code=code,
                kind=kind,
                options=OPTIONS if kind == Kind.CHOICE else [],
                position=position,
                is_required=code == "minutes",
            )
        cls.product = ProductFactory(product_type=cls.type, attributes=STORED)
        cls.variant = VariantFactory(product=cls.product, attributes={})
        cls.url = reverse("admin:catalogue_product_change", args=[cls.product.pk])

    def setUp(self) -> None:
        self.client.force_login(self.boss)

    def post(self, **changes: object) -> HttpResponse:
        values = {
            "title": self.product.title,
            "slug": self.product.slug,
            "variants-TOTAL_FORMS": 1,
            "variants-INITIAL_FORMS": 1,
            "variants-0-id": self.variant.pk,
            "variants-0-product": self.product.pk,
            "variants-0-sku": self.variant.sku,
            "variants-0-position": 0,
            "images-TOTAL_FORMS": 0,
            "images-INITIAL_FORMS": 0,
            "picks-TOTAL_FORMS": 0,
            "picks-INITIAL_FORMS": 0,
        }
        return save_page(self.client, self.url, values | GOOD | changes)

    def stored(self) -> dict[str, object]:
        self.product.refresh_from_db()
        return self.product.attributes

    def test_values_of_every_kind(self) -> None:
        self.assertEqual(self.post().status_code, 302)
        self.assertEqual(self.stored(), STORED)
        none = dict.fromkeys(GOOD, "") | {"attribute_minutes": "90"}
        self.assertEqual(self.post(**none).status_code, 302)
        self.assertEqual(self.stored(), {"minutes": 90})

    def test_what_is_stored_is_shown(self) -> None:
        form = self.client.get(self.url).context["adminform"].form
        shown = {name: str(form[name].value()) for name in GOOD}
        self.assertEqual(shown, GOOD | {"attribute_silent": "True"})

    def test_a_page_saved_as_it_is_has_no_change(self) -> None:
        page = self.client.get(self.url).context["adminform"].form
        form = type(page)(GOOD | {"slug": "x", "title": "y"}, instance=self.product)
        form.is_valid()
        changed = [name for name in form.changed_data if name in GOOD]
        self.assertEqual(changed, [])

    def test_faults_stand_at_their_fields(self) -> None:
        for name, value, fault in (
            ("minutes", "", "This field is required."),
            ("minutes", "long", "Enter a whole number."),
            ("minutes", str(2**53), "Not a valid whole number."),
            ("score", "high", "Enter a number."),
            ("released", "soon", "Enter a valid date."),
            ("format", "vhs", "vhs is not one of the available choices."),
        ):
            with self.subTest(name, value=value):
                answer = self.post(**{f"attribute_{name}": value})
                form = answer.context["adminform"].form
                (told,) = form.errors[f"attribute_{name}"]
                self.assertIn(fault, told)
        self.assertEqual(self.stored(), STORED)

    def test_readers_see_them_by_their_names(self) -> None:
        reader = UserFactory(is_staff=True)
        reader.user_permissions.set(
            Permission.objects.filter(
                codename__in=("view_product", "view_variant"),
                content_type__app_label="catalogue",
            )
        )
        self.client.force_login(reader)
        page = self.client.get(self.url)
        row = '<tr><th scope="row">{}</th><td>{}</td></tr>'
        for definition in self.type.definitions.filter(code__in=("minutes", "silent")):
            told = {"minutes": "153", "silent": "yes"}[definition.code]
            self.assertContains(page, row.format(definition.name, told), html=True)
        self.assertNotContains(page, "&quot;minutes&quot;")
        variant = reverse("admin:catalogue_variant_change", args=[self.variant.pk])
        self.assertEqual(self.client.get(variant).status_code, 200)

    def test_a_new_product_begins_with_its_type(self) -> None:
        url = reverse("admin:catalogue_product_add")
        answer = self.client.get(url)
        self.assertContains(answer, f"?product_type={self.type.pk}")
        answer = self.client.get(url, {"product_type": self.type.pk})
        self.assertIn("attribute_minutes", answer.context["adminform"].form.fields)
        values = {
            "title": "Metropolis",
            "slug": "metropolis",
            "product_type": self.type.pk,
            "variants-TOTAL_FORMS": 1,
            "variants-INITIAL_FORMS": 0,
            "variants-0-sku": "M-1",
            "variants-0-position": 0,
            "images-TOTAL_FORMS": 0,
            "images-INITIAL_FORMS": 0,
            "picks-TOTAL_FORMS": 0,
            "picks-INITIAL_FORMS": 0,
        }
        answer = self.client.post(url, values | GOOD)
        self.assertEqual(answer.status_code, 302)
        made = Product.objects.get(slug="metropolis")
        self.assertEqual(made.attributes, STORED)
        self.assertEqual(made.variants.get().sku, "M-1")

    def test_variants_have_fields_of_their_own(self) -> None:
        AttributeDefinitionFactory(
            product_type=self.type,
            code="cut",
            kind=Kind.TEXT,
            applies_to=AttributeDefinition.AppliesTo.VARIANT,
        )
        self.post(**{"variants-0-attribute_cut": "Director's"})
        self.variant.refresh_from_db()
        self.assertEqual(self.variant.attributes, {"cut": "Director's"})
        url = reverse("admin:catalogue_variant_change", args=[self.variant.pk])
        form = self.client.get(url).context["adminform"].form
        self.assertEqual(form["attribute_cut"].value(), "Director's")

    def test_who_may_only_look(self) -> None:
        reader = UserFactory(is_staff=True)
        reader.user_permissions.add(
            *Permission.objects.filter(codename__in=("view_product", "view_variant"))
        )
        self.client.force_login(reader)
        page = self.client.get(self.url)
        self.assertContains(page, "A robot.")
        self.assertNotContains(page, 'name="attribute_minutes"')
        url = reverse("admin:catalogue_variant_change", args=[self.variant.pk])
        self.assertEqual(self.client.get(url).status_code, 200)

    def test_pictures_and_offers(self) -> None:
        ProductImageFactory(product=self.product, alt="A poster")
        record = StockRecordFactory(variant=self.variant, num_in_stock=7)
        page = self.client.get(self.url)
        self.assertContains(page, 'alt="A poster"')
        self.assertContains(page, record.partner.name)
        level = reverse("admin:partner_stocklevel_change", args=[record.pk])
        self.assertContains(page, level)

    def test_a_stored_picture_is_sent_along(self) -> None:
        image = ProductImageFactory(product=self.product, alt="A poster")
        sent = {
            "images-TOTAL_FORMS": 1,
            "images-INITIAL_FORMS": 1,
            "images-0-id": image.pk,
            "images-0-product": self.product.pk,
            "images-0-position": 0,
        }
        for alt in (image.alt, "Another poster"):
            self.assertEqual(
                self.post(**sent, **{"images-0-alt": alt}).status_code, 302
            )
            stored = self.product.images.get()
            self.assertEqual((stored.file, stored.alt), (image.file, alt))


class StockButtonTests(TestCase):
    """Stock changes by movements that say why"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = StockRecordFactory(num_in_stock=7)
        cls.boss = UserFactory(is_staff=True, is_superuser=True)
        cls.url = reverse(
            "admin:partner_stocklevel_press", args=[cls.record.pk, "count"]
        )

    def press(self, reason: str, units: str, seen: int | None = None) -> str:
        self.client.force_login(self.boss)
        self.record.level.refresh_from_db()
        seen = self.record.level.num_in_stock if seen is None else seen
        values = {"count-reason": reason, "count-units": units, "count-seen": seen}
        answer = self.client.post(self.url, values, follow=True)
        (told,) = answer.context["messages"]
        return str(told)

    def test_changes(self) -> None:
        for reason, units, left in (
            ("counted", "5", 5),
            ("received", "10", 15),
            ("correction", "-2", 13),
        ):
            told = self.press(reason, units)
            self.assertEqual(told, f"{left} units are in stock.")
        moved = StockMovement.objects.filter(stock_record=self.record).order_by("pk")
        self.assertEqual(
            list(moved.values_list("reason", "in_stock_delta", "actor"))[1:],
            [
                ("counted", -2, self.boss.pk),
                ("received", 10, self.boss.pk),
                ("correction", -2, self.boss.pk),
            ],
        )

    def test_what_is_sent_twice_comes_once(self) -> None:
        change = reverse("admin:partner_stocklevel_change", args=[self.record.pk])
        self.client.force_login(self.boss)
        hidden = '<input type="hidden" name="count-seen" value="7" id="id_count-seen">'
        self.assertContains(self.client.get(change), hidden, html=True)
        told = [self.press("received", "10", seen=7) for _click in range(2)]
        self.assertEqual(
            told, ["17 units are in stock.", "There are 17 units in stock, not 7."]
        )

    def test_what_is_refused(self) -> None:
        self.assertIn("promised", self.press("correction", "-8"))
        self.assertIn("valid choice", self.press("sold", "1"))
        self.record.level.refresh_from_db()
        self.assertEqual(self.record.level.num_in_stock, 7)


class BulkTests(TestCase):
    """Actions on many products: one step of the history"""

    url = reverse_lazy("admin:catalogue_product_changelist")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = UserFactory(is_staff=True, is_superuser=True)
        cls.category = create_category(name="Comedies")
        cls.products = ProductFactory.create_batch(3)

    def act(self, action: str, *products: Product, **values: object) -> str:
        self.client.force_login(self.boss)
        chosen = {ACTION_CHECKBOX_NAME: [each.pk for each in products]}
        posted = {"action": action} | chosen | values
        answer = self.client.post(self.url, posted, follow=True)
        (told,) = answer.context["messages"]
        return str(told)

    def listed(self, scope: Category) -> int:
        return ProductListing.objects.in_scope(scope.pk).count()

    def test_hide_and_publish(self) -> None:
        first, second, third = self.products
        self.assertEqual(self.act("hide", first, second), "2 products changed.")
        public = Product.objects.filter(is_public=True)
        self.assertEqual(list(public), [third])
        self.assertEqual(self.act("hide", first, third), "1 product changed.")
        self.assertEqual(self.act("publish", *self.products), "3 products changed.")
        self.assertEqual(public.all().count(), 3)
        batches = HistoryBatch.objects.order_by("pk")
        reasons = list(batches.values_list("reason", flat=True))
        self.assertEqual(
            reasons, ["Hide, in bulk.", "Hide, in bulk.", "Publish, in bulk."]
        )
        versions = Version.objects.get_for_object(first)
        self.assertEqual([each.revision.user for each in versions], [self.boss] * 2)
        first.refresh_from_db()
        self.assertEqual(first.version, 3)

    def test_categories(self) -> None:
        first, second, _third = self.products
        pick = {"category": self.category.pk}
        told = self.act("add_to_category", first, second, **pick)
        self.assertEqual(told, "2 products changed.")
        self.assertEqual(self.listed(self.category), 2)
        told = self.act("add_to_category", *self.products, **pick)
        self.assertEqual(told, "1 product changed.")
        told = self.act("remove_from_category", first, **pick)
        self.assertEqual(told, "1 product changed.")
        self.assertEqual(self.listed(self.category), 2)
        self.assertFalse(first.categories.exists())

    def test_a_category_is_asked_for(self) -> None:
        told = self.act("add_to_category", *self.products)
        self.assertEqual(told, "Choose a category.")
        self.assertEqual(self.listed(self.category), 0)
