"""Addresses below ``/api/order/``."""

from django.urls import path

import orders.api.schema  # noqa: F401 - registers itself
from orders.api.change_views import OrderChangeViewSet
from orders.api.guest_views import (
    GuestDataView,
    GuestErasureView,
    GuestExportView,
)
from orders.api.views import OrderViewSet

app_name = "orders"
urlpatterns = [
    path("", OrderViewSet.as_view({"post": "create"}), name="order-create"),
    path("quote/", OrderViewSet.as_view({"post": "quote"}), name="order-quote"),
    path("history/", OrderViewSet.as_view({"get": "list"}), name="order-list"),
    path("guest/data/", GuestDataView.as_view(), name="guest-data"),
    path("guest/data/export/", GuestExportView.as_view(), name="guest-export"),
    path("guest/data/erase/", GuestErasureView.as_view(), name="guest-erasure"),
    path("<str:key>/", OrderViewSet.as_view({"get": "retrieve"}), name="order-detail"),
    path(
        "<str:key>/payment/",
        OrderChangeViewSet.as_view({"post": "payment"}),
        name="order-payment",
    ),
    path(
        "<str:key>/cancel/",
        OrderChangeViewSet.as_view({"post": "cancel"}),
        name="order-cancel",
    ),
    path(
        "<str:key>/return/",
        OrderChangeViewSet.as_view({"post": "take_back"}),
        name="order-return",
    ),
]
