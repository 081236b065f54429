import uuid
from functools import partial

from django.contrib.contenttypes.models import ContentType
from django.test import TestCase
from reversion.models import Version

from catalogue.errors import SlugTakenError
from catalogue.models import (
    Category,
    Product,
    ProductImage,
    ProductListing,
    ProductSummary,
    RelatedProduct,
    Variant,
)
from catalogue.services import (
    NewVariant,
    add_image,
    add_variant,
    create_category,
    create_product,
    delete_category,
    move_category,
    update_category,
    update_product,
    update_variant,
)
from custom.history import recorded
from custom.history.comparing import Difference, compare
from custom.history.reading import states_of, versions_of
from custom.history.reverting import (
    NotDeletedError,
    RowGoneError,
    deleted_of,
    recover,
    revert,
)
from custom.history.rules import NothingToRevertError, RevertRefusedError
from custom.models import HistoryBatch
from custom.transactions import run_in_transaction
from tests.catalogue.factories import (
    AttributeDefinitionFactory,
    ProductTypeFactory,
    picture,
)
from tests.custom.history.undone import undo


def first(row: object) -> Version:
    return versions_of(type(row), row.pk).last()


def delete(row: object) -> Version:
    def work() -> None:
        with recorded("Not needed any more."):
            row.delete()

    model, pk = type(row), row.pk
    run_in_transaction(work)
    return versions_of(model, pk).first()


def differences(row: object) -> dict[str, Difference]:
    """What the last change was."""
    new, old = versions_of(type(row), row.pk)[:2]
    states = states_of([new, old])
    (found,) = compare([(states[old.pk], states[new.pk])])
    return {each.name: each for each in found}


def text(pieces: object) -> str:
    return "".join(
        {"same": "{}", "added": "[+{}]", "removed": "[-{}]"}[piece.kind].format(
            piece.text
        )
        for piece in pieces
    )


class ProductCase(TestCase):
    def setUp(self) -> None:
        self.type = ProductTypeFactory()
        for code, name in (("director", "Director"), ("year", "Year")):
            AttributeDefinitionFactory(product_type=self.type, code=code, name=name)
        AttributeDefinitionFactory(
            product_type=self.type, code="disc", name="Disc", applies_to="variant"
        )
        self.drama = create_category(name="Drama")
        self.noir = create_category(name="Noir")
        self.product = create_product(
            product_type=self.type,
            title="The Third Man",
            description="A writer comes to Vienna.",
            attributes={"director": "Reed"},
            categories=[self.drama],
            variants=[NewVariant(sku="T-1", attributes={"disc": "DVD"})],
        )
        self.variant = self.product.variants.get()


class CompareTests(ProductCase):
    """custom.history.comparing.compare"""

    def test_text_is_compared_by_words(self) -> None:
        update_product(self.product.pk, description="A writer goes to Vienna.")
        found = differences(self.product)
        self.assertEqual(set(found), {"description"})
        self.assertEqual(
            text(found["description"].before), "A writer [-comes] to Vienna."
        )
        self.assertEqual(
            text(found["description"].after), "A writer [+goes] to Vienna."
        )

    def test_attributes_are_compared_one_by_one_by_their_names(self) -> None:
        update_product(self.product.pk, attributes={"year": "1949"})
        found = differences(self.product)
        self.assertEqual(set(found), {"attributes.director", "attributes.year"})
        self.assertEqual(found["attributes.year"].label, "Attributes: Year")
        self.assertEqual(text(found["attributes.director"].after), "[+-]")

    def test_links_are_compared_by_name(self) -> None:
        update_product(self.product.pk, categories=[self.noir])
        (found,) = differences(self.product).values()
        self.assertEqual(text(found.before), "[-Drama]")
        self.assertEqual(text(found.after), "[+Noir]")

    def test_what_belongs_to_a_product_is_compared_too(self) -> None:
        update_variant(self.variant.pk, title="Steelbook")
        (found,) = differences(self.product).values()
        self.assertEqual(str(found), "Variant T-1: Title")
        add_variant(self.product, NewVariant(sku="T-2"))
        (found,) = differences(self.product).values()
        self.assertEqual(str(found), "Variant T-2: Added")

    def test_queries_do_not_grow_with_the_number_of_pairs(self) -> None:
        ContentType.objects.get_for_models(
            Product, Variant, ProductImage, RelatedProduct
        )
        for number in range(6):
            update_product(self.product.pk, title=f"Title {number}")
        counted = []
        for size in (2, 6):
            versions = list(versions_of(Product, self.product.pk)[:size])
            with self.assertNumQueries(7):
                states = states_of(versions)
                pairs = zip(versions[1:], versions[:-1], strict=True)
                counted.append(
                    compare([(states[old.pk], states[new.pk]) for old, new in pairs])
                )
        self.assertEqual([len(each) for each in counted], [1, 5])


