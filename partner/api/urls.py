"""Addresses below ``/api/partner/``."""

from django.urls import path

from partner.api.views import StockViewSet

app_name = "partner"
urlpatterns = [
    path(
        "stock/",
        StockViewSet.as_view({"get": "list", "post": "create"}),
        name="stock-list",
    ),
    path("stock/bulk/", StockViewSet.as_view({"post": "bulk"}), name="stock-bulk"),
    path(
        "stock/<int:pk>/",
        StockViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="stock-detail",
    ),
]
