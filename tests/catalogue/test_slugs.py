from django.test import TestCase

from catalogue.errors import InvalidSlugError, SlugTakenError
from catalogue.models import Product, ProductSlug
from catalogue.services import update_product
from catalogue.slugs import check_slug, new_slugs
from tests.catalogue.factories import ProductFactory


class NewSlugsTests(TestCase):
    """A slug has a letter and is nobody else's."""

    def made(self, *texts: str) -> list[str]:
        former = ProductSlug.objects.leading_somewhere()
        return new_slugs(
            Product.objects.all(), texts, fallback="product", former=former
        )

    def test_words(self) -> None:
        self.assertEqual(self.made("Amélie & Co.: Act 2"), ["amelie-co-act-2"])

    def test_digits_only(self) -> None:
        self.assertEqual(self.made("300", "1408"), ["product-300", "product-1408"])

    def test_other_scripts(self) -> None:
        (slug,) = self.made("千と千尋の神隠し")
        self.assertRegex(slug, r"^product-[0-9a-f]{8}$")

    def test_repeated_in_one_call(self) -> None:
        slugs = self.made("King Kong", "King Kong!")
        self.assertEqual(slugs, ["king-kong", "king-kong-2"])

    def test_taken_in_the_table(self) -> None:
        for slug in ("king-kong", "king-kong-2", "king-konga"):
            ProductFactory(slug=slug)
        with self.assertNumQueries(4):
            self.assertEqual(
                self.made("King Kong", "King Kong"), ["king-kong-3", "king-kong-4"]
            )

    def test_former_slugs_of_what_is_still_there(self) -> None:
        kong = ProductFactory(slug="king-kong")
        update_product(kong.pk, slug="king-kong-1933")
        self.assertEqual(self.made("King Kong"), ["king-kong-2"])
        kong.delete()
        self.assertEqual(self.made("King Kong"), ["king-kong"])

    def test_long(self) -> None:
        first, second = self.made("a" * 300, "a" * 300)
        self.assertEqual((first, second), ("a" * 110, "a" * 110 + "-2"))


class CheckSlugTests(TestCase):
    """A slug somebody typed."""

    def test_good(self) -> None:
        slug = "blade-runner-2049"
        self.assertEqual(check_slug(Product.objects.all(), slug), slug)

    def test_bad(self) -> None:
        for slug in ("300", "", "Blade", "a b", "-a", "a--b", "é", "a" * 121, "a\n"):
            with self.subTest(slug), self.assertRaises(InvalidSlugError):
                check_slug(Product.objects.all(), slug)

    def test_taken(self) -> None:
        alien = ProductFactory(slug="alien")
        with self.assertRaises(SlugTakenError):
            check_slug(Product.objects.all(), "alien")
        update_product(alien.pk, slug="alien-1979")
        self.assertEqual(check_slug(Product.objects.all(), "alien"), "alien")
