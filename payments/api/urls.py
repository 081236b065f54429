"""Addresses below ``/api/`` that tell how to pay."""

from django.urls import path

from payments.api.views import PaymentMethodViewSet

app_name = "payments"
urlpatterns = [
    path("method/", PaymentMethodViewSet.as_view({"get": "list"}), name="method-list"),
]
