"""Every write to the catalogue."""

from catalogue.services.bulk import (
    add_to_category,
    hide_products,
    publish_products,
    remove_from_category,
)
from catalogue.services.categories import (
    create_category,
    delete_category,
    move_category,
    rename_category,
    update_category,
)
from catalogue.services.changes import announce_changes, forget_changes
from catalogue.services.edits import (
    Edit,
    add_picture,
    add_product,
    add_to_product,
    edit_picture,
    edit_product,
    edit_variant,
    product_state,
    remove_picture,
    remove_product,
    remove_variant,
    upsert_product,
    upsert_variant,
)
from catalogue.services.images import (
    StoredImage,
    add_image,
    delete_image,
    show_image,
    store_image,
    update_image,
)
from catalogue.services.judging import ProductRow
from catalogue.services.listings import (
    copy_figures,
    recount_listings,
    refresh_listings,
)
from catalogue.services.numbering import (
    expire_cursors,
    number_changes,
    purge_tombstones,
)
from catalogue.services.products import (
    NewProduct,
    NewVariant,
    create_product,
    create_products,
    delete_product,
    update_product,
)
from catalogue.services.related import relate_products
from catalogue.services.rows import (
    AddedVariant,
    ProductChange,
    VariantChange,
    rewrite_products,
    rewrite_variants,
)
from catalogue.services.types import NewDefinition, create_product_type
from catalogue.services.upserts import RowResult, write_products
from catalogue.services.values import refresh_values
from catalogue.services.variants import add_variant, delete_variant, update_variant
from catalogue.services.verification import repair_catalogue, verify_catalogue
from catalogue.services.windows import follow_windows

__all__ = [
    "AddedVariant",
    "Edit",
    "NewDefinition",
    "NewProduct",
    "NewVariant",
    "ProductChange",
    "ProductRow",
    "RowResult",
    "StoredImage",
    "VariantChange",
    "add_image",
    "add_picture",
    "add_product",
    "add_to_category",
    "add_to_product",
    "add_variant",
    "announce_changes",
    "copy_figures",
    "create_category",
    "create_product",
    "create_product_type",
    "create_products",
    "delete_category",
    "delete_image",
    "delete_product",
    "delete_variant",
    "edit_picture",
    "edit_product",
    "edit_variant",
    "expire_cursors",
    "follow_windows",
    "forget_changes",
    "hide_products",
    "move_category",
    "number_changes",
    "product_state",
    "publish_products",
    "purge_tombstones",
    "recount_listings",
    "refresh_listings",
    "refresh_values",
    "relate_products",
    "remove_from_category",
    "remove_picture",
    "remove_product",
    "remove_variant",
    "rename_category",
    "repair_catalogue",
    "rewrite_products",
    "rewrite_variants",
    "show_image",
    "store_image",
    "update_category",
    "update_image",
    "update_product",
    "update_variant",
    "upsert_product",
    "upsert_variant",
    "verify_catalogue",
    "write_products",
]
