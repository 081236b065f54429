"""Catalogue in the admin: types, the tree, products with variants and pictures."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from mptt.admin import DraggableMPTTAdmin

from catalogue import services
from catalogue.attributes import clean_attributes
from catalogue.errors import (
    InvalidAttributesError,
    InvalidSlugError,
    InvalidWindowError,
    MissingVariantError,
    SlugTakenError,
)
from catalogue.models import (
    AttributeDefinition,
    Category,
    Product,
    ProductImage,
    ProductType,
    Variant,
)
from catalogue.slugs import check_slug
from catalogue.windows import PublishWindow, check_window
from custom.admin import ShopAdmin
from custom.errors import DomainError
from custom.money import format_money
from partner.services import refresh_summaries

DEEPEST_INDENT = 8  # the last level that css/admin.css sets off
AppliesTo = AttributeDefinition.AppliesTo


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


@admin.register(Category)
class CategoryAdmin(ShopAdmin[Category], DraggableMPTTAdmin):
    """The tree, moved by dragging; siblings stay in the order of their names."""

    can_revert = False  # a former version holds the tree's former numbers
    actions = None
    list_display = ("tree_actions", "indented_title", "slug", "is_public")
    list_display_links = ("indented_title",)
    list_per_page = 2000
    search_fields = ("name", "slug")
    fields = ("name", "slug", "parent", "description", "is_public")
    prepopulated_fields: ClassVar = {"slug": ("name",)}

    @admin.display(description="name", ordering="name")
    def indented_title(self, item: Category) -> str:
        """Tell the depth by a class: the pages' policy refuses style attributes."""
        level = min(item.level, DEEPEST_INDENT)
        return format_html('<div class="level-{}">{}</div>', level, item)

    def save_model(
        self, request: HttpRequest, obj: Category, form: Any, change: bool
    ) -> None:
        """Let the service write the tree, under its lock."""
        values = form.cleaned_data
        if not change:
            obj.pk = services.create_category(
                name=values["name"],
                slug=values["slug"],
                parent=values["parent"],
                description=values["description"],
                is_public=values["is_public"],
            ).pk
            return
        services.update_category(
            obj,
            name=values["name"],
            slug=values["slug"] if "slug" in form.changed_data else None,
            description=values["description"],
            is_public=values["is_public"],
        )
        if "parent" in form.changed_data:
            services.move_category(obj, parent=values["parent"])

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        """Let the service take the category out of the tree."""
        services.delete_category(obj)

    def _move_node(self, request: HttpRequest) -> HttpResponse:
        """Answer a drag: onto a category is below it, beside it is on its level."""
        queryset = self.get_queryset(request)
        try:
            moved = queryset.get(pk=request.POST.get("cut_item"))
            target = queryset.get(pk=request.POST.get("pasted_on"))
        except (Category.DoesNotExist, TypeError, ValueError):
            return self._moved(request, "A category has disappeared; try again.")
        if not self.has_change_permission(request, moved):
            return self._moved(request, "You may not move categories.")
        onto = request.POST.get("position") == "last-child"
        try:
            services.move_category(moved, parent=target if onto else target.parent)
        except DomainError as error:
            return self._moved(request, error.detail)
        self.log_change(request, moved, f"Moved to {target}.")
        self.message_user(request, f"{moved} has been moved.")
        return HttpResponse("OK")

    def _moved(self, request: HttpRequest, fault: str) -> HttpResponse:
        """Say why nothing was moved; the page shows it when it is loaded again."""
        self.message_user(request, fault, messages.ERROR)
        return HttpResponse("FAIL")


class _AttributesForm(forms.ModelForm[Any]):
    """Checks attributes against the definitions of the product's type."""

    applies_to: ClassVar[AttributeDefinition.AppliesTo]

    def check_attributes(self, product_type: ProductType) -> None:
        """Report attributes that do not fit beside their field."""
        values = self.cleaned_data.get("attributes")
        if not isinstance(values, dict):
            self.add_error("attributes", "Give a JSON object: code → value.")
            return
        definitions = product_type.definitions.filter(applies_to=self.applies_to)
        try:
            self.cleaned_data["attributes"] = clean_attributes(definitions, values)
        except InvalidAttributesError as error:
            for fault in error.extra["attributes"]:  # type: ignore[attr-defined]
                self.add_error("attributes", f"{fault['code']}: {fault['detail']}")


