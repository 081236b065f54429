"""Changes of a product by who has read it: refused if it is another by then.

The version of a product stands for it and all that belongs to it: whoever changes a
variant or a picture raises it too. See docs/decisions/0056-product-api.md.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from catalogue.attributes import clean_attributes
from catalogue.errors import MissingProductError, TypeStaysError
from catalogue.models import (
    AttributeDefinition,
    Product,
    ProductImage,
    ProductType,
    Variant,
)
from catalogue.services.images import (
    StoredImage,
    delete_image,
    show_image,
    update_image,
)
from catalogue.services.listings import TREE_LOCK
from catalogue.services.names import SLUG_LOCK, refuse_repeated
from catalogue.services.products import (
    NewVariant,
    create_product,
    delete_product,
    update_product,
)
from catalogue.services.variants import add_variant, delete_variant, update_variant
from catalogue.windows import ENDS, take_window
from custom.errors import StaleError
from custom.history import recorded
from custom.locks import lock_named
from custom.transactions import transactional
from users.models import User

AppliesTo = AttributeDefinition.AppliesTo
NEEDED = {"product_type", "title"}  # beside variants, of a new product
GONE = "There is nothing here, or you may not see it."
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Who changes a product, why, and what they have seen of it.

    Attributes:
        reason: As staff read it in the history; empty for what the service says.
        states: What ``product_state`` may be; None if anything.
        must_exist: What an upsert names has to be there.
        must_be_new: What an upsert names must not be there.
    """

    actor: User
    reason: str = ""
    states: Collection[str] | None = None
    must_exist: bool = False
    must_be_new: bool = False

    def check(self, *, exists: bool) -> None:
        """Refuse an upsert that would not do what was meant.

        Raises:
            StaleError: It would make what was thought to be there, or the reverse.
        """
        if self.must_be_new and exists:
            msg = "There is one already."
            raise StaleError(msg)
        if not exists and (self.must_exist or self.states is not None):
            msg = "There is none that could be changed."
            raise StaleError(msg)


def product_state(product: Product) -> str:
    """Return what changes with every write to a product or its parts."""
    return str(product.version)


@transactional
def add_product(values: Values, *, edit: Edit) -> Product:
    """Store a product; ``values`` are ``create_product``'s, the window in two.

    Raises:
        DomainError: See ``create_product``.
    """
    given = dict(values)
    window = take_window(None, given)
    with recorded(edit.reason, actor=edit.actor):
        return create_product(window=window, **given)


@transactional
def edit_product(product_id: int, values: Values, *, edit: Edit) -> None:
    """Change a product; what is left out stays. Locks names, tree and product.

    Args:
        product_id: Which one.
        values: As ``update_product`` takes them, but for the two ends of the window.
        edit: Who, why and under which condition.

    Raises:
        MissingProductError: There is no such product.
        StaleError: It is another by now.
        DomainError: See ``update_product``.

    Whatever is raised, nothing is changed.
    """
    with _opened(product_id, edit) as product:
        _write(product, values)


@transactional
def upsert_product(
    external_id: str, values: Values, variants: Sequence[Values], *, edit: Edit
) -> tuple[int, bool]:
    """Make or change the product that another system knows by an id.

    Args:
        external_id: Of the other system.
        values: Of a product, ``product_type`` among them.
        variants: Each with its ``sku``, by which it is found among the product's own;
            those that are not named stay.
        edit: Who, why and under which condition.

    Returns:
        The product's id, and whether it is new.

    Raises:
        MissingProductError: There is none, and this is not enough to make one.
        TypeStaysError: It is of another type.
        VariantSkuTakenError: Another product has a SKU, or two of these have it.
        StaleError: It is another by now, or is there, or is not.
        DomainError: See ``create_product`` and ``update_product``.

    Whatever is raised, nothing is changed.
    """
    refuse_repeated([each["sku"] for each in variants])
    lock_named(SLUG_LOCK)
    found = Product.objects.filter(external_id=external_id)
    pk = found.values_list("pk", flat=True).first()
    edit.check(exists=pk is not None)
    if pk is None:
        if not (variants and values.keys() >= NEEDED):
            msg = "The product that was to be changed has just been deleted."
            raise MissingProductError(msg)
        new = [NewVariant(**each) for each in variants]
        made = {**values, "external_id": external_id, "variants": new}
        return add_product(made, edit=edit).pk, True
    given = dict(values)
    with _opened(pk, edit) as product:
        _keep_type(product, given.pop("product_type", None))
        _write(product, given)
        stored = {each.sku: each for each in product.variants.all()}
        for each in variants:
            _put_variant(product, stored.get(each["sku"]), each)
    return pk, False


@transactional
def remove_product(product_id: int, *, edit: Edit) -> None:
    """Delete a product; raises as ``edit_product`` and ``delete_product`` do."""
    with _opened(product_id, edit):
        delete_product(product_id)


@transactional
def add_to_product(product_id: int, new: NewVariant, *, edit: Edit) -> Variant:
    """Store another variant; raises as ``add_variant`` does."""
    with _opened(product_id, edit) as product:
        return add_variant(product, new)


