from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from reversion.models import Version

from catalogue.errors import (
    CategoryMoveError,
    CategoryNotEmptyError,
    InvalidSlugError,
    SlugTakenError,
)
from catalogue.models import Category, ListingCount
from catalogue.services import (
    create_category,
    delete_category,
    move_category,
    rename_category,
    update_category,
    verify_catalogue,
)
from tests.catalogue.factories import CategoryFactory, ProductFactory


def outline() -> list[str]:
    rows = Category.objects.order_by("tree_id", "lft")
    return ["-" * row.level + row.name for row in rows]


def listed(category: Category) -> int:
    count = ListingCount.objects.filter(scope=category.pk).first()
    return count.product_count if count else 0


class CategoryServiceTests(TestCase):
    """Every write leaves a valid tree."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.drama = CategoryFactory(name="Drama")
        cls.war = CategoryFactory(name="War", parent=cls.drama)
        cls.comedy = CategoryFactory(name="Comedy")

    def tearDown(self) -> None:
        self.assertEqual(verify_catalogue(), [])

    def test_siblings_are_in_order_of_names(self) -> None:
        create_category(name="Biography", parent=self.drama)
        create_category(name="Crime")
        self.assertEqual(outline(), ["Comedy", "Crime", "Drama", "-Biography", "-War"])

    def test_slug_is_made_or_checked(self) -> None:
        self.assertEqual(create_category(name="Drama").slug, "drama-2")
        self.assertEqual(create_category(name="1984").slug, "category-1984")
        with self.assertRaises(SlugTakenError):
            create_category(name="New", slug="war")
        with self.assertRaises(InvalidSlugError):
            create_category(name="New", slug="1984")

    def test_rename_moves_among_siblings_and_keeps_the_slug(self) -> None:
        renamed = rename_category(self.comedy, "Zany")
        self.assertEqual(outline(), ["Drama", "-War", "Zany"])
        self.assertEqual(renamed.slug, "comedy")

    def test_update_keeps_what_is_left_out(self) -> None:
        update_category(self.war, description="Battles.", slug="battles")
        self.war.refresh_from_db()
        self.assertEqual(
            (self.war.name, self.war.slug, self.war.description, self.war.is_public),
            ("War", "battles", "Battles.", True),
        )

    def test_move_takes_everything_below_along(self) -> None:
        create_category(name="Naval", parent=self.war)
        move_category(self.war, parent=self.comedy)
        self.assertEqual(outline(), ["Comedy", "-War", "--Naval", "Drama"])
        move_category(self.war, parent=None)
        self.assertEqual(outline(), ["Comedy", "Drama", "War", "-Naval"])

    def test_move_below_itself(self) -> None:
        with self.assertRaises(CategoryMoveError):
            move_category(self.drama, parent=self.war)
        with self.assertRaises(CategoryMoveError):
            move_category(self.drama, parent=self.drama)
        self.assertEqual(outline(), ["Comedy", "Drama", "-War"])

    def test_stale_instances_do_no_harm(self) -> None:
        stale = Category.objects.get(pk=self.war.pk)
        move_category(self.war, parent=self.comedy)
        create_category(name="Action")
        move_category(stale, parent=None)
        create_category(name="Naval", parent=stale)
        self.assertEqual(outline(), ["Action", "Comedy", "Drama", "War", "-Naval"])

    def test_delete_leaves_no_gap(self) -> None:
        delete_category(self.war)
        self.assertEqual(outline(), ["Comedy", "Drama"])

    def test_delete_of_one_with_others_below(self) -> None:
        with self.assertRaises(CategoryNotEmptyError):
            delete_category(self.drama)
        self.assertEqual(outline(), ["Comedy", "Drama", "-War"])

    def test_products_follow_a_move(self) -> None:
        ProductFactory(categories=[self.war])
        ProductFactory(categories=[self.war, self.drama])
        self.assertEqual((listed(self.drama), listed(self.comedy)), (2, 0))
        move_category(self.war, parent=self.comedy)
        self.assertEqual((listed(self.drama), listed(self.comedy)), (1, 2))

    def test_products_stay_when_their_category_goes(self) -> None:
        product = ProductFactory(categories=[self.war])
        delete_category(self.war)
        self.assertEqual(listed(self.drama), 0)
        self.assertEqual(list(product.listings.values_list("scope", flat=True)), [0])
        self.assertFalse(ListingCount.objects.filter(scope=self.war.pk).exists())

    def test_a_version_is_kept(self) -> None:
        rename_category(self.war, "Battle")
        names = [
            version.field_dict["name"]
            for version in Version.objects.get_for_object(self.war)
        ]
        self.assertEqual(names, ["Battle", "War"])

    def test_every_write_takes_the_lock_first(self) -> None:
        for write in (
            lambda: create_category(name="New"),
            lambda: rename_category(self.comedy, "Zany"),
            lambda: move_category(self.comedy, parent=self.drama),
            lambda: delete_category(self.comedy),
        ):
            with CaptureQueriesContext(connection) as captured:
                write()
            first = captured.captured_queries[1]["sql"]  # 0: the savepoint
            self.assertIn("custom_namedlock", first)
            self.assertIn("catalogue.category", first)
