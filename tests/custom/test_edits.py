import json
from collections.abc import Iterator

from django.contrib.admin import site
from django.db import connection
from django.http import HttpResponse
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from catalogue.models import Product, Variant
from catalogue.services import (
    NewVariant,
    add_variant,
    create_category,
    create_product,
    update_product,
    update_variant,
)
from custom.admin import ShopAdmin
from custom.history.reading import child_relations, is_versioned
from custom.history.recording import recorded
from custom.transactions import run_in_transaction
from tests.catalogue.factories import AttributeDefinitionFactory, ProductTypeFactory
from tests.custom.history.test_pages import form_of, page
from tests.staff.matrix import ROOT
from tests.staff.rows import make_shop
from tests.users.factories import UserFactory


class EditCase(TestCase):
    def setUp(self) -> None:
        self.client.force_login(UserFactory(is_staff=True, is_superuser=True))
        self.product = create_product(
            product_type=ProductTypeFactory(),
            title="The Third Man",
            variants=[NewVariant(sku="T-1")],
        )
        self.variant = self.product.variants.get()
        self.url = page("change", self.product.pk)
        self.seen = self.client.get(self.url).context["seen"]
        self.form = form_of(self.product) | {"_seen": self.seen, "_continue": "1"}

    def post(self, **values: object) -> HttpResponse:
        return self.client.post(self.url, self.form | values)

    def choose(self, asked: HttpResponse, **choices: str) -> HttpResponse:
        """Send the page that asks, as a browser does."""
        values: dict[str, list[str]] = {}
        for name, value in asked.context["posted"]:
            values.setdefault(name, []).append(value)
        chosen = {f"_choice:{name}": value for name, value in choices.items()}
        seen = {"_seen": asked.context["seen"]}
        return self.client.post(self.url, values | seen | chosen)

    def stored(self) -> Product:
        return Product.objects.get(pk=self.product.pk)


