"""What is to become of a row of a bulk of products, decided before anything is written.

A refusal that is caught would spoil the one transaction that all rows share, so no
service is asked to try: see docs/decisions/0063-bulk-upsert.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalogue.attributes import JsonValue, clean_attributes
from catalogue.errors import (
    InvalidAttributesError,
    InvalidSlugError,
    InvalidWindowError,
    SlugTakenError,
    TypeStaysError,
    VariantSkuTakenError,
)
from catalogue.models import (
    AttributeDefinition,
    Category,
    Product,
    ProductType,
    Variant,
)
from catalogue.services.products import NewProduct, NewVariant
from catalogue.services.rows import VariantChange
from catalogue.slugs import check_slug_shape
from catalogue.windows import check_window, take_window, window_after
from custom.bulks import Outcome, Path, RefusedRowError, RowFault
from tax.models import TaxClass

AppliesTo = AttributeDefinition.AppliesTo
Values = Mapping[str, Any]
NEEDED = ("product_type", "title", "variants")  # of a new product
MISSING = "does-not-exist"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRow:
    """What another system says of a product; what is left out stays.

    Attributes:
        values: As ``upsert_product`` takes them, but for ``product_type`` and
            ``tax_class``, which are codes, and ``categories``: ids or slugs.
        variants: Each with its ``sku``; those that are not named stay.
        external_id: What the product is found by; None: by the SKUs of its variants.
        version: What the product's has to be; None if anything.
    """

    values: Values
    variants: Sequence[Values] = ()
    external_id: str | None = None
    version: int | None = None


@dataclass(slots=True)
class Stored:
    """What is there of what the rows name, and what earlier rows have taken of it.

    Attributes:
        products: Id -> product, with its categories and variants.
        ids: External id -> product.
        owners: SKU -> product that has a variant of it.
        types: Code -> type.
        definitions: Type and what they apply to -> definitions, in order.
        tax_classes: Code -> class.
        categories: Id or slug, as it was named -> category.
        slugs: Slug -> product that has it.
        judged: Products, and external ids of new ones, that a row was about.
        taken: Slugs and SKUs that an earlier row takes.
    """

    products: Mapping[int, Product]
    ids: Mapping[str | None, int]
    owners: Mapping[str, int]
    types: Mapping[str, ProductType]
    definitions: Mapping[tuple[int, str], Sequence[AttributeDefinition]]
    tax_classes: Mapping[str, TaxClass]
    categories: Mapping[str, Category]
    slugs: Mapping[str, int]
    judged: set[int | str] = field(default_factory=set)
    taken: set[tuple[str, str]] = field(default_factory=set)


@dataclass(slots=True)
class Plan:
    """What is to be written for a row that was judged good.

    Attributes:
        found: The product, if it is there.
        values: Fields that change; of a new product, all that were given.
        categories: All of them; None if they stay.
        added: Variants to be made.
        changed: Variants that become others.
    """

    row: ProductRow
    found: Product | None
    product_type: ProductType
    values: dict[str, Any] = field(default_factory=dict)
    categories: list[Category] | None = None
    added: list[NewVariant] = field(default_factory=list)
    changed: list[VariantChange] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        """Return what becomes of the row."""
        if self.found is None:
            return Outcome.CREATED
        differs = self.values or self.added or self.changed
        is_moved = self.categories is not None
        return Outcome.UPDATED if differs or is_moved else Outcome.UNCHANGED

    def new_product(self) -> NewProduct:
        """Return the product to be made; its slug is in ``values``."""
        given = {name: each for name, each in self.values.items() if name != "slug"}
        window = take_window(None, given)
        return NewProduct(
            variants=self.added,
            categories=self.categories or (),
            external_id=self.row.external_id,
            window=window,
            **given,
        )


def judge(row: ProductRow, stored: Stored) -> Plan:
    """Decide what a row comes to, and note what later rows may not take any more.

    Raises:
        RefusedRowError: It says why it cannot be carried out.
    """
    found = _find(row, stored)
    _refuse_second(row, found, stored)
    if row.version is not None and (found is None or found.version != row.version):
        detail = "The product has changed since you read it. Read it again."
        raise RefusedRowError(RowFault(("version",), "stale", detail))
    plan = Plan(row, found, _type_of(row, found, stored))
    _plan_values(plan, stored)
    _plan_variants(plan, stored)
    stored.taken |= {("sku", each.sku) for each in plan.added}
    if "slug" in plan.values:
        stored.taken.add(("slug", plan.values["slug"]))
    return plan


def _find(row: ProductRow, stored: Stored) -> Product | None:
    """Return the product that a row is about, if it is there."""
    if row.external_id is not None:
        return stored.products.get(stored.ids.get(row.external_id, 0))
    if not row.variants:
        detail = "Name the product by this, or by the SKUs of its variants."
        raise RefusedRowError(RowFault(("external_id",), "required", detail))
    owners: dict[int, int] = {}  # product -> place of the first variant of it
    for place, each in enumerate(row.variants):
        if each["sku"] in stored.owners:
            owners.setdefault(stored.owners[each["sku"]], place)
    if len(owners) > 1:
        _first, second, *_ = owners.values()
        raise RefusedRowError(_sku_fault(second, "It is a variant of another product."))
    return stored.products[next(iter(owners))] if owners else None


def _refuse_second(row: ProductRow, found: Product | None, stored: Stored) -> None:
    """Let one row say what becomes of a product."""
    name = row.external_id if found is None else found.pk
    if name is None:  # new, and known by its SKUs, which nobody may take twice
        return
    if name in stored.judged:
        detail = "An earlier row is about the same product."
        path = ("variants",) if row.external_id is None else ("external_id",)
        raise RefusedRowError(RowFault(path, "duplicate-row", detail))
    stored.judged.add(name)


def _type_of(row: ProductRow, found: Product | None, stored: Stored) -> ProductType:
    """Return the type a product has, or is to have."""
    code = row.values.get("product_type")
    if found is None:
        given = {**row.values, "variants": row.variants}
        lacking = [name for name in NEEDED if not given.get(name)]
        if lacking:
            detail = "A new product needs it."
            raise RefusedRowError(
                *(RowFault((name,), "required", detail) for name in lacking)
            )
    elif code is None or found.product_type.code == code:
        return found.product_type
    product_type = stored.types.get(str(code))
    if product_type is None:
        detail = "There is no such product type."
        raise RefusedRowError(RowFault(("product_type",), MISSING, detail))
    if found is not None:
        detail = f"The product is of the type {found.product_type.code} and stays so."
        fault = RowFault(("product_type",), TypeStaysError.code, detail)
        raise RefusedRowError(fault)
    return product_type


def _plan_values(plan: Plan, stored: Stored) -> None:
    """Note the fields of the product that are given and differ."""
    given = dict(plan.row.values)
    given.pop("product_type", None)
    if "slug" in given:
        _check_slug(given["slug"], plan.found, stored)
    if given.get("tax_class") is not None:
        given["tax_class"] = _tax_class(given["tax_class"], stored)
    if "categories" in given:
        plan.categories = _categories(given.pop("categories"), plan.found, stored)
    if plan.found is None or "attributes" in given:
        definitions = stored.definitions.get((plan.product_type.pk, AppliesTo.PRODUCT))
        given["attributes"] = _clean(definitions, given.get("attributes"), ())
    plan.values = _differing(plan.found, given) if plan.found else given
    try:
        check_window(window_after(plan.found, plan.values))
    except InvalidWindowError as error:
        fault = RowFault(("publish_until",), error.code, error.detail)
        raise RefusedRowError(fault) from error


def _plan_variants(plan: Plan, stored: Stored) -> None:
    """Note the variants that are to be made, or are given and differ."""
    variants = plan.found.variants.all() if plan.found else ()
    own = {variant.sku: variant for variant in variants}
    definitions = stored.definitions.get((plan.product_type.pk, AppliesTo.VARIANT))
    named: set[str] = set()
    for place, values in enumerate(plan.row.variants):
        given = dict(values)
        sku = given.pop("sku")
        variant = own.get(sku)
        if sku in named or ("sku", sku) in stored.taken:
            raise RefusedRowError(_sku_fault(place, f"The SKU {sku} is named twice."))
        if variant is None and sku in stored.owners:
            told = f"Another variant has the SKU {sku}."
            raise RefusedRowError(_sku_fault(place, told))
        named.add(sku)
        if variant is None or "attributes" in given:
            path = ("variants", place)
            given["attributes"] = _clean(definitions, given.get("attributes"), path)
        if variant is None:
            plan.added.append(NewVariant(sku=sku, **given))
        elif values := _differing(variant, given):
            plan.changed.append(VariantChange(variant_id=variant.pk, values=values))


def _check_slug(slug: str, found: Product | None, stored: Stored) -> None:
    """Refuse what no slug can be, and what another product has or is to have."""
    try:
        check_slug_shape(slug)
    except InvalidSlugError as error:
        raise RefusedRowError(RowFault(("slug",), error.code, error.detail)) from error
    own = None if found is None else found.pk
    if stored.slugs.get(slug, own) != own or ("slug", slug) in stored.taken:
        fault = RowFault(("slug",), SlugTakenError.code, f"The slug {slug} is taken.")
        raise RefusedRowError(fault)


def _tax_class(code: str, stored: Stored) -> TaxClass:
    if code not in stored.tax_classes:
        detail = "There is no such tax class."
        raise RefusedRowError(RowFault(("tax_class",), MISSING, detail))
    return stored.tax_classes[code]


def _categories(
    keys: Sequence[str], found: Product | None, stored: Stored
) -> list[Category] | None:
    """Return the categories that are named, or None if the product is in just those."""
    faults = [
        RowFault(("categories", place), MISSING, f"There is no category {key[:50]}.")
        for place, key in enumerate(keys)
        if key not in stored.categories
    ]
    if faults:
        raise RefusedRowError(*faults)
    wanted = {stored.categories[key].pk: stored.categories[key] for key in keys}
    present = found.categories.all() if found else ()
    if found and wanted.keys() == {category.pk for category in present}:
        return None
    return list(wanted.values())


def _clean(
    definitions: Iterable[AttributeDefinition] | None,
    values: Values | None,
    path: Path,
) -> dict[str, JsonValue]:
    """Return attributes as they are stored."""
    try:
        return clean_attributes(definitions or (), values or {})
    except InvalidAttributesError as error:
        attributes: Any = error.extra["attributes"]
        raise RefusedRowError(
            *(
                RowFault(
                    (*path, "attributes", each["code"]), error.code, each["detail"]
                )
                for each in attributes
            )
        ) from error


def _differing(row: Product | Variant, values: Values) -> dict[str, Any]:
    """Return the values that are not what a row has."""
    return {
        name: value for name, value in values.items() if getattr(row, name) != value
    }


def _sku_fault(place: int, detail: str) -> RowFault:
    return RowFault(("variants", place, "sku"), VariantSkuTakenError.code, detail)
