"""Addresses below ``/api/`` that show the catalogue."""

from django.urls import path

from catalogue.api.views import CategoryViewSet, ProductViewSet

app_name = "catalogue"
urlpatterns = [
    path("category/", CategoryViewSet.as_view({"get": "list"}), name="category-list"),
    path(
        "category/<str:key>/",
        CategoryViewSet.as_view({"get": "retrieve"}),
        name="category-detail",
    ),
    path("product/", ProductViewSet.as_view({"get": "list"}), name="product-list"),
    path(
        "product/<str:key>/",
        ProductViewSet.as_view({"get": "retrieve"}),
        name="product-detail",
    ),
    path(
        "product/<str:key>/related/",
        ProductViewSet.as_view({"get": "related"}),
        name="product-related",
    ),
]
