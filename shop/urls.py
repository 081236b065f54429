"""Every address of the shop."""

from django.conf import settings
from django.urls import include, path

from custom.api import health, metrics
from payments.api.views import WebhookView
from staff.sites import find_pages, site

find_pages()
urlpatterns = [
    # The busiest first: each that does not match takes its time.
    path("api/", include("catalogue.api.urls")),
    path("api/search/", include("search.api.urls")),
    path("api/order/", include("orders.api.urls")),
    path("api/basket/", include("basket.api.urls")),
    path("api/user/", include("users.api.urls")),
    path("api/", include("shop.api.urls")),
    path("api/admin/", include("catalogue.api.admin.urls")),
    path("api/", include("reviews.api.urls")),
    path("api/", include("address.api.urls")),
    path("api/shipping/", include("shipping.api.urls")),
    path("api/partner/", include("partner.api.urls")),
    path("api/partner/order/", include("orders.api.partner_urls")),
    path("api/payment/", include("payments.api.urls")),
    path(
        "payment/webhook/<str:provider>/", WebhookView.as_view(), name="payment-webhook"
    ),
    path("admin/", include("staff.urls")),
    path("admin/", site.urls),
    path("mailbox/", include("notifications.api.urls")),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", metrics.show, name="metrics"),
    path("media/", include("catalogue.api.media")),
]
if "debug_toolbar" in settings.INSTALLED_APPS:
    from debug_toolbar.toolbar import debug_toolbar_urls

    urlpatterns += debug_toolbar_urls()
handler400 = "custom.api.handlers.bad_request"
handler403 = "custom.api.handlers.permission_denied"
handler404 = "custom.api.handlers.page_not_found"
handler500 = "custom.api.handlers.server_error"
