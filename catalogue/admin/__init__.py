"""Catalogue in the admin: types, the tree, products with variants and pictures."""

from catalogue.admin.categories import CategoryAdmin
from catalogue.admin.products import ProductAdmin
from catalogue.admin.types import ProductTypeAdmin
from catalogue.admin.variants import VariantAdmin

__all__ = ["CategoryAdmin", "ProductAdmin", "ProductTypeAdmin", "VariantAdmin"]
