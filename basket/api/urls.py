"""Addresses below ``/api/basket/``."""

from django.urls import path

from basket.api.views import BasketView, LinesView, LineView, VouchersView, VoucherView

app_name = "basket"
urlpatterns = [
    path("", BasketView.as_view(), name="basket"),
    path("line/", LinesView.as_view(), name="lines"),
    path("line/<int:line>/", LineView.as_view(), name="line"),
    path("voucher/", VouchersView.as_view(), name="vouchers"),
    path("voucher/<str:code>/", VoucherView.as_view(), name="voucher"),
]
