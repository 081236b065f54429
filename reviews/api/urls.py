"""Addresses below ``/api/product/{id or slug}/review/``."""

from django.urls import path

from reviews.api.views import ReviewViewSet

app_name = "reviews"
urlpatterns = [
    path(
        "product/<str:key>/review/",
        ReviewViewSet.as_view({"get": "list", "post": "create"}),
        name="review-list",
    ),
]
