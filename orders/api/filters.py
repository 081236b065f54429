"""Filters of the order history."""

from django_filters import rest_framework as filters

from custom.api.filters import FilterSet, IdsFilter, MomentFilter
from orders.models import Order
from orders.querysets import OrderQuerySet


class OrderFilter(FilterSet):
    """What a history may be narrowed by; ``placed_before`` itself is left out."""

    id = IdsFilter(
        field_name="pk", lookup_expr="in", help_text="Ids with commas between them."
    )
    status = filters.ChoiceFilter(choices=Order.Status.choices)
    placed_after = MomentFilter(
        field_name="placed_at", lookup_expr="gte", help_text="This moment included."
    )
    placed_before = MomentFilter(
        field_name="placed_at", lookup_expr="lt", help_text="This moment left out."
    )

    class Meta:
        model = Order
        fields = ("status",)


class PartnerOrderFilter(FilterSet):
    """Which of a partner's orders are listed."""

    state = filters.ChoiceFilter(
        choices=[("open", "open"), ("all", "all")],
        help_text="`open`: with own units that may be shipped now; the default.",
    )

    class Meta:
        model = Order
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: OrderQuerySet) -> OrderQuerySet:
        """Keep orders by what there is to do, if nothing else is asked for."""
        is_all = self.form.cleaned_data.get("state") == "all"
        return queryset if is_all else queryset.may_ship().with_open_lines()
