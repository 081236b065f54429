"""Addresses below ``/api/user/``."""

from django.urls import path

import users.api.schema  # noqa: F401 - registers itself
from users.api.email_views import (
    EmailChangeConfirmView,
    EmailChangeStopView,
    EmailChangeView,
)
from users.api.key_views import KeyViewSet
from users.api.privacy_views import ErasureWithdrawView, ExportView
from users.api.proof_views import (
    PasswordChangeView,
    PasswordResetConfirmView,
    PasswordResetView,
    UnlockView,
    VerificationResendView,
    VerificationView,
)
from users.api.views import (
    DeviceViewSet,
    LoginView,
    LogoutAllView,
    LogoutView,
    MeView,
    RegistrationView,
)

app_name = "users"
urlpatterns = [
    path("", RegistrationView.as_view(), name="registration"),
    path("verify/", VerificationView.as_view(), name="verify"),
    path("verify/resend/", VerificationResendView.as_view(), name="verify-resend"),
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("logout-all/", LogoutAllView.as_view(), name="logout-all"),
    path("unlock/", UnlockView.as_view(), name="unlock"),
    path("me/", MeView.as_view(), name="me"),
    path("me/export/", ExportView.as_view(), name="export"),
    path("erasure/withdraw/", ErasureWithdrawView.as_view(), name="erasure-withdraw"),
    path("token/", DeviceViewSet.as_view({"get": "list"}), name="device-list"),
    path(
        "token/<int:pk>/",
        DeviceViewSet.as_view({"delete": "destroy"}),
        name="device-detail",
    ),
    path(
        "key/", KeyViewSet.as_view({"get": "list", "post": "create"}), name="key-list"
    ),
    path("key/<int:pk>/", KeyViewSet.as_view({"delete": "destroy"}), name="key-detail"),
    path("email/change/", EmailChangeView.as_view(), name="email-change"),
    path(
        "email/change/confirm/",
        EmailChangeConfirmView.as_view(),
        name="email-change-confirm",
    ),
    path("email/change/stop/", EmailChangeStopView.as_view(), name="email-change-stop"),
    path("password/change/", PasswordChangeView.as_view(), name="password-change"),
    path("password/reset/", PasswordResetView.as_view(), name="password-reset"),
    path(
        "password/reset/confirm/",
        PasswordResetConfirmView.as_view(),
        name="password-reset-confirm",
    ),
]
