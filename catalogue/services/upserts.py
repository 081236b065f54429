"""Many products made or changed at once, each row on its own merits."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from catalogue.models import Product, ProductType, Variant
from catalogue.selectors import definitions_of_types, find_categories
from catalogue.services.judging import (
    Plan,
    ProductRow,
    Stored,
    judge,
)
from catalogue.services.listings import TREE_LOCK
from catalogue.services.names import SLUG_LOCK
from catalogue.services.products import create_products
from catalogue.services.rows import (
    AddedVariant,
    ProductChange,
    rewrite_products,
    rewrite_variants,
)
from custom.bulks import Outcome, RefusedRowError, RowFault
from custom.history import recorded
from custom.ids import new_public_id
from custom.locks import lock_named
from custom.transactions import transactional
from tax.models import TaxClass
from users.models import User


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of a row; ``faults`` are there only for errors.

    Attributes:
        product_id: None of a row that was refused, or would be a new product.
        version: The product's, once all rows are written.
    """

    outcome: Outcome
    product_id: int | None = None
    version: int | None = None
    faults: tuple[RowFault, ...] = ()


@transactional
def write_products(
    rows: Mapping[int, ProductRow],
    *,
    actor: User,
    reason: str = "",
    is_dry_run: bool = False,
) -> dict[int, RowResult]:
    """Make and change products; a row that is refused stops no other.

    A fixed number of statements whatever the rows, but for one of each version that is
    kept and a few of each product type. Takes the locks of names and of the tree, then
    locks the products; a dry run locks and stores nothing. It is one step of the
    history. The caller brings the summaries of updated products in step.

    Args:
        rows: Any key -> row.
        actor: Who does it.
        reason: As staff read it in the history; may be empty.
        is_dry_run: Only say what would happen.

    Returns:
        What became of each row, by its key.
    """
    stored = _load(rows.values(), is_lock=not is_dry_run)
    plans: dict[int, Plan] = {}
    results: dict[int, RowResult] = {}
    for key, row in rows.items():
        try:
            plans[key] = judge(row, stored)
        except RefusedRowError as refusal:
            results[key] = RowResult(Outcome.ERROR, faults=refusal.faults)
    made: dict[int, int] = {}
    if not is_dry_run:
        told = reason or "Products written in bulk."
        with recorded(told, actor=actor, batch=new_public_id()):
            made = _store(plans)
    return results | _told(plans, made)


def _load(rows: Collection[ProductRow], *, is_lock: bool) -> Stored:
    """Read all that the rows name, and lock the products; 13 queries, 9 without."""
    if is_lock:
        lock_named(SLUG_LOCK)
        lock_named(TREE_LOCK)
    skus = {each["sku"] for row in rows for each in row.variants}
    owners = dict(
        Variant.objects.filter(sku__in=skus).order_by().values_list("sku", "product")
    )
    named = [row.external_id for row in rows if row.external_id is not None]
    ids = dict(
        Product.objects.filter(external_id__in=named).values_list("external_id", "pk")
    )
    wanted = {*ids.values(), *owners.values()}
    if is_lock:
        Product.objects.lock(wanted)
    products = (
        Product.objects.filter(pk__in=wanted)
        .select_related("product_type", "tax_class")
        .prefetch_related("categories", "variants")
        .in_bulk()
    )
    types = _types(rows)
    used = {each.pk for each in types.values()}
    used.update(each.product_type_id for each in products.values())
    return Stored(
        products=products,
        ids=ids,
        owners=owners,
        types=types,
        definitions=definitions_of_types(used),
        tax_classes=_tax_classes(rows),
        categories=find_categories(
            key for row in rows for key in row.values.get("categories", ())
        ),
        slugs=_slugs(rows),
    )


def _types(rows: Collection[ProductRow]) -> dict[str, ProductType]:
    codes = _codes(rows, "product_type")
    return {each.code: each for each in ProductType.objects.filter(code__in=codes)}


def _tax_classes(rows: Collection[ProductRow]) -> dict[str, TaxClass]:
    codes = _codes(rows, "tax_class")
    return {each.code: each for each in TaxClass.objects.filter(code__in=codes)}


def _slugs(rows: Collection[ProductRow]) -> dict[str, int]:
    slugs = _codes(rows, "slug")
    found = Product.objects.filter(slug__in=slugs).order_by()
    return dict(found.values_list("slug", "pk"))


def _codes(rows: Collection[ProductRow], name: str) -> set[Any]:
    """Return what the rows give for a value that is a code."""
    return {row.values.get(name) for row in rows} - {None}


def _store(plans: Mapping[int, Plan]) -> dict[int, int]:
    """Write what was planned; return the ids of what was made, by the rows' keys.

    Slugs that rows choose come before those that are made of titles.
    """
    changed = [plan for plan in plans.values() if plan.found is not None]
    rewrite_products(
        [
            ProductChange(
                product_id=plan.found.pk,  # type: ignore[union-attr]
                values=plan.values,
                categories=plan.categories,
            )
            for plan in changed
            if plan.values or plan.categories is not None
        ]
    )
    rewrite_variants(
        [
            AddedVariant(product_id=plan.found.pk, new=new)  # type: ignore[union-attr]
            for plan in changed
            for new in plan.added
        ],
        [each for plan in changed for each in plan.changed],
    )
    return _make({key: plan for key, plan in plans.items() if plan.found is None})


def _make(plans: Mapping[int, Plan]) -> dict[int, int]:
    """Make new products, type by type; return their ids by the rows' keys."""
    groups: defaultdict[tuple[bool, int], list[int]] = defaultdict(list)
    for key, plan in plans.items():
        groups["slug" not in plan.values, plan.product_type.pk].append(key)
    made: dict[int, int] = {}
    for (is_slugless, _type), keys in sorted(groups.items()):
        some = [plans[key] for key in keys]
        products = create_products(
            [plan.new_product() for plan in some],
            product_type=some[0].product_type,
            slugs=None if is_slugless else [plan.values["slug"] for plan in some],
        )
        made |= zip(keys, (product.pk for product in products), strict=True)
    return made


def _told(plans: Mapping[int, Plan], made: Mapping[int, int]) -> dict[int, RowResult]:
    """Return what became of rows that were judged good; 1 query."""
    ids = dict(made) | {
        key: plan.found.pk for key, plan in plans.items() if plan.found is not None
    }
    found = Product.objects.filter(pk__in=ids.values()).order_by()
    versions = dict(found.values_list("pk", "version"))
    return {
        key: RowResult(plan.outcome, ids.get(key), versions.get(ids.get(key, 0)))
        for key, plan in plans.items()
    }
