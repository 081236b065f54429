"""Variants, on their own pages and on their product's."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from catalogue.admin.attributes import (
    AttributesForm,
    attributes_table,
    definitions_of,
    names_of,
    type_of,
    with_attributes,
)
from catalogue.models import AttributeDefinition, Product, Variant
from catalogue.services import delete_variant
from catalogue.services.touching import touch_product
from custom.admin import ShopAdmin

BASE = (("sku", "title", "barcode"), ("weight_grams", "position", "is_public"))


class VariantForm(AttributesForm):
    """A variant, on its own page or on its product's."""

    class Meta:
        model = Variant
        exclude = ("attributes",)


def variant_definitions(
    request: HttpRequest, row: Product | Variant | None
) -> list[AttributeDefinition]:
    """Return the attributes of the variants on a page; at most 2 queries."""
    kind = type_of(request, row)
    return definitions_of(kind, AttributeDefinition.AppliesTo.VARIANT)


class VariantInline(admin.StackedInline[Variant, Product]):
    """What is sold of a product: at least one variant."""

    model = Variant
    form = VariantForm
    extra = 0
    min_num = 1
    show_change_link = True
    readonly_fields = ("told_attributes",)
    definitions: Sequence[AttributeDefinition] = ()  # an inline lives for one request

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Refuse a product without a variant; offer the attributes of its type."""
        self.definitions = variant_definitions(request, obj)
        kwargs["form"] = with_attributes(VariantForm, self.definitions)
        return super().get_formset(request, obj, validate_min=True, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the attributes between what is sold and where it stands."""
        if not self.has_change_permission(request, obj):
            return (BASE[0], "told_attributes", BASE[1])
        return (BASE[0], names_of(variant_definitions(request, obj)), BASE[1])

    @admin.display(description="attributes")
    def told_attributes(self, variant: Variant) -> str:
        """Show the attributes by their names."""
        return attributes_table(variant, self.definitions)


@admin.register(Variant)
class VariantAdmin(ShopAdmin[Variant]):
    """What buyers choose and order lines name."""

    form = VariantForm
    list_display = ("sku", "product", "title", "is_public")
    list_select_related = ("product",)
    list_filter = ("is_public",)
    search_fields = ("sku", "product__title", "barcode")
    ordering = ("-id",)
    autocomplete_fields = ("product",)
    actions = None  # each deletion is asked about: a product keeps one variant

    def get_form(
        self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Offer the attributes of the product's type."""
        definitions = variant_definitions(request, obj)
        kwargs["form"] = with_attributes(VariantForm, definitions)
        return super().get_form(request, obj, *args, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Variant | None = None) -> Any:
        """Show the attributes between what is sold and where it stands."""
        if obj is not None and not self.has_change_permission(request, obj):
            return ("product", BASE[0], "told_attributes", BASE[1])
        names = names_of(variant_definitions(request, obj))
        return ("product", BASE[0], *names, BASE[1])

    def get_readonly_fields(
        self, request: HttpRequest, obj: Variant | None = None
    ) -> tuple[str, ...]:
        """Keep a variant with its product: orders and offers know it there."""
        return ("product", "told_attributes") if obj else ()

    @admin.display(description="attributes")
    def told_attributes(self, variant: Variant) -> str:
        """Show the attributes by their names."""
        kind = AttributeDefinition.AppliesTo.VARIANT
        return attributes_table(
            variant, definitions_of(variant.product.product_type_id, kind)
        )

    def save_model(
        self, request: HttpRequest, obj: Variant, form: Any, change: Any
    ) -> None:
        """Raise the product's version: who has read it has read another variant."""
        touch_product(obj.product_id)
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Variant) -> None:
        """Let the service refuse the last variant: nothing could be sold."""
        delete_variant(obj.pk)
