"""What the staff's list of products may be narrowed and sorted by."""

import django_filters
from django.db.models import Q
from django.utils import timezone

from catalogue.api.filters import RowFilter, TruthFilter
from catalogue.models import EXTERNAL_ID_LENGTH, Category, Product
from catalogue.querysets import ProductQuerySet
from custom.api.filters import CodeFilter, FilterSet, IdsFilter, MomentFilter

NAMES = ("id", "title", "created_at", "updated_at")
ORDERINGS = [f"{sign}{name}" for name in NAMES for sign in ("", "-")]


class AdminProductFilter(FilterSet):
    """The parameters of ``GET /api/admin/product/``."""

    id = IdsFilter(field_name="pk", lookup_expr="in")
    external_id = CodeFilter(
        max_length=EXTERNAL_ID_LENGTH, help_text="What another system calls it."
    )
    sku = CodeFilter(
        field_name="variants__sku", max_length=64, help_text="Of one of its variants."
    )
    q = django_filters.CharFilter(
        method="by_words", max_length=100, help_text="A part of the title or the slug."
    )
    product_type = CodeFilter(
        field_name="product_type__code", max_length=64, help_text="A code."
    )
    category = RowFilter(
        method="by_category",
        find=Category.objects.find_by_any_slug,
        help_text="With those below it.",
    )
    is_public = TruthFilter(field_name="is_public", help_text="Whatever its window.")
    is_shown = TruthFilter(method="by_window", help_text="Public, its window open.")
    updated_since = MomentFilter(
        field_name="updated_at", lookup_expr="gte", help_text="This moment included."
    )
    ordering = django_filters.ChoiceFilter(
        choices=[(each, each) for each in ORDERINGS],
        method="sort",
        help_text="Default: `id`.",
    )

    class Meta:
        model = Product
        fields = ("id",)

    def by_words(
        self, products: ProductQuerySet, name: str, words: str
    ) -> ProductQuerySet:
        """Keep products whose title or slug has the words in it; not by index."""
        return products.filter(Q(title__icontains=words) | Q(slug__icontains=words))

    def by_category(
        self, products: ProductQuerySet, name: str, category: Category
    ) -> ProductQuerySet:
        """Keep products in a category or below it."""
        below = category.get_descendants(include_self=True)
        links = Product.categories.through.objects.filter(category__in=below)
        return products.filter(pk__in=links.values("product"))

    def by_window(
        self,
        products: ProductQuerySet,
        name: str,
        wanted: bool,
    ) -> ProductQuerySet:
        """Keep what anyone may see now, or what nobody may."""
        shown = Product.objects.public(timezone.now())
        if wanted:
            return products.filter(pk__in=shown.values("pk"))
        return products.exclude(pk__in=shown.values("pk"))

    def sort(
        self, products: ProductQuerySet, name: str, ordering: str
    ) -> ProductQuerySet:
        """Sort, equals by id."""
        return products.order_by(ordering, "id")
