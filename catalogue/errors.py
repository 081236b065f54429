"""What can go wrong with the catalogue."""

from custom.errors import ConflictError, GoneError, InvalidError, MissingError


class InvalidSlugError(InvalidError):
    """A slug has no letter, or characters an address should not have."""

    code = "invalid-slug"
    title = "Invalid slug"


class SlugTakenError(ConflictError):
    """Another row has the slug."""

    code = "slug-taken"
    title = "Slug taken"


class ExternalIdTakenError(ConflictError):
    """Another product has the external id."""

    code = "external-id-taken"
    title = "External id taken"


class VariantSkuTakenError(ConflictError):
    """Another variant has the SKU, or it was named twice."""

    code = "sku-taken"
    title = "SKU in use"


class MissingProductError(MissingError):
    """The product, or the part of it that was named, is no more."""

    code = "not-found"
    title = "Not found"


class TypeStaysError(InvalidError):
    """A product keeps its type: its attributes are those of the type."""

    code = "product-type-stays"
    title = "Product type cannot change"


class StillOfferedError(ConflictError):
    """Partners offer what would be deleted, and their offers have a ledger."""

    code = "still-offered"
    title = "Still offered"


class CategoryMoveError(InvalidError):
    """A category would end up below itself."""

    code = "invalid-category-move"
    title = "Category cannot move there"


class CategoryNotEmptyError(ConflictError):
    """A category that has others below it cannot be deleted."""

    code = "category-not-empty"
    title = "Category has categories below it"


class InvalidAttributesError(InvalidError):
    """Attributes do not fit the product type; ``extra["attributes"]`` names each."""

    code = "invalid-attributes"
    title = "Invalid attributes"


class InvalidWindowError(InvalidError):
    """A product would be withdrawn before it is published."""

    code = "invalid-publish-window"
    title = "Invalid publish window"


class MissingVariantError(InvalidError):
    """A product needs at least one variant: nothing else can be sold."""

    code = "variant-required"
    title = "Variant required"


class InvalidImageError(InvalidError):
    """A file is no picture the shop can show."""

    code = "invalid-image"
    title = "Invalid picture"


class SyncExpiredError(GoneError):
    """A copy is too old to be told what has gone from it since."""

    code = "sync-expired"
    title = "Copy too old"
