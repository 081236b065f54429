"""What is sold: product types, categories, products, variants and their pictures."""

from catalogue.models.bulks import ProductBulk
from catalogue.models.categories import SLUG_LENGTH, Category
from catalogue.models.listings import (
    VALUE_LENGTH,
    ListedValue,
    ListingCount,
    ProductChange,
    ProductListing,
    ProductSummary,
)
from catalogue.models.products import (
    EXTERNAL_ID_LENGTH,
    Product,
    ProductImage,
    Variant,
)
from catalogue.models.related import RelatedProduct
from catalogue.models.slugs import CategorySlug, ProductSlug, TakenSlug
from catalogue.models.sync import ChangeCounter, NumberedProduct, UnnumberedChange
from catalogue.models.types import AttributeDefinition, ProductType

__all__ = [
    "EXTERNAL_ID_LENGTH",
    "SLUG_LENGTH",
    "VALUE_LENGTH",
    "AttributeDefinition",
    "Category",
    "CategorySlug",
    "ChangeCounter",
    "ListedValue",
    "ListingCount",
    "NumberedProduct",
    "Product",
    "ProductBulk",
    "ProductChange",
    "ProductImage",
    "ProductListing",
    "ProductSlug",
    "ProductSummary",
    "ProductType",
    "RelatedProduct",
    "TakenSlug",
    "UnnumberedChange",
    "Variant",
]
