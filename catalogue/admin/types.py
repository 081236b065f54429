"""Kinds of products and their attributes."""

from django.contrib import admin

from catalogue.models import AttributeDefinition, ProductType
from custom.admin import ShopAdmin


class AttributeDefinitionInline(admin.TabularInline[AttributeDefinition, ProductType]):
    """What products of the type may say of themselves."""

    model = AttributeDefinition
    extra = 0


@admin.register(ProductType)
class ProductTypeAdmin(ShopAdmin[ProductType]):
    """Kinds of products."""

    list_display = ("name", "code")
    search_fields = ("name", "code")
    inlines = (AttributeDefinitionInline,)
