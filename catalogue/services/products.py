"""Writes to products."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import EllipsisType

from django.db.models import ProtectedError

from catalogue.attributes import clean_attributes
from catalogue.errors import MissingVariantError, StillOfferedError
from catalogue.models import (
    AttributeDefinition,
    Category,
    Product,
    ProductImage,
    ProductSlug,
    ProductSummary,
    ProductType,
    Variant,
)
from catalogue.services.images import StoredImage
from catalogue.services.listings import TREE_LOCK, refresh_listings
from catalogue.services.names import SLUG_LOCK, check_external_id, check_skus
from catalogue.services.slugs import record_slugs
from catalogue.slugs import check_slug, new_slugs
from catalogue.windows import ALWAYS, PublishWindow, check_window
from custom.history import record_all, recorded
from custom.locks import lock_named
from custom.transactions import transactional
from tax.models import TaxClass

BATCH = 500  # rows of one INSERT
AppliesTo = AttributeDefinition.AppliesTo


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVariant:
    """A variant to be stored with its product; ``attributes`` by code."""

    sku: str
    title: str = ""
    attributes: Mapping[str, object] = field(default_factory=dict)
    barcode: str = ""
    weight_grams: int | None = None
    position: int | None = None  # None: behind the others
    is_public: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product to be stored; ``attributes`` by code, pictures already on disk."""

    title: str
    variants: Sequence[NewVariant]
    description: str = ""
    attributes: Mapping[str, object] = field(default_factory=dict)
    categories: Collection[Category] = ()
    images: Sequence[StoredImage] = ()
    tax_class: TaxClass | None = None  # None: the default one
    external_id: str | None = None
    is_public: bool = True
    window: PublishWindow = ALWAYS


@transactional
def create_product(  # noqa: PLR0913 - keywords only
    *,
    product_type: ProductType,
    title: str,
    variants: Sequence[NewVariant],
    slug: str | None = None,
    description: str = "",
    attributes: Mapping[str, object] | None = None,
    categories: Collection[Category] = (),
    tax_class: TaxClass | None = None,
    external_id: str | None = None,
    is_public: bool = True,
    window: PublishWindow = ALWAYS,
) -> Product:
    """Store a product with its variants; without a slug one is made of the title.

    Raises:
        ExternalIdTakenError: Another product has the external id.
        VariantSkuTakenError: Another variant has a SKU, or two of these have it.
        MissingVariantError: There is no variant.
        InvalidAttributesError: Its or a variant's attributes do not fit the type.
        InvalidSlugError: The given slug cannot be one.
        SlugTakenError: Another product has the given slug.
        InvalidWindowError: It would be withdrawn before it is published.
    """
    new = NewProduct(
        title=title,
        variants=variants,
        description=description,
        attributes=attributes or {},
        categories=categories,
        tax_class=tax_class,
        external_id=external_id,
        is_public=is_public,
        window=window,
    )
    lock_named(SLUG_LOCK)
    slugs = None if slug is None else [check_slug(Product.objects.all(), slug)]
    check_external_id(external_id)
    check_skus([variant.sku for variant in variants])
    with recorded("Product created."):
        (product,) = _store([new], product_type, slugs)
    return product


@transactional
def create_products(
    rows: Sequence[NewProduct],
    *,
    product_type: ProductType,
    slugs: Sequence[str] | None = None,
) -> list[Product]:
    """Store many products of a type; a fixed number of statements for each 500.

    Versions are kept where the caller has opened ``history.recorded``.

    Args:
        rows: What to store.
        product_type: Of all of them.
        slugs: Of each row, if the caller chooses them; it vouches that they can be
            slugs and are free, under the lock of slugs.

    Returns:
        The products in the order of ``rows``.

    Raises:
        MissingVariantError: A row has no variant; nothing is stored.
        InvalidAttributesError: A row's attributes do not fit; nothing is stored.
        InvalidWindowError: A row would be withdrawn before it is published.
    """
    return _store(rows, product_type, slugs)


