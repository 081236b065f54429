"""Addresses below ``/api/shipping/``."""

from django.urls import path

from shipping.api.views import ShippingView

app_name = "shipping"
urlpatterns = [path("", ShippingView.as_view(), name="offers")]
