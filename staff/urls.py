"""Addresses of signing in and of second factors; allauth knows them by these names."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from django.urls import path
from django.utils.translation import gettext_lazy as _

from staff.signin import ActivatePage, LoginPage, entrance, log_out_all, staff_page

SECURITY = _("Sign-in and security")
CONFIRM = _("Confirm that it is you")
CODES = _("Recovery codes")

urlpatterns = [
    path("login/", entrance(LoginPage.as_view(), _("Log in")), name="account_login"),
    path(
        "login/code/",
        entrance(mfa.authenticate, _("Second step")),
        name="mfa_authenticate",
    ),
    path("security/", staff_page(mfa.index, SECURITY), name="mfa_index"),
    path(
        "security/confirm/",
        staff_page(account.reauthenticate, CONFIRM),
        name="account_reauthenticate",
    ),
    path(
        "security/confirm/code/",
        staff_page(mfa.reauthenticate, CONFIRM),
        name="mfa_reauthenticate",
    ),
    path(
        "security/app/",
        staff_page(ActivatePage.as_view(), _("Set up an authenticator app")),
        name="mfa_activate_totp",
    ),
    path(
        "security/app/remove/",
        staff_page(totp.deactivate_totp, _("Remove the authenticator app")),
        name="mfa_deactivate_totp",
    ),
    path(
        "security/codes/",
        staff_page(codes.view_recovery_codes, CODES),
        name="mfa_view_recovery_codes",
    ),
    path(
        "security/codes/new/",
        staff_page(codes.generate_recovery_codes, CODES),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "security/logout/", staff_page(log_out_all, SECURITY), name="staff_log_out_all"
    ),
]