@transactional
def update_product(  # noqa: PLR0913 - keywords only
    product_id: int,
    *,
    title: str | None = None,
    slug: str | None = None,
    description: str | None = None,
    attributes: Mapping[str, object] | None = None,
    categories: Iterable[Category] | None = None,
    tax_class: TaxClass | EllipsisType | None = ...,
    external_id: str | EllipsisType | None = ...,
    is_public: bool | None = None,
    window: PublishWindow | None = None,
) -> Product:
    """Change a product; what is left out stays. Locks the product.

    Raises:
        ExternalIdTakenError: Another product has it; nothing is changed.
        InvalidAttributesError: They do not fit the type; nothing is changed.
        InvalidSlugError: The slug cannot be one; nothing is changed.
        SlugTakenError: Another product has the slug; nothing is changed.
        InvalidWindowError: It would be withdrawn before it is published.
    """
    if slug is not None:
        lock_named(SLUG_LOCK)
        check_slug(Product.objects.exclude(pk=product_id), slug)
    if not isinstance(external_id, EllipsisType):
        lock_named(SLUG_LOCK)
        check_external_id(external_id, own=product_id)
    lock_named(TREE_LOCK)  # signals of what is saved refresh the product's lists
    product = Product.objects.select_for_update().get(pk=product_id)
    changes = {
        "title": title,
        "slug": slug,
        "description": description,
        "is_public": is_public,
    }
    for name, value in changes.items():
        if value is not None:
            setattr(product, name, value)
    if not isinstance(tax_class, EllipsisType):
        product.tax_class = tax_class
    if not isinstance(external_id, EllipsisType):
        product.external_id = external_id
    if attributes is not None:
        definitions = product.product_type.definitions.filter(
            applies_to=AppliesTo.PRODUCT
        )
        product.attributes = clean_attributes(definitions, attributes)
    if window is not None:
        _set_window(product, window)
    product.version += 1
    with recorded("Product changed."):
        product.save()
        if categories is not None:
            product.categories.set(categories)
    return product


@transactional
def delete_product(product_id: int) -> None:
    """Delete a product with its variants and pictures; staff can bring them back.

    Takes the lock of the category tree, then locks the product.

    Raises:
        StillOfferedError: A partner offers a variant of it; nothing is changed.
    """
    lock_named(TREE_LOCK)
    product = Product.objects.select_for_update().get(pk=product_id)
    with recorded("Product deleted."):
        try:
            product.delete()
        except ProtectedError as error:
            msg = "Partners offer this product. Hide it instead."
            raise StillOfferedError(msg) from error


def _store(
    rows: Sequence[NewProduct], product_type: ProductType, slugs: Sequence[str] | None
) -> list[Product]:
    """Insert products and all that belongs to them, table by table."""
    definitions = list(product_type.definitions.in_order())
    of_product = [row for row in definitions if row.applies_to == AppliesTo.PRODUCT]
    of_variant = [row for row in definitions if row.applies_to == AppliesTo.VARIANT]
    if slugs is None:
        lock_named(SLUG_LOCK)
        titles = [row.title for row in rows]
        former = ProductSlug.objects.leading_somewhere()
        slugs = new_slugs(
            Product.objects.all(), titles, fallback="product", former=former
        )
    products = [
        Product(
            product_type=product_type,
            title=row.title,
            slug=slug,
            description=row.description,
            attributes=clean_attributes(of_product, row.attributes),
            tax_class=row.tax_class,
            external_id=row.external_id,
            is_public=row.is_public,
        )
        for row, slug in zip(rows, slugs, strict=True)
    ]
    for row, product in zip(rows, products, strict=True):
        _set_window(product, row.window)
    Product.objects.bulk_create(products, batch_size=BATCH)
    record_slugs(ProductSlug, products)
    ProductSummary.objects.bulk_create(
        [ProductSummary(product=product) for product in products], batch_size=BATCH
    )
    made = list(zip(rows, products, strict=True))
    _store_variants(made, of_variant)
    _store_links(made)
    record_all(products, created=True)
    refresh_listings(product.pk for product in products)
    return products


def _set_window(product: Product, window: PublishWindow) -> None:
    """Write a window into a product that is still to be stored."""
    check_window(window)
    product.publish_from = window.publish_from
    product.publish_until = window.publish_until


def _store_variants(
    made: Sequence[tuple[NewProduct, Product]],
    definitions: Sequence[AttributeDefinition],
) -> None:
    """Insert the variants of products that have just been stored."""
    variants = []
    for row, product in made:
        if not row.variants:
            msg = f"{row.title} has no variant."
            raise MissingVariantError(msg)
        variants += [
            Variant(
                product=product,
                sku=new.sku,
                title=new.title,
                attributes=clean_attributes(definitions, new.attributes),
                barcode=new.barcode,
                weight_grams=new.weight_grams,
                position=position if new.position is None else new.position,
                is_public=new.is_public,
            )
            for position, new in enumerate(row.variants)
        ]
    Variant.objects.bulk_create(variants, batch_size=BATCH)
    record_all(variants, created=True)


def _store_links(made: Sequence[tuple[NewProduct, Product]]) -> None:
    """Insert category links and pictures of products that have just been stored."""
    lock_named(TREE_LOCK)
    link = Product.categories.through
    link.objects.bulk_create(
        [
            link(product_id=product.pk, category_id=category.pk)
            for row, product in made
            for category in row.categories
        ],
        batch_size=BATCH,
    )
    images = [
        ProductImage(
            product=product,
            file=image.name,
            alt=image.alt or product.title,
            width=image.width,
            height=image.height,
            position=position,
        )
        for row, product in made
        for position, image in enumerate(row.images)
    ]
    ProductImage.objects.bulk_create(images, batch_size=BATCH)
    record_all(images, created=True)
