"""Filters of the order history."""

from django_filters import rest_framework as filters

from custom.api.filters import IdsFilter, MomentFilter
from orders.models import Order


class OrderFilter(filters.FilterSet):
    """What a history may be narrowed by; ``placed_before`` itself is left out."""

    id = IdsFilter(
        field_name="pk", lookup_expr="in", help_text="Ids with commas between them."
    )
    status = filters.ChoiceFilter(choices=Order.Status.choices)
    placed_after = MomentFilter(field_name="placed_at", lookup_expr="gte")
    placed_before = MomentFilter(field_name="placed_at", lookup_expr="lt")

    class Meta:
        model = Order
        fields = ("status",)
