"""Addresses below ``/api/`` of the address book and the countries."""

from django.urls import path

from address.api.views import AddressViewSet, CountryViewSet

app_name = "address"
urlpatterns = [
    path(
        "address/",
        AddressViewSet.as_view({"get": "list", "post": "create"}),
        name="address-list",
    ),
    path(
        "address/<uuid:public_id>/",
        AddressViewSet.as_view(
            {
                "get": "retrieve",
                "put": "update",
                "patch": "partial_update",
                "delete": "destroy",
            }
        ),
        name="address-detail",
    ),
    path("country/", CountryViewSet.as_view({"get": "list"}), name="country-list"),
]