@transactional
def upsert_variant(
    product_id: int, sku: str, values: Values, *, edit: Edit
) -> tuple[int, bool]:
    """Make or change the product's variant of a SKU.

    Returns:
        The variant's id, and whether it is new.

    Raises:
        VariantSkuTakenError: The SKU is that of another product's variant.
        DomainError: As ``edit_product``, ``add_variant`` and ``update_variant``.

    Whatever is raised, nothing is changed.
    """
    with _opened(product_id, edit) as product:
        found = product.variants.filter(sku=sku).first()
        edit.check(exists=found is not None)
        variant = _put_variant(product, found, {**values, "sku": sku})
    return variant.pk, found is None


@transactional
def edit_variant(variant: Variant, values: Values, *, edit: Edit) -> None:
    """Change a variant; raises as ``edit_product`` and ``update_variant`` do."""
    with _opened(variant.product_id, edit) as product:
        stored = product.variants.filter(pk=variant.pk).first()
        if stored is None:
            raise MissingProductError(GONE)
        _write_variant(product, stored, values)


@transactional
def remove_variant(variant: Variant, *, edit: Edit) -> None:
    """Delete a variant; raises as ``edit_product`` and ``delete_variant`` do."""
    with _opened(variant.product_id, edit):
        _refuse_gone(Variant, variant.pk)
        delete_variant(variant.pk)


@transactional
def add_picture(
    product_id: int, image: StoredImage, values: Values, *, edit: Edit
) -> ProductImage:
    """Show a picture that is on disk; raises as ``edit_product`` does."""
    with _opened(product_id, edit):
        return show_image(product_id, image, **values)


@transactional
def edit_picture(image: ProductImage, values: Values, *, edit: Edit) -> None:
    """Change what is said of a picture; raises as ``edit_product`` does."""
    with _opened(image.product_id, edit):
        _refuse_gone(ProductImage, image.pk)
        update_image(image.pk, **values)


@transactional
def remove_picture(image: ProductImage, *, edit: Edit) -> None:
    """Take a picture away; raises as ``edit_product`` does."""
    with _opened(image.product_id, edit):
        _refuse_gone(ProductImage, image.pk)
        delete_image(image.pk)


@contextmanager
def _opened(product_id: int, edit: Edit) -> Iterator[Product]:
    """Lock a product as history does, hold it against what was seen, and record."""
    lock_named(SLUG_LOCK)
    lock_named(TREE_LOCK)
    product = next(iter(Product.objects.lock([product_id])), None)
    if product is None:
        raise MissingProductError(GONE)
    if edit.states is not None and product_state(product) not in edit.states:
        msg = "The product has changed since you read it. Read it again."
        raise StaleError(msg)
    with recorded(edit.reason, actor=edit.actor):
        yield product


def _write(product: Product, values: Values) -> None:
    """Let the service change a locked product; one end of a window keeps the other.

    What is as it was is not written: a copy that is sent each night leaves no versions.
    """
    given = _cleaned(product, values, AppliesTo.PRODUCT)
    if "categories" in given:
        wanted = {category.pk for category in given["categories"]}
        if wanted == {category.pk for category in product.categories.all()}:
            del given["categories"]
    given = _differing(product, given, unless=("categories",))
    if any(name in given for name in ENDS):
        given["window"] = take_window(product, given)
    if given:
        update_product(product.pk, **given)


def _put_variant(product: Product, found: Variant | None, values: Values) -> Variant:
    """Change the variant that was found, or add one."""
    if found is None:
        return add_variant(product, NewVariant(**values))
    return _write_variant(product, found, values)


def _write_variant(product: Product, variant: Variant, values: Values) -> Variant:
    """Let the service change a variant of a locked product, if something differs."""
    given = _differing(variant, _cleaned(product, values, AppliesTo.VARIANT))
    return update_variant(variant.pk, **given) if given else variant


def _differing(
    row: Product | Variant, values: Values, *, unless: Collection[str] = ()
) -> dict[str, Any]:
    """Return the values that are not what a row has, and those named in ``unless``."""
    return {
        name: value
        for name, value in values.items()
        if name in unless or getattr(row, name) != value
    }


def _cleaned(
    product: Product, values: Values, applies_to: AttributeDefinition.AppliesTo
) -> dict[str, Any]:
    """Return a copy of the values, attributes as they are stored."""
    given = dict(values)
    if "attributes" in given:
        definitions = product.product_type.definitions.filter(applies_to=applies_to)
        given["attributes"] = clean_attributes(
            list(definitions.in_order()), given["attributes"]
        )
    return given


def _keep_type(product: Product, product_type: ProductType | None) -> None:
    if product_type is not None and product_type.pk != product.product_type_id:
        msg = f"The product is of the type {product.product_type.code} and stays so."
        raise TypeStaysError(msg)


def _refuse_gone(model: type[Variant | ProductImage], pk: int) -> None:
    """Refuse a part that was deleted after it was looked up."""
    rows: Any = model.objects
    if not rows.filter(pk=pk).exists():
        raise MissingProductError(GONE)
