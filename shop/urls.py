"""Every address of the shop."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path

from custom.api import health

urlpatterns = [
    path("api/", include("shop.api.urls")),
    *(
        path(f"api/{prefix}", include(f"{app}.api.urls"))
        for prefix, app in (("user/", "users"), ("", "catalogue"), ("order/", "orders"))
        if find_spec(f"{app}.api.urls")
    ),
    path("media/", include("catalogue.api.media")),
    path("admin/", admin.site.urls),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
]
handler400 = "custom.api.handlers.bad_request"
handler403 = "custom.api.handlers.permission_denied"
handler404 = "custom.api.handlers.page_not_found"
handler500 = "custom.api.handlers.server_error"
