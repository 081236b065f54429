"""Addresses below ``/mailbox/``."""

from django.urls import path

from notifications.api import views

app_name = "mailbox"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("<str:key>/", views.mail, name="mail"),
    path("<str:key>/html/", views.mail_html, name="mail-html"),
]
