from django.test import TestCase
from reversion.models import Version

from catalogue.errors import (
    InvalidAttributesError,
    InvalidSlugError,
    MissingVariantError,
    SlugTakenError,
    VariantSkuTakenError,
)
from catalogue.models import AttributeDefinition, ListingCount, Product, Variant
from catalogue.services import (
    NewDefinition,
    NewProduct,
    NewVariant,
    add_image,
    add_variant,
    create_product,
    create_product_type,
    create_products,
    store_image,
    update_product,
    update_variant,
)
from tests.catalogue.factories import CategoryFactory, ProductFactory, picture

Kind = AttributeDefinition.Kind


class ProductServiceTests(TestCase):
    """Products are stored whole, or not at all."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.film = create_product_type(
            code="film",
            name="Film",
            definitions=[
                NewDefinition(code="director", name="Director", kind=Kind.TEXT),
                NewDefinition(
                    code="format",
                    name="Format",
                    kind=Kind.CHOICE,
                    applies_to=AttributeDefinition.AppliesTo.VARIANT,
                    options=[("dvd", "DVD"), ("bd", "Blu-ray")],
                ),
            ],
        )
        cls.drama = CategoryFactory(name="Drama")
        cls.war = CategoryFactory(name="War", parent=cls.drama)

    def create(self, **fields: object) -> Product:
        given = {
            "product_type": self.film,
            "title": "Das Boot 🚢",
            "variants": [NewVariant(sku="boot-dvd", attributes={"format": "dvd"})],
        }
        return create_product(**given | fields)

    def test_definitions_keep_their_order(self) -> None:
        rows = self.film.definitions.in_order()
        self.assertEqual(
            list(rows.values_list("code", "position", "options")),
            [
                ("director", 0, []),
                (
                    "format",
                    1,
                    [
                        {"value": "dvd", "label": "DVD"},
                        {"value": "bd", "label": "Blu-ray"},
                    ],
                ),
            ],
        )

    def test_everything_is_stored(self) -> None:
        product = self.create(
            description="A submarine.",
            attributes={"director": "Petersen"},
            categories=[self.war],
        )
        product.refresh_from_db()
        self.assertEqual(
            (product.title, product.slug, product.attributes, product.version),
            ("Das Boot 🚢", "das-boot", {"director": "Petersen"}, 1),
        )
        self.assertEqual(list(product.categories.all()), [self.war])
        variant = product.variants.get()
        self.assertEqual(
            (variant.sku, variant.attributes), ("boot-dvd", {"format": "dvd"})
        )
        self.assertEqual(Version.objects.get_for_object(product).count(), 1)
        self.assertEqual(Version.objects.get_for_object(variant).count(), 1)

    def test_without_a_variant(self) -> None:
        with self.assertRaises(MissingVariantError):
            self.create(variants=[])
        self.assertEqual(Product.objects.count(), 0)

    def test_attributes_that_do_not_fit(self) -> None:
        vhs = NewVariant(sku="boot-vhs", attributes={"format": "vhs"})
        for fields in ({"attributes": {"format": "dvd"}}, {"variants": [vhs]}):
            with self.subTest(fields), self.assertRaises(InvalidAttributesError):
                self.create(**fields)
        self.assertEqual(Product.objects.count(), 0)

    def test_chosen_slug(self) -> None:
        self.assertEqual(self.create(slug="boot").slug, "boot")
        with self.assertRaises(SlugTakenError):
            self.create(slug="boot")
        with self.assertRaises(InvalidSlugError):
            self.create(slug="1981")

    def test_sku_is_compared_byte_for_byte_and_unique(self) -> None:
        self.create()
        self.create(variants=[NewVariant(sku="BOOT-DVD")])
        with self.assertRaises(VariantSkuTakenError):
            self.create()

    def test_bulk_takes_as_many_statements_for_many(self) -> None:
        image = store_image(picture())
        for number in (2, 20):
            rows = [
                NewProduct(
                    title=f"Film {number} {row}",
                    variants=[NewVariant(sku=f"{number}-{row}")],
                    categories=[self.war],
                    images=[image],
                )
                for row in range(number)
            ]
            # Savepoint and release; definitions; slug lock, slugs, former slugs;
            # products, their slugs, summaries, variants, tree lock, links, pictures;
            # lists: lock, summaries, categories above, products, rows, new rows,
            # counts twice; values: present ones, products, variants, definitions.
            with self.assertNumQueries(29):
                products = create_products(rows, product_type=self.film)
            titles = [row.title for row in rows]
            self.assertEqual([product.title for product in products], titles)
        self.assertEqual(_count(self.drama.pk), 22)

    def test_update(self) -> None:
        product = self.create(categories=[self.war])
        updated = update_product(
            product.pk, title="The Boat", categories=[self.drama], is_public=True
        )
        self.assertEqual(
            (updated.title, updated.slug, updated.version), ("The Boat", "das-boot", 2)
        )
        self.assertEqual(_count(self.war.pk), 0)
        self.assertEqual(_count(self.drama.pk), 1)
        titles = set(product.listings.values_list("title", flat=True))
        self.assertEqual(titles, {"The Boat"})

    def test_update_refuses_a_taken_slug(self) -> None:
        self.create(slug="boot")
        other = ProductFactory()
        with self.assertRaises(SlugTakenError):
            update_product(other.pk, slug="boot")
        self.assertEqual(update_product(other.pk, slug=other.slug).version, 2)

    def test_variants(self) -> None:
        product = self.create()
        added = add_variant(
            product, NewVariant(sku="boot-bd", attributes={"format": "bd"})
        )
        update_variant(added.pk, title="Blu-ray", is_public=False)
        rows = Variant.objects.filter(product=product).in_order()
        self.assertEqual(
            list(rows.values_list("sku", "title", "is_public")),
            [("boot-dvd", "", True), ("boot-bd", "Blu-ray", False)],
        )
        product.refresh_from_db()
        self.assertEqual(product.version, 3)

    def test_images(self) -> None:
        product = self.create()
        first = add_image(product, picture(), alt="A boat.")
        second = add_image(product, picture(color="blue"))
        self.assertEqual((first.position, first.alt, first.width), (0, "A boat.", 2))
        self.assertEqual((second.position, second.alt), (1, product.title))
        self.assertEqual((second.width, second.height), (2, 3))


class ListingTests(TestCase):
    """Whoever saves a product, its lists follow."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.drama = CategoryFactory(name="Drama")
        cls.war = CategoryFactory(name="War", parent=cls.drama)
        cls.naval = CategoryFactory(name="Naval", parent=cls.war)

    def assertLists(self, product: Product, *scopes: int) -> None:  # noqa: N802
        listed = product.listings.order_by("scope").values_list("scope", flat=True)
        self.assertEqual(list(listed), sorted(scopes))
        counts = ListingCount.objects.exclude(product_count=0).order_by("scope")
        self.assertEqual(
            list(counts.values_list("scope", "product_count")),
            [(scope, 1) for scope in sorted(scopes)],
        )

    def test_new_product(self) -> None:
        self.assertLists(ProductFactory(), 0)

    def test_each_category_above_once(self) -> None:
        product = ProductFactory(categories=[self.naval, self.war])
        self.assertLists(product, 0, self.drama.pk, self.war.pk, self.naval.pk)

    def test_hidden_product_is_in_no_list(self) -> None:
        product = ProductFactory(categories=[self.war])
        product.is_public = False
        product.save()
        self.assertLists(product)
        product.is_public = True
        product.save(update_fields=["is_public"])
        self.assertLists(product, 0, self.drama.pk, self.war.pk)

    def test_links_from_either_side(self) -> None:
        product = ProductFactory()
        self.naval.products.add(product)
        self.assertLists(product, 0, self.drama.pk, self.war.pk, self.naval.pk)
        self.naval.products.remove(product)
        self.assertLists(product, 0)
        product.categories.add(self.drama)
        self.assertLists(product, 0, self.drama.pk)
        self.drama.products.clear()
        self.assertLists(product, 0)
        product.categories.add(self.drama)
        product.categories.clear()
        self.assertLists(product, 0)

    def test_title_is_copied(self) -> None:
        product = ProductFactory(categories=[self.drama])
        product.title = "Metropolis"
        product.save()
        titles = product.listings.values_list("title", flat=True)
        self.assertEqual(list(titles), ["Metropolis"] * 2)

    def test_deleted_product(self) -> None:
        product = ProductFactory(categories=[self.drama])
        pk = product.pk
        product.delete()
        product.pk = pk
        self.assertLists(product)

    def test_untouched_lists_cost_one_look(self) -> None:
        product = ProductFactory()
        product.version = 5
        with self.assertNumQueries(1):
            product.save(update_fields=["version"])


def _count(scope: int) -> int:
    return ListingCount.objects.get(scope=scope).product_count