class ProductForm(_AttributesForm):
    """A product, but for its variants and pictures."""

    applies_to = AppliesTo.PRODUCT

    def clean_slug(self) -> str:
        """Refuse a slug that could be taken for an id."""
        slug: str = self.cleaned_data["slug"]
        try:
            check_slug(Product.objects.exclude(pk=self.instance.pk), slug)
        except (InvalidSlugError, SlugTakenError) as error:
            raise ValidationError(error.detail) from error
        return slug

    def clean(self) -> dict[str, Any]:
        """Check the attributes once the type is known, and the window."""
        values = super().clean() or self.cleaned_data
        if (product_type := values.get("product_type")) is not None:
            self.check_attributes(product_type)
        window = (values.get("publish_from"), values.get("publish_until"))
        try:
            check_window(PublishWindow(*window))
        except InvalidWindowError as error:
            self.add_error("publish_until", error.detail)
        return values


class VariantForm(_AttributesForm):
    """A variant, on its own page or on its product's."""

    applies_to = AppliesTo.VARIANT

    def clean(self) -> dict[str, Any]:
        """Check the attributes once the product, and so its type, is known."""
        values = super().clean() or self.cleaned_data
        product = values.get("product") or getattr(self.instance, "product", None)
        if product is not None and product.product_type_id:
            self.check_attributes(product.product_type)
        return values


class VariantInline(admin.StackedInline[Variant, Product]):
    """What is sold of a product: at least one variant."""

    model = Variant
    form = VariantForm
    extra = 0
    min_num = 1
    fields = (
        ("sku", "title", "barcode"),
        "attributes",
        ("weight_grams", "position", "is_public"),
    )

    def get_formset(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse a product without a variant."""
        return super().get_formset(*args, validate_min=True, **kwargs)


class ProductImageInline(admin.TabularInline[ProductImage, Product]):
    """Pictures of a product, the first one being shown in lists."""

    model = ProductImage
    extra = 0
    fields = ("file", "alt", "position")


@admin.register(Product)
class ProductAdmin(ShopAdmin[Product]):
    """Products with all that belongs to them."""

    form = ProductForm
    list_display = (
        "title",
        "product_type",
        "is_public",
        "price",
        "in_stock",
        "updated_at",
    )
    list_select_related = ("product_type", "summary")
    list_filter = ("product_type", "is_public", "summary__in_stock")
    search_fields = ("title", "slug", "variants__sku")
    search_help_text = "Title, slug or SKU."
    ordering = ("-id",)
    autocomplete_fields = ("categories",)
    prepopulated_fields: ClassVar = {"slug": ("title",)}
    inlines = (VariantInline, ProductImageInline)

    @admin.display(ordering="summary__price_rank")
    def price(self, product: Product) -> str:
        """Show the price lists begin at."""
        summary = product.summary
        if summary.price_from is None:
            return "-"
        return (
            f"{format_money(summary.price_from, summary.currency)} {summary.currency}"
        )

    @admin.display(boolean=True, ordering="summary__in_stock")
    def in_stock(self, product: Product) -> bool:
        """Show whether an offer has a unit ready."""
        return product.summary.in_stock

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        """Bring lists in step: a version put back is written without signals."""
        super().save_related(request, form, formsets, change)
        refresh_summaries([form.instance.pk])
        services.refresh_listings([form.instance.pk])


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

    def get_readonly_fields(
        self, request: HttpRequest, obj: Variant | None = None
    ) -> tuple[str, ...]:
        """Keep a variant with its product: orders and offers know it there."""
        return ("product",) if obj else ()

    def delete_model(self, request: HttpRequest, obj: Variant) -> None:
        """Refuse to delete the last variant: nothing could be sold."""
        if not obj.product.variants.exclude(pk=obj.pk).exists():
            msg = "A product keeps one variant. Delete the product instead."
            raise MissingVariantError(msg)
        super().delete_model(request, obj)
