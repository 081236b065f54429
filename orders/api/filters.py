"""Filters of the order history."""

from django_filters import rest_framework as filters

from orders.models import Order


class OrderFilter(filters.FilterSet):
    """``?status=``, ``?placed_after=`` (included), ``?placed_before=`` (left out)."""

    status = filters.ChoiceFilter(choices=Order.Status.choices)
    placed_after = filters.IsoDateTimeFilter(field_name="placed_at", lookup_expr="gte")
    placed_before = filters.IsoDateTimeFilter(field_name="placed_at", lookup_expr="lt")

    class Meta:
        model = Order
        fields = ("status",)
