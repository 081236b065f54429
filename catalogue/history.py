"""How the catalogue's rows are put back: through its services and under their locks."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import ForeignKey, Model

from catalogue.attributes import clean_attributes
from catalogue.models import (
    AttributeDefinition,
    Category,
    Product,
    ProductImage,
    Variant,
)
from catalogue.selectors import definitions_of_types
from catalogue.services import bulk, categories, names, products
from catalogue.services.listings import TREE_LOCK
from catalogue.services.rows import (
    ProductChange,
    VariantChange,
    rewrite_products,
    rewrite_variants,
)
from catalogue.services.touching import touch_product
from catalogue.windows import check_window, window_after
from custom.history.reading import Values
from custom.history.rules import Change, ModelRules, RevertRefusedError
from custom.locks import lock_named

AppliesTo = AttributeDefinition.AppliesTo
TREE_FIELDS = ("lft", "rght", "tree_id", "level")


def _split(
    values: Mapping[str, Any], known: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values a service takes, and the others."""
    served = {name: values[name] for name in known if name in values}
    return served, {name: values[name] for name in values.keys() - served.keys()}


class CategoryRules(ModelRules[Category]):
    """The tree's numbers are worked out again; a version's own are of another tree."""

    served = ("name", "slug", "description", "is_public")

    def lock_first(self, pks: Sequence[str]) -> None:
        """Lock the tree, as every writer of it does."""
        lock_named(TREE_LOCK)

    def lock_all(self, pks: Sequence[str]) -> dict[str, Category]:
        """Lock the tree alone: it stands for every row."""
        self.lock_first(pks)
        return {str(row.pk): row for row in Category.objects.filter(pk__in=pks)}

    def put_back(self, row: Category, values: Mapping[str, Any]) -> None:
        """Let the services write the category and move it."""
        served, others = _split(values, self.served)
        place = {name: others.pop(name) for name in ("parent",) if name in others}
        if others:
            super().put_back(row, others)
        if served:
            categories.update_category(row, **served)
        if place:
            categories.move_category(row, parent=self._parent(place["parent"]))

    def bring_back(self, row: Category, links: Mapping[str, Any]) -> None:
        """Give the category a place in the tree there is now."""
        self._parent(row.parent_id)
        self.check(row)
        for name in TREE_FIELDS:
            setattr(row, name, None)
        row.save(force_insert=True)

    def remove(self, row: Category) -> None:
        """Let the service take the category out of the tree."""
        categories.delete_category(row)

    def _parent(self, pk: int | None) -> Category | None:
        if pk is None:
            return None
        parent = Category.objects.filter(pk=pk).first()
        if parent is None:
            msg = f"The category it was below, number {pk}, has been deleted."
            raise RevertRefusedError(msg)
        return parent


class ProductRules(ModelRules[Product]):
    """Slugs stay unique, attributes fit their type, lists follow."""

    served = ("title", "slug", "description", "attributes", "is_public")
    together: ClassVar[frozenset[str]] = frozenset(
        {
            "title",
            "description",
            "attributes",
            "categories",
            "is_public",
            "publish_from",
            "publish_until",
        }
    )

    def lock_first(self, pks: Sequence[str]) -> None:
        """Lock slugs and tree before products, as the services do."""
        lock_named(names.SLUG_LOCK)
        lock_named(TREE_LOCK)

    def put_back(self, row: Product, values: Mapping[str, Any]) -> None:
        """Write the type first: it decides which attributes there may be."""
        served, others = _split(values, (*self.served, "categories"))
        if others:
            super().put_back(row, others)
        if "categories" in served:
            served["categories"] = _categories(served["categories"])
        if served:
            products.update_product(row.pk, **served)

    def put_back_together(self, changes: Sequence[Change[Product]]) -> None:
        """Let the service of imports write them."""
        definitions = definitions_of_types({row.product_type_id for row, _ in changes})
        linked = {pk for _row, each in changes for pk in each.get("categories", ())}
        known = Category.objects.in_bulk(linked)
        rewrite_products(
            [
                _change(
                    row,
                    values,
                    definitions[row.product_type_id, AppliesTo.PRODUCT],
                    known,
                )
                for row, values in changes
            ]
        )

    def remove_all(self, rows: Sequence[Product]) -> None:
        """Let the service delete them."""
        bulk.delete_products([row.pk for row in rows])

    def key_labels(self, values: Sequence[Values]) -> Mapping[str, str]:
        """Name attributes as the types define them."""
        types = {each["product_type"] for each in values if each.get("product_type")}
        return _labels(types, AppliesTo.PRODUCT)


class _PartRules(ModelRules[Any]):
    """Rows that belong to a product: whoever writes one locks the product first."""

    forward_only: ClassVar[frozenset[str]] = frozenset({"product"})

    def lock_first(self, pks: Sequence[str]) -> None:
        """Take the locks of slugs and tree, and lock the products."""
        lock_named(names.SLUG_LOCK)
        lock_named(TREE_LOCK)
        owners = self.rows.filter(pk__in=pks).order_by().values_list("product")
        Product.objects.lock({product for (product,) in owners})

    def put_back(self, row: Any, values: Mapping[str, Any]) -> None:  # noqa: ANN401
        """Raise the product's version with the row's change."""
        super().put_back(row, values)
        touch_product(row.product_id)

    def bring_back(self, row: Any, links: Mapping[str, Any]) -> None:  # noqa: ANN401
        """Raise the product's version: it has a part more."""
        if Product.objects.filter(pk=row.product_id).exists():
            touch_product(row.product_id)
        super().bring_back(row, links)  # which says so where the product is gone

    def remove(self, row: Any) -> None:  # noqa: ANN401
        """Raise the product's version: it has a part less."""
        touch_product(row.product_id)
        super().remove(row)


