from io import BytesIO

import factory
from PIL import Image

from catalogue.models import (
    AttributeDefinition,
    Category,
    Product,
    ProductImage,
    ProductType,
    Variant,
)
from catalogue.services import create_category, store_image


class ProductTypeFactory(factory.django.DjangoModelFactory):
    """A product type without attributes."""

    class Meta:
        model = ProductType

    code = factory.Sequence(lambda number: f"type-{number}")
    name = "Film"


class AttributeDefinitionFactory(factory.django.DjangoModelFactory):
    """A text that products may have."""

    class Meta:
        model = AttributeDefinition

    product_type = factory.SubFactory(ProductTypeFactory)
    code = factory.Sequence(lambda number: f"attribute-{number}")
    name = "Director"
    kind = AttributeDefinition.Kind.TEXT


class CategoryFactory(factory.Factory):
    """A category, made by the service: the tree has one writer."""

    class Meta:
        model = Category

    name = factory.Sequence(lambda number: f"Category {number}")

    @classmethod
    def _create(cls, *_args: object, **kwargs: object) -> Category:
        return create_category(**kwargs)


class ProductFactory(factory.django.DjangoModelFactory):
    """A public product without variants."""

    class Meta:
        model = Product
        skip_postgeneration_save = True

    product_type = factory.SubFactory(ProductTypeFactory)
    title = factory.Sequence(lambda number: f"Film {number:04}")
    slug = factory.Sequence(lambda number: f"film-{number:04}")

    @factory.post_generation
    def categories(
        self, _create: object, extracted: list[Category] | None, **_options: object
    ) -> None:
        if extracted:
            self.categories.set(extracted)


class VariantFactory(factory.django.DjangoModelFactory):
    """A public variant of a product of its own."""

    class Meta:
        model = Variant

    product = factory.SubFactory(ProductFactory)
    sku = factory.Sequence(lambda number: f"sku-{number}")


class ProductImageFactory(factory.django.DjangoModelFactory):
    """A small red picture of a product of its own."""

    class Meta:
        model = ProductImage

    product = factory.SubFactory(ProductFactory)
    width = 2
    height = 3

    @factory.lazy_attribute
    def file(self) -> str:
        return store_image(picture(size=(self.width, self.height))).name


def picture(
    *, size: tuple[int, int] = (2, 3), kind: str = "PNG", color: str = "red"
) -> bytes:
    """Return the bytes of a picture of one colour."""
    buffer = BytesIO()
    Image.new("RGB", size, color).save(buffer, kind)
    return buffer.getvalue()