class ConflictTests(EditCase):
    """custom.edits.EditGuard"""

    def test_nobody_else_means_no_question(self) -> None:
        self.assertEqual(self.post(title="Mine").status_code, 302)
        self.assertEqual(self.stored().title, "Mine")

    def test_another_field_changed_meanwhile_stays_and_is_told(self) -> None:
        update_product(self.product.pk, description="Theirs")
        asked = self.post(title="Mine")
        self.assertContains(asked, "has been changed meanwhile")
        (conflict,) = asked.context["conflicts"]
        self.assertEqual(
            (conflict.name, conflict.theirs, conflict.mine, conflict.is_mine),
            ("description", "Theirs", "-", False),
        )
        self.assertEqual(self.stored().title, "The Third Man")
        done = self.choose(asked, description="theirs")
        self.assertEqual(done.status_code, 302)
        self.assertEqual(
            (self.stored().title, self.stored().description), ("Mine", "Theirs")
        )

    def test_of_the_same_field_either_may_be_kept(self) -> None:
        for choice, title in (("theirs", "Theirs"), ("mine", "Mine")):
            with self.subTest(choice=choice):
                self.seen = self.client.get(self.url).context["seen"]
                self.form["_seen"] = self.seen
                update_product(self.product.pk, title="Theirs")
                asked = self.post(title="Mine")
                (conflict,) = asked.context["conflicts"]
                self.assertEqual(
                    (conflict.theirs, conflict.mine, conflict.is_mine),
                    ("Theirs", "Mine", True),
                )
                self.choose(asked, title=choice)
                self.assertEqual(self.stored().title, title)
                update_product(self.product.pk, title="The Third Man")

    def test_what_was_chosen_outlives_a_mistake(self) -> None:
        update_product(self.product.pk, description="Theirs")
        asked = self.post(title="")
        wrong = self.choose(asked, description="theirs")
        hidden = '<input type="hidden" name="_choice:description" value="theirs">'
        self.assertContains(wrong, hidden, html=True)

    def test_the_same_change_made_twice_is_no_question(self) -> None:
        update_product(self.product.pk, title="Same")
        self.assertEqual(self.post(title="Same").status_code, 302)

    def test_attributes_are_compared_one_by_one(self) -> None:
        AttributeDefinitionFactory(
            product_type=self.product.product_type, code="director", name="Director"
        )
        update_product(self.product.pk, attributes={"director": "Reed"})
        self.form["_seen"] = self.client.get(self.url).context["seen"]
        update_product(self.product.pk, attributes={"director": "Carol Reed"})
        asked = self.post(attribute_director="Welles")
        (conflict,) = asked.context["conflicts"]
        self.assertEqual(
            (conflict.label, conflict.theirs, conflict.mine),
            ("Director", "Carol Reed", "Welles"),
        )
        self.choose(asked, attribute_director="theirs")
        self.assertEqual(self.stored().attributes, {"director": "Carol Reed"})

    def test_links_are_compared_too(self) -> None:
        drama, noir = create_category(name="Drama"), create_category(name="Noir")
        update_product(self.product.pk, categories=[drama])
        asked = self.post(categories=[noir.pk])
        (conflict,) = asked.context["conflicts"]
        self.assertEqual((conflict.theirs, conflict.mine), ("Drama", "Noir"))
        self.choose(asked, categories="theirs")
        self.assertEqual(list(self.stored().categories.all()), [drama])

    def test_a_third_change_is_asked_about_again(self) -> None:
        update_product(self.product.pk, title="Second")
        asked = self.post(title="Mine")
        update_product(self.product.pk, title="Third")
        again = self.choose(asked, title="mine")
        self.assertEqual(again.context["conflicts"][0].theirs, "Third")
        self.assertEqual(self.stored().title, "Third")

    def test_rows_of_the_page_are_guarded(self) -> None:
        update_variant(self.variant.pk, title="Theirs")
        asked = self.post(**{"variants-0-title": "Mine"})
        (conflict,) = asked.context["conflicts"]
        self.assertEqual(conflict.label, "Variant T-1")
        self.assertEqual(
            (conflict.theirs, conflict.mine), ("Title: Theirs", "Title: Mine")
        )
        name = f"catalogue.variant:{self.variant.pk}"
        self.choose(asked, **{name: "theirs"})
        self.assertEqual(Variant.objects.get().title, "Theirs")

    def test_a_row_deleted_meanwhile_is_dropped(self) -> None:
        other = add_variant(self.product, NewVariant(sku="T-2"))
        gone = other.pk
        self.form["_seen"] = self.client.get(self.url).context["seen"]
        run_in_transaction(lambda: self.delete(other))
        rows = {
            "variants-TOTAL_FORMS": 2,
            "variants-INITIAL_FORMS": 2,
            "variants-0-id": gone,
            "variants-0-sku": "T-2",
            "variants-1-id": self.variant.pk,
            "variants-1-product": self.product.pk,
            "variants-1-sku": "T-1",
            "variants-1-title": "Mine",
            "variants-1-attributes": "{}",
            "variants-1-position": 0,
        }
        asked = self.post(**rows)
        self.assertTrue(asked.context["conflicts"][0].is_gone)
        self.assertEqual(self.choose(asked).status_code, 302)
        self.assertEqual(
            list(Variant.objects.values_list("sku", "title")), [("T-1", "Mine")]
        )

    @staticmethod
    def delete(row: Variant) -> None:
        with recorded("Gone."):
            row.delete()

    def test_nonsense_in_place_of_what_was_seen_asks(self) -> None:
        rows = ("1", '{"title": []}', '{"title": "x"}')
        for nonsense in ("", "x", "[]", "{}", *(f'{{"": {row}}}' for row in rows)):
            with self.subTest(nonsense=nonsense):
                asked = self.post(title="Mine", _seen=nonsense)
                self.assertLess(asked.status_code, 500)
                self.assertEqual(self.stored().title, "The Third Man")

    def test_a_save_that_says_nothing_of_what_was_seen_is_asked_about(self) -> None:
        del self.form["_seen"]
        asked = self.post(title="Mine", **{"variants-0-title": "Mine"})
        found = {each.name for each in asked.context["conflicts"]}
        self.assertEqual(found, {"title", f"catalogue.variant:{self.variant.pk}"})
        self.assertEqual(self.stored().title, "The Third Man")
        self.assertEqual(Variant.objects.get().title, "")
        self.choose(asked, title="mine")
        self.assertEqual(self.stored().title, "Mine")

    def test_queries_do_not_grow_with_rows(self) -> None:
        counts = []
        for count in (1, 5):
            for number in range(count):
                add_variant(self.product, NewVariant(sku=f"{count}-{number}"))
            with CaptureQueriesContext(connection) as captured:
                self.client.get(self.url)
            counts.append(len(captured))
        self.assertEqual(*counts)


class EveryModelTests(TestCase):
    """All that staff edit"""

    def admins(self) -> Iterator[ShopAdmin]:
        found = [
            made for made in site._registry.values() if isinstance(made, ShopAdmin)
        ]
        self.assertGreater(len(found), 10)
        yield from found

    def test_every_model_staff_can_change_is_versioned(self) -> None:
        superuser = UserFactory(is_staff=True, is_superuser=True)
        request = type("Request", (), {"user": superuser})()
        for model, made in site._registry.items():
            may = made.has_change_permission(request) or made.has_add_permission(
                request
            )
            if may:
                with self.subTest(model=model):
                    self.assertIsInstance(made, ShopAdmin)
                    self.assertTrue(is_versioned(model))

    def test_every_page_says_what_it_has_shown(self) -> None:
        self.client.force_login(make_shop().readers[ROOT])
        for made in self.admins():
            row = made.model._default_manager.order_by("pk").first()
            url = page("change", row.pk, model=made.model)
            with self.subTest(model=made.model):
                answer = self.client.get(url)
                seen = answer.context["seen"]
                self.assertTrue(json.loads(seen)[""])
                field = f'<input type="hidden" name="_seen" value="{escape(seen)}">'
                self.assertContains(answer, field, count=1)

    def test_inlines_are_followed(self) -> None:
        for made in self.admins():
            followed = {relation.model for relation in child_relations(made.model)}
            for inline in made.inlines:
                with self.subTest(model=made.model, inline=inline.model):
                    self.assertTrue(is_versioned(inline.model))
                    self.assertIn(inline.model, followed)
