"""Addresses that belong to no app: the map, the shop, the contract."""

from django.urls import path

from custom.api.rate_limits import RateLimitView
from shop.api.views import (
    DocsView,
    MapView,
    ReferenceView,
    SchemaView,
    ShopView,
    XsdView,
)

urlpatterns = [
    path("", MapView.as_view(), name="map"),
    path("rate-limit/", RateLimitView.as_view(), name="rate-limit"),
    path("shop/", ShopView.as_view(), name="shop"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("schema.xsd", XsdView.as_view(), name="xsd"),
    path("docs/", DocsView.as_view(), name="docs"),
    path("docs/reference/", ReferenceView.as_view(), name="reference"),
]
