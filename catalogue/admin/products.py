"""Products with their variants, pictures and offers."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from mptt.forms import TreeNodeChoiceField

from catalogue import services
from catalogue.admin.attributes import (
    AttributesForm,
    attributes_table,
    definitions_of,
    names_of,
    type_of,
    with_attributes,
)
from catalogue.admin.variants import VariantInline
from catalogue.errors import InvalidSlugError, InvalidWindowError, SlugTakenError
from catalogue.images import Rendition, rendition_name
from catalogue.models import (
    AttributeDefinition,
    Category,
    Product,
    ProductImage,
    ProductType,
    RelatedProduct,
)
from catalogue.slugs import check_slug
from catalogue.windows import PublishWindow, check_window
from custom.admin import ShopAdmin
from custom.money import format_money
from partner.models import StockRecord
from partner.services import refresh_summaries


class ProductForm(AttributesForm):
    """A product, but for its variants and pictures."""

    class Meta:
        model = Product
        exclude = ("attributes",)

    def clean_slug(self) -> str:
        """Refuse a slug that could be taken for an id."""
        slug: str = self.cleaned_data["slug"]
        try:
            check_slug(Product.objects.exclude(pk=self.instance.pk), slug)
        except (InvalidSlugError, SlugTakenError) as error:
            raise ValidationError(error.detail) from error
        return slug

    def clean(self) -> dict[str, Any]:
        """Check the window, beside the attributes."""
        values = super().clean()
        window = (values.get("publish_from"), values.get("publish_until"))
        try:
            check_window(PublishWindow(*window))
        except InvalidWindowError as error:
            self.add_error("publish_until", error.detail)
        return values


class ProductActionForm(ActionForm):
    """What the list's actions ask for."""

    category = TreeNodeChoiceField(queryset=Category.objects.all(), required=False)


class RelatedProductInline(admin.TabularInline[RelatedProduct, Product]):
    """What is shown beside a product before what is like it."""

    model = RelatedProduct
    fk_name = "product"
    verbose_name_plural = "related products"
    extra = 0
    fields = ("related", "position")
    autocomplete_fields = ("related",)


class ProductImageInline(admin.TabularInline[ProductImage, Product]):
    """Pictures of a product, by their numbers; the first is shown in lists."""

    model = ProductImage
    extra = 0
    fields = ("thumbnail", "file", "alt", "position")
    readonly_fields = ("thumbnail",)

    @admin.display
    def thumbnail(self, image: ProductImage) -> str:
        """Show the picture in its smallest size."""
        if not image.file:
            return "-"
        url = default_storage.url(rendition_name(str(image.file), Rendition.SMALL))
        return format_html('<img class="thumbnail" src="{}" alt="{}">', url, image.alt)


@admin.register(Product)
class ProductAdmin(ShopAdmin[Product]):
    """Products with all that belongs to them."""

    form = ProductForm
    change_form_template = "admin/catalogue/product/change_form.html"
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
    search_fields = ("title", "slug", "external_id", "variants__sku")
    search_help_text = "Title, slug, external id or SKU."
    ordering = ("-id",)
    autocomplete_fields = ("categories",)
    prepopulated_fields: ClassVar = {"slug": ("title",)}
    inlines = (VariantInline, ProductImageInline, RelatedProductInline)
    action_form = ProductActionForm
    actions = ("publish", "hide", "add_to_category", "remove_from_category")

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Ask for the type first: it decides what the form asks for."""
        if type_of(request, None) is None and self.has_add_permission(request):
            context = self.admin_site.each_context(request) | {
                "title": "Which type of product?",
                "opts": self.opts,
                "product_types": ProductType.objects.all(),
            }
            template = "admin/catalogue/product/choose_type.html"
            return TemplateResponse(request, template, context)
        return super().add_view(request, form_url, extra_context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show who offers the product, at what price and with how much in stock."""
        product = self.get_object(request, unquote(object_id))
        offers = StockRecord.objects.filter(variant__product=product)
        context = (extra_context or {}) | {
            "offers": offers.select_related("variant", "partner", "level")
            if request.user.has_perm("partner.view_stockrecord")
            else (),
        }
        return super().change_view(request, object_id, form_url, context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Offer the attributes of the type."""
        definitions = self._definitions(request, obj)
        kwargs["form"] = with_attributes(ProductForm, definitions)
        return super().get_form(request, obj, *args, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Product | None = None) -> Any:
        """Put the attributes into a section of their own."""
        if obj is not None and not self.has_change_permission(request, obj):
            names: tuple[str, ...] = ("told_attributes",)
        else:
            names = names_of(self._definitions(request, obj))
        return (
            (
                None,
                {
                    "fields": (
                        "title",
                        ("slug", "external_id"),
                        "product_type",
                        "description",
                    )
                },
            ),
            ("Attributes", {"fields": names}),
            (
                "Where and when it is shown",
                {
                    "fields": (
                        "categories",
                        "is_public",
                        ("publish_from", "publish_until"),
                        "tax_class",
                    )
                },
            ),
        )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Product | None = None
    ) -> tuple[str, ...]:
        """Keep a product's type: its attributes are those of the type."""
        return ("product_type", "told_attributes") if obj else ()

    @admin.display(description="attributes")
    def told_attributes(self, product: Product) -> str:
        """Show the attributes by their names."""
        kind = AttributeDefinition.AppliesTo.PRODUCT
        return attributes_table(product, definitions_of(product.product_type_id, kind))

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

    @admin.action(description="Publish", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        """Let the chosen products be seen."""
        self._change(request, queryset, services.publish_products)

    @admin.action(description="Hide", permissions=["change"])
    def hide(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        """Take the chosen products out of sight."""
        self._change(request, queryset, services.hide_products)

    @admin.action(description="Add to the category", permissions=["change"])
    def add_to_category(
        self, request: HttpRequest, queryset: QuerySet[Product]
    ) -> None:
        """Put the chosen products into a category."""
        self._categorize(request, queryset, services.add_to_category)

    @admin.action(description="Remove from the category", permissions=["change"])
    def remove_from_category(
        self, request: HttpRequest, queryset: QuerySet[Product]
    ) -> None:
        """Take the chosen products out of a category."""
        self._categorize(request, queryset, services.remove_from_category)

    def _categorize(
        self,
        request: HttpRequest,
        queryset: QuerySet[Product],
        service: Callable[..., int],
    ) -> None:
        form = ProductActionForm(request.POST)
        del form.fields["action"]
        category = form.cleaned_data.get("category") if form.is_valid() else None
        if category is None:
            self.message_user(request, "Choose a category.", "ERROR")
            return
        self._change(request, queryset, service, category=category)

    def _change(
        self,
        request: HttpRequest,
        queryset: QuerySet[Product],
        service: Callable[..., int],
        **facts: Category,
    ) -> None:
        """Call one service for all that was chosen, and tell how many it changed."""
        pks = list(queryset.order_by().values_list("pk", flat=True))
        changed = service(pks, actor=request.user, **facts)
        unit = "product" if changed == 1 else "products"
        self.message_user(request, f"{changed} {unit} changed.")

    def _definitions(
        self, request: HttpRequest, obj: Product | None
    ) -> list[AttributeDefinition]:
        kind = type_of(request, obj)
        return definitions_of(kind, AttributeDefinition.AppliesTo.PRODUCT)
