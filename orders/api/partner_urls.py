"""Addresses below ``/api/partner/order/``."""

from django.urls import path

from orders.api.partner_views import PartnerOrderViewSet

app_name = "partner-orders"
urlpatterns = [
    path("", PartnerOrderViewSet.as_view({"get": "list"}), name="list"),
    path("<str:key>/", PartnerOrderViewSet.as_view({"get": "retrieve"}), name="detail"),
    path("<str:key>/ship/", PartnerOrderViewSet.as_view({"post": "ship"}), name="ship"),
    path(
        "<str:key>/deliver/",
        PartnerOrderViewSet.as_view({"post": "deliver"}),
        name="deliver",
    ),
]