class VariantRules(_PartRules):
    """Attributes fit the product's type."""

    # Lists follow the others by signals.
    together: ClassVar[frozenset[str]] = frozenset(
        {"title", "attributes", "barcode", "weight_grams", "position"}
    )

    def put_back_together(self, changes: Sequence[Change[Variant]]) -> None:
        """Let the service of imports write them."""
        owners = {row.product_id for row, _values in changes}
        types = dict(
            Product.objects.filter(pk__in=owners).values_list("pk", "product_type")
        )
        definitions = definitions_of_types(set(types.values()))
        rewrite_variants(
            [],
            [
                VariantChange(
                    variant_id=row.pk,
                    values=_checked(
                        row,
                        values,
                        definitions[types[row.product_id], AppliesTo.VARIANT],
                    ),
                )
                for row, values in changes
            ],
        )

    def put_back(self, row: Variant, values: Mapping[str, Any]) -> None:
        """Refuse attributes the type no longer has."""
        if "attributes" in values:
            kind = row.product.product_type_id
            definitions = definitions_of_types([kind])[kind, AppliesTo.VARIANT]
            cleaned = clean_attributes(definitions, values["attributes"])
            values = {**values, "attributes": cleaned}
        super().put_back(row, values)

    def key_labels(self, values: Sequence[Values]) -> Mapping[str, str]:
        """Name attributes as the products' types define them."""
        owners = {each["product"] for each in values if each.get("product")}
        found = Product.objects.filter(pk__in=owners)
        types = set(found.values_list("product_type", flat=True))
        return _labels(types, AppliesTo.VARIANT)


class ProductImageRules(_PartRules):
    """A picture needs its file."""

    def check(self, row: ProductImage) -> None:
        """Trust the file: it was looked at when it came."""
        row.full_clean(exclude={"file"})

    def assign(self, row: ProductImage, values: Mapping[str, Any]) -> dict[str, Any]:
        """Refuse a picture whose file has been removed."""
        name = values.get("file")
        storage: Any = ProductImage._meta.get_field("file").storage  # noqa: SLF001
        if name and not storage.exists(name):
            msg = f"The file of the picture {name} is no longer there."
            raise RevertRefusedError(msg)
        links = super().assign(row, values)
        _forget_dead(row, "variant")
        return links


def _change(
    row: Product,
    values: Mapping[str, Any],
    definitions: Sequence[AttributeDefinition],
    categories: Mapping[int, Category],
) -> ProductChange:
    """Return what the service of imports is told of a product."""
    fields = dict(values)
    linked = fields.pop("categories", None)
    checked = _checked(row, fields, definitions)
    check_window(window_after(row, fields))
    return ProductChange(
        product_id=row.pk,
        values=checked,
        categories=None if linked is None else _picked(linked, categories),
    )


def _checked(
    row: Product | Variant,
    values: Mapping[str, Any],
    definitions: Sequence[AttributeDefinition],
) -> dict[str, Any]:
    """Return former values as the row's fields take them.

    Raises:
        InvalidAttributesError: The type no longer has an attribute.
        ValidationError: A field no longer takes a value.
    """
    checked = {}
    for name, value in values.items():
        field: Any = row._meta.get_field(name)  # noqa: SLF001 - public
        checked[name] = field.clean(value, row)
    if "attributes" in checked:
        checked["attributes"] = clean_attributes(definitions, checked["attributes"])
    return checked


def _forget_dead(row: Model, name: str) -> None:
    """Empty a relation to a row that has been deleted since."""
    field = row._meta.get_field(name)  # noqa: SLF001 - public
    key = getattr(row, field.attname) if isinstance(field, ForeignKey) else None
    others: Any = field.related_model
    if key is not None and not others.objects.filter(pk=key).exists():
        setattr(row, name, None)


def _labels(types: set[int], applies_to: str) -> dict[str, str]:
    """Return code -> name of the attributes of some types; 1 query."""
    found = AttributeDefinition.objects.filter(
        product_type__in=types, applies_to=applies_to
    )
    return dict(found.values_list("code", "name"))


def _categories(pks: Sequence[int]) -> list[Category]:
    """Return the categories a product was in.

    Raises:
        RevertRefusedError: One of them has been deleted.
    """
    return _picked(pks, Category.objects.in_bulk(pks))


def _picked(pks: Sequence[int], found: Mapping[int, Category]) -> list[Category]:
    """Return those of the keys, or refuse as ``_categories`` does."""
    if gone := sorted(set(pks) - found.keys()):
        listed = ", ".join(f"number {pk}" for pk in gone)
        msg = f"Categories it was in have been deleted: {listed}."
        raise RevertRefusedError(msg)
    return [found[pk] for pk in pks]
