"""Addresses below ``/api/admin/``."""

from typing import Any

from django.urls import path

from catalogue.api.admin.bulk import AdminProductBulkViewSet
from catalogue.api.admin.offers import AdminOfferViewSet
from catalogue.api.admin.parts import AdminImageViewSet, AdminVariantViewSet
from catalogue.api.admin.products import AdminProductViewSet

READ_OR_WRITE: Any = {
    "get": "retrieve",
    "patch": "partial_update",
    "delete": "destroy",
}
LIST_OR_MAKE: Any = {"get": "list", "post": "create"}
app_name = "admin-api"
urlpatterns = [
    path("product/", AdminProductViewSet.as_view(LIST_OR_MAKE), name="product-list"),
    path(
        "product/bulk/",
        AdminProductBulkViewSet.as_view({"post": "bulk"}),
        name="product-bulk",
    ),
    path(
        "product/by-external-id/<path:external_id>/",
        AdminProductViewSet.as_view({"get": "by_external_id", "put": "upsert"}),
        name="product-by-external-id",
    ),
    path(
        "product/<int:pk>/",
        AdminProductViewSet.as_view(READ_OR_WRITE),
        name="product-detail",
    ),
    path(
        "product/<int:product_id>/variant/",
        AdminVariantViewSet.as_view(LIST_OR_MAKE),
        name="variant-list",
    ),
    path(
        "product/<int:product_id>/variant/by-sku/<path:sku>/",
        AdminVariantViewSet.as_view({"put": "upsert"}),
        name="variant-by-sku",
    ),
    path(
        "product/<int:product_id>/variant/<int:pk>/",
        AdminVariantViewSet.as_view(READ_OR_WRITE),
        name="variant-detail",
    ),
    path(
        "product/<int:product_id>/variant/<int:variant_id>/offer/",
        AdminOfferViewSet.as_view({"get": "list"}),
        name="offer-list",
    ),
    path(
        "product/<int:product_id>/variant/<int:variant_id>/offer/<str:partner>/",
        AdminOfferViewSet.as_view({"get": "retrieve", "put": "upsert"}),
        name="offer-detail",
    ),
    path(
        "product/<int:product_id>/image/",
        AdminImageViewSet.as_view(LIST_OR_MAKE),
        name="image-list",
    ),
    path(
        "product/<int:product_id>/image/<int:pk>/",
        AdminImageViewSet.as_view(READ_OR_WRITE),
        name="image-detail",
    ),
]
