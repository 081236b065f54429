"""Addresses below ``/api/user/``."""

from django.urls import path

import users.api.schema  # noqa: F401 - registers itself
from users.api.views import LoginView, LogoutView, MeView, RegistrationView

app_name = "users"
urlpatterns = [
    path("", RegistrationView.as_view(), name="registration"),
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("me/", MeView.as_view(), name="me"),
]
