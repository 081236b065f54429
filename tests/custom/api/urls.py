from django.urls import path

from tests.custom.api import views

urlpatterns = [
    path("api/echo/", views.EchoView.as_view()),
    path("api/price/", views.PriceViewSet.as_view({"get": "list"})),
    path("api/price/<str:slug>/", views.PriceViewSet.as_view({"get": "retrieve"})),
    path("api/session/", views.SessionViewSet.as_view({"get": "list"})),
    path("api/private/", views.PrivateView.as_view()),
    path("api/fail/<str:kind>/", views.FailingView.as_view()),
    path("api/plain/", views.plain_page),
    path("api/plain/bug/", views.plain_bug),
    path("api/plain/teapot/", views.plain_teapot),
    path("page/", views.PrivateView.as_view()),
    path("page/bug/", views.plain_bug),
]
handler400 = "custom.api.handlers.bad_request"
handler403 = "custom.api.handlers.permission_denied"
handler404 = "custom.api.handlers.page_not_found"
handler500 = "custom.api.handlers.server_error"