class RevertTests(ProductCase):
    """custom.history.reverting.revert"""

    def test_one_field_goes_back_and_no_other(self) -> None:
        update_product(self.product.pk, title="Other", description="Else")
        revert(first(self.product), names=["title"])
        self.product.refresh_from_db()
        self.assertEqual(self.product.title, "The Third Man")
        self.assertEqual(self.product.description, "Else")
        self.assertEqual(self.product.version, 3)
        self.assertIn(
            "Put back", versions_of(Product, self.product.pk)[0].revision.comment
        )

    def test_one_attribute_goes_back_and_no_other(self) -> None:
        update_product(self.product.pk, attributes={"director": "X", "year": "1"})
        revert(first(self.product), names=["attributes.director"])
        self.product.refresh_from_db()
        self.assertEqual(self.product.attributes, {"director": "Reed", "year": "1"})

    def test_all_goes_back_with_categories_and_lists(self) -> None:
        update_product(
            self.product.pk, title="Other", categories=[self.noir], is_public=False
        )
        revert(first(self.product))
        self.product.refresh_from_db()
        self.assertEqual(self.product.title, "The Third Man")
        self.assertEqual(list(self.product.categories.all()), [self.drama])
        self.assertTrue(
            ProductListing.objects.in_scope(self.drama.pk)
            .filter(product=self.product)
            .exists()
        )

    def test_children_go_back_deleted_ones_too_and_new_ones_stay(self) -> None:
        kept = add_variant(self.product, NewVariant(sku="T-2"))
        version = versions_of(Product, self.product.pk).first()
        update_variant(kept.pk, title="Changed")
        gone = self.variant.pk
        delete(self.variant)
        add_variant(self.product, NewVariant(sku="T-3"))
        revert(version)
        self.assertEqual(
            list(
                self.product.variants.order_by("sku").values_list("pk", "sku", "title")
            ),
            [
                (gone, "T-1", ""),
                (kept.pk, "T-2", ""),
                (Variant.objects.get(sku="T-3").pk, "T-3", ""),
            ],
        )
        self.assertFalse(deleted_of(Variant).exists())

    def test_a_slug_that_is_taken_is_refused(self) -> None:
        former = self.product.slug
        update_product(self.product.pk, slug="other", title="Other")
        create_product(
            product_type=self.type,
            title="Thief",
            slug=former,
            variants=[NewVariant(sku="T-9")],
        )
        count = Version.objects.count()
        with self.assertRaises(SlugTakenError):
            revert(first(self.product))
        self.product.refresh_from_db()
        self.assertEqual((self.product.slug, self.product.title), ("other", "Other"))
        self.assertEqual(Version.objects.count(), count)

    def test_a_category_that_is_gone_is_named(self) -> None:
        update_product(self.product.pk, categories=[])
        delete_category(self.drama)
        with self.assertRaisesMessage(RevertRefusedError, "have been deleted"):
            revert(first(self.product))

    def test_nothing_to_do_is_said(self) -> None:
        with self.assertRaises(NothingToRevertError):
            revert(first(self.product))

    def test_a_deleted_row_is_to_be_recovered(self) -> None:
        version = first(self.product)
        delete(self.product)
        with self.assertRaises(RowGoneError):
            revert(version)


class RecoverTests(ProductCase):
    """custom.history.reverting.recover"""

    def test_a_product_comes_back_with_all_that_belonged_to_it(self) -> None:
        add_image(self.product, picture())
        created_at = self.product.created_at
        variant = self.variant.pk
        gone = self.product.pk
        deleted = delete(self.product)
        self.assertEqual(list(deleted_of(Product)), [deleted])
        done = recover(deleted)
        product = Product.objects.get(pk=gone)
        self.assertEqual((done.row.pk, done.count), (gone, 3))
        self.assertEqual(product.variants.get().pk, variant)
        self.assertEqual(product.images.count(), 1)
        self.assertEqual(list(product.categories.all()), [self.drama])
        self.assertAlmostEqual(
            product.created_at.timestamp(), created_at.timestamp(), 2
        )
        self.assertTrue(ProductSummary.objects.filter(product=product).exists())
        self.assertFalse(deleted_of(Product).exists())

    def test_a_part_that_comes_or_goes_makes_the_product_another(self) -> None:
        def version() -> int:
            return Product.objects.get(pk=self.product.pk).version

        other = add_variant(self.product, NewVariant(sku="T-2"))
        for part in (other, add_image(self.product, picture())):
            deleted, before = delete(part), version()
            recover(deleted)
            self.assertEqual(version(), before + 1)
        batch, before = uuid.uuid4(), version()
        run_in_transaction(partial(self.add_in_batch, batch))
        undo(batch)
        self.assertFalse(Variant.objects.filter(sku="T-3").exists())
        self.assertEqual(version(), before + 2)

    def add_in_batch(self, batch: uuid.UUID) -> None:
        with recorded("A batch.", batch=batch):
            add_variant(self.product, NewVariant(sku="T-3"))

    def test_it_comes_back_once(self) -> None:
        deleted = delete(self.product)
        recover(deleted)
        with self.assertRaises(NotDeletedError):
            recover(deleted)

    def test_one_whose_place_is_taken_stays_away(self) -> None:
        deleted = delete(self.product)
        create_product(
            product_type=self.type,
            title="The Third Man",
            variants=[NewVariant(sku="T-9")],
        )
        with self.assertRaises(RevertRefusedError):
            recover(deleted)
        self.assertEqual(Product.objects.count(), 1)
        self.assertTrue(deleted_of(Product).exists())

    def test_links_to_what_is_gone_are_left_out_and_told(self) -> None:
        deleted = delete(self.product)
        delete_category(self.drama)
        done = recover(deleted)
        self.assertEqual(done.row.categories.count(), 0)
        self.assertEqual(len(done.left_out), 1)

    def test_a_category_comes_back_with_its_products(self) -> None:
        delete_category(self.drama)
        recover(deleted_of(Category).get())
        drama = Category.objects.get(pk=self.drama.pk)
        self.assertEqual(list(drama.products.all()), [self.product])
        self.assertTrue(
            ProductListing.objects.in_scope(drama.pk)
            .filter(product=self.product)
            .exists()
        )


