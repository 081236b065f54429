"""Addresses below ``/api/`` that show the catalogue."""

from django.urls import path

from catalogue.api.views import CategoryViewSet, ProductViewSet

LIST = {"get": "list"}
DETAIL = {"get": "retrieve"}

app_name = "catalogue"
urlpatterns = [
    path("category/", CategoryViewSet.as_view(LIST), name="category-list"),
    path(
        "category/<str:key>/", CategoryViewSet.as_view(DETAIL), name="category-detail"
    ),
    path("product/", ProductViewSet.as_view(LIST), name="product-list"),
    path("product/<str:key>/", ProductViewSet.as_view(DETAIL), name="product-detail"),
]
