"""Addresses below ``/api/order/``."""

from django.urls import path

from orders.api.views import OrderViewSet

app_name = "orders"
urlpatterns = [
    path("", OrderViewSet.as_view({"post": "create"}), name="order-create"),
    path("history/", OrderViewSet.as_view({"get": "list"}), name="order-list"),
    path("<str:key>/", OrderViewSet.as_view({"get": "retrieve"}), name="order-detail"),
]