class TreeTests(TestCase):
    """The tree stays valid, whatever goes back."""

    def setUp(self) -> None:
        self.film = create_category(name="Film")
        self.drama = create_category(name="Drama", parent=self.film)
        self.noir = create_category(name="Noir", parent=self.drama)

    def assert_valid(self) -> None:
        before = list(Category.objects.order_by("pk").values_list("pk", "lft", "rght"))
        shape = self.shape()
        Category.objects.rebuild()
        after = list(Category.objects.order_by("pk").values_list("pk", "lft", "rght"))
        self.assertEqual(before, after)
        self.assertEqual(shape, self.shape())

    def shape(self) -> dict[str, str]:
        rows = Category.objects.select_related("parent")
        return {row.name: row.parent.name if row.parent else "" for row in rows}

    def test_a_move_and_a_name_go_back(self) -> None:
        move_category(self.noir, parent=self.film)
        update_category(self.noir, name="Black")
        create_category(name="Comedy", parent=self.film)
        revert(first(self.noir))
        self.assertEqual(
            self.shape(),
            {"Film": "", "Drama": "Film", "Noir": "Drama", "Comedy": "Film"},
        )
        self.assert_valid()

    def test_a_move_below_itself_is_refused(self) -> None:
        move_category(self.noir, parent=None)
        move_category(self.drama, parent=self.noir)
        with self.assertRaisesMessage(Exception, "below itself"):
            revert(first(self.noir))
        self.assert_valid()

    def test_a_deleted_one_gets_a_place_in_the_tree_of_now(self) -> None:
        delete_category(self.noir)
        for name in ("Action", "Zombies"):
            create_category(name=name, parent=self.film)
        recover(deleted_of(Category).get())
        self.assertEqual(self.shape()["Noir"], "Drama")
        self.assert_valid()

    def test_one_whose_parent_is_gone_stays_away(self) -> None:
        delete_category(self.noir)
        noir = deleted_of(Category).get()
        delete_category(self.drama)
        with self.assertRaisesMessage(RevertRefusedError, "has been deleted"):
            recover(noir)
        recover(deleted_of(Category).exclude(pk=noir.pk).get())
        recover(noir)
        self.assert_valid()


class UndoTests(ProductCase):
    """custom.history.undoing, over several models"""

    def test_what_an_import_made_goes_and_what_it_changed_goes_back(self) -> None:
        batch = uuid.uuid4()

        def step(number: int) -> None:
            with recorded("Import of spring.", batch=batch):
                create_product(
                    product_type=self.type,
                    title=f"New {number}",
                    categories=[self.drama],
                    variants=[NewVariant(sku=f"N-{number}")],
                )
                if number:
                    update_product(self.product.pk, title="Changed")
                    update_category(self.noir, name="Black")

        for number in range(2):
            run_in_transaction(partial(step, number))
        self.assertEqual(undo(batch).num_restored, 6)
        self.assertEqual(Product.objects.get().title, "The Third Man")
        self.assertEqual(Variant.objects.get().sku, "T-1")
        self.noir.refresh_from_db()
        self.assertEqual(self.noir.name, "Noir")
        inverse = HistoryBatch.objects.get(pk=batch).undone_by
        undo(inverse.pk)
        self.assertEqual(Product.objects.filter(title__startswith="New").count(), 2)
        self.assertEqual(Product.objects.get(pk=self.product.pk).title, "Changed")
