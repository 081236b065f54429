"""Products, by slug."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from import_export.fields import Field

from catalogue.errors import InvalidWindowError
from catalogue.models import (
    EXTERNAL_ID_LENGTH,
    SLUG_LENGTH,
    AttributeDefinition,
    Category,
    Product,
    ProductType,
    Variant,
)
from catalogue.services import (
    NewProduct,
    NewVariant,
    ProductChange,
    create_products,
    rewrite_products,
)
from catalogue.services.listings import TREE_LOCK
from catalogue.services.names import SLUG_LOCK
from catalogue.windows import check_window, window_after
from custom.locks import lock_named
from exchange.cells import Attributes, Code, Moment, Text, Words, YesNo
from exchange.kinds.attributes import clean_cell
from exchange.kinds.base import Kind, Line, Outcome, RowError, Scope
from exchange.kinds.reading import check_new_slug, in_chunks, products_in

AppliesTo = AttributeDefinition.AppliesTo
OF_NEW = ("sku",)  # says nothing of a product that is there


@dataclass(slots=True)
class _Loaded:
    """What a chunk names."""

    types: dict[str, ProductType]  # by code
    definitions: dict[int, list[AttributeDefinition]]  # by type; of products
    of_variants: set[int]  # types that demand something of every variant
    categories: dict[str, Category]  # by slug
    skus: set[str] = field(default_factory=set)  # in use
    external_ids: dict[str | None, str] = field(
        default_factory=dict
    )  # -> slug of who has it


class ProductKind(Kind):
    """Products, with the first variant of new ones."""

    name = "products"
    label = "Products"
    keys = ("slug",)
    view = "catalogue.view_product"
    change = "catalogue.change_product"
    create = "catalogue.add_product"

    slug = Field("slug", "slug", Text(SLUG_LENGTH, is_required=True))
    product_type = Field(
        "product_type__code", "product_type", Text(64, is_required=True)
    )
    title = Field("title", "title", Text(255, is_required=True))
    sku = Field(None, "sku", Code(64))
    external_id = Field("external_id", "external_id", Code(EXTERNAL_ID_LENGTH))
    description = Field("description", "description", Text(100_000))
    attributes = Field("attributes", "attributes", Attributes())
    categories = Field(None, "categories", Words())
    is_public = Field("is_public", "is_public", YesNo())
    publish_from = Field("publish_from", "publish_from", Moment())
    publish_until = Field("publish_until", "publish_until", Moment())

    def dehydrate_categories(self, product: Product) -> str:
        """Return the slugs of the categories it is in, from what is prefetched."""
        return " ".join(sorted(each.slug for each in product.categories.all()))

    def dehydrate_sku(self, product: Product) -> str:
        """Return the SKU of its first variant, from what is prefetched."""
        variants = list(product.variants.all())
        return variants[0].sku if variants else ""

    def load(self, lines: Sequence[Line], scope: Scope) -> _Loaded:
        """Read products, types, categories, SKUs and external ids; 8 queries."""
        values = [line.values for line in lines]
        found = {
            product.slug: product
            for product in Product.objects.filter(slug__in=[each.key for each in lines])
            .select_related("product_type")
            .prefetch_related("categories", "variants")
        }
        for line in lines:
            line.found = found.get(line.key)
        types = list(ProductType.objects.all())
        definitions: defaultdict[int, list[AttributeDefinition]] = defaultdict(list)
        of_variants = set()
        for each in AttributeDefinition.objects.in_order():
            if each.applies_to == AppliesTo.PRODUCT:
                definitions[each.product_type_id].append(each)
            elif each.is_required:
                of_variants.add(each.product_type_id)
        slugs = {slug for each in values for slug in each.get("categories", ())}
        skus = [each["sku"] for each in values if each.get("sku")]
        external = [each["external_id"] for each in values if each.get("external_id")]
        known = Product.objects.filter(external_id__in=external)
        used = Variant.objects.filter(sku__in=skus).order_by()
        return _Loaded(
            types={each.code: each for each in types},
            definitions=definitions,
            of_variants=of_variants,
            categories={
                each.slug: each for each in Category.objects.filter(slug__in=slugs)
            },
            skus=set(used.values_list("sku", flat=True)),
            external_ids=dict(known.values_list("external_id", "slug")),
        )

    def judge_one(self, line: Line, loaded: _Loaded, scope: Scope) -> None:
        """Refuse what does not fit the product's type, or names what is not there."""
        values = line.values
        if line.found is None:
            product_type = self._judge_new(line, loaded)
        else:
            product_type = line.found.product_type
            if values.get("product_type", product_type.code) != product_type.code:
                detail = "The type of a product stays."
                raise RowError(detail, "product_type")
        self._refuse_names(line, loaded)
        if line.found is None or "attributes" in values:
            definitions = loaded.definitions.get(product_type.pk, [])
            values["attributes"] = clean_cell(definitions, values.get("attributes", {}))
        try:
            check_window(window_after(line.found, line.values))
        except InvalidWindowError as error:
            raise RowError(error.detail, "publish_until") from error
        self.compare(line, skip=OF_NEW)
        if line.outcome == Outcome.CREATED:
            loaded.skus.add(values["sku"])
        if values.get("external_id"):
            loaded.external_ids[values["external_id"]] = line.key

    def lock(self) -> None:
        """Let nobody else give out slugs or change the tree."""
        lock_named(SLUG_LOCK)
        lock_named(TREE_LOCK)

    def store(self, lines: Sequence[Line], loaded: _Loaded, scope: Scope) -> None:
        """Write in bulk: new ones type by type, and then those that change."""
        new: defaultdict[str, list[Line]] = defaultdict(list)
        for line in lines:
            if line.found is None:
                new[line.values["product_type"]].append(line)
        for code, some in sorted(new.items()):
            create_products(
                [self._new(line, loaded) for line in some],
                product_type=loaded.types[code],
                slugs=[line.key for line in some],
            )
        changed = [line for line in lines if line.found is not None]
        rewrite_products([self._change(line, loaded) for line in changed])

    def stored_rows(self, scope: Scope) -> Iterator[dict[str, Any]]:
        """Yield products; 3 queries for each 500."""
        rows = Product.objects.select_related("product_type")
        rows = rows.prefetch_related("categories", "variants")
        if scope.category_id is not None:
            rows = rows.filter(pk__in=products_in(scope.category_id))
        yield from map(self.row_of, in_chunks(rows))

    def _judge_new(self, line: Line, loaded: _Loaded) -> ProductType:
        """Return the type of a product to be made, if it can be."""
        values = line.values
        check_new_slug(line.key)
        for column in ("product_type", "title", "sku"):
            if not values.get(column):
                msg = "A new product needs it."
                raise RowError(msg, column)
        product_type = loaded.types.get(values["product_type"])
        if product_type is None:
            detail = "There is no such product type."
            raise RowError(detail, "product_type")
        if values["sku"] in loaded.skus:
            detail = "Another variant has this SKU."
            raise RowError(detail, "sku")
        if product_type.pk in loaded.of_variants:
            detail = "Products of this type need variants with attributes."
            msg = f"{detail} Make it by hand."
            raise RowError(msg, "product_type")
        return product_type

    def _refuse_names(self, line: Line, loaded: _Loaded) -> None:
        """Refuse another's external id, and categories that are not there."""
        external_id = line.values.get("external_id")
        if external_id and loaded.external_ids.get(external_id, line.key) != line.key:
            detail = "Another product has this external id."
            raise RowError(detail, "external_id")
        slugs = line.values.get("categories", ())
        if gone := [slug for slug in slugs if slug not in loaded.categories]:
            msg = f"There is no category {gone[0]}."
            raise RowError(msg, "categories")

    def _new(self, line: Line, loaded: _Loaded) -> NewProduct:
        values = line.values
        return NewProduct(
            title=values["title"],
            variants=[NewVariant(sku=values["sku"])],
            description=values.get("description", ""),
            external_id=values.get("external_id"),
            attributes=values["attributes"],
            categories=[
                loaded.categories[slug] for slug in values.get("categories", ())
            ],
            is_public=values.get("is_public", True),
            window=window_after(line.found, line.values),
        )

    def _change(self, line: Line, loaded: _Loaded) -> ProductChange:
        changed = {column for column, _before, _after in line.changes}
        categories = None
        if "categories" in changed:
            categories = [loaded.categories[slug] for slug in line.values["categories"]]
        return ProductChange(
            product_id=line.found.pk,
            values={
                name: line.values[name] for name in sorted(changed - {"categories"})
            },
            categories=categories,
        )
