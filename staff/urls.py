"""Addresses of signing in and of second factors; allauth knows them by these names."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from staff.dressing import entrance, staff_page

SECURITY = _("Sign-in and security")
CONFIRM = _("Confirm that it is you")
CODES = _("Recovery codes")

urlpatterns = [
    path(
        "login/", entrance("staff.signin.login_page", _("Log in")), name="account_login"
    ),
    path(
        "login/code/",
        entrance("allauth.mfa.base.views.authenticate", _("Second step")),
        name="mfa_authenticate",
    ),
    path(
        "security/",
        staff_page("allauth.mfa.base.views.index", SECURITY),
        name="mfa_index",
    ),
    path(
        "security/confirm/",
        staff_page("allauth.account.views.reauthenticate", CONFIRM),
        name="account_reauthenticate",
    ),
    path(
        "security/confirm/code/",
        staff_page("allauth.mfa.base.views.reauthenticate", CONFIRM),
        name="mfa_reauthenticate",
    ),
    path(
        "security/app/",
        staff_page("staff.signin.activate_page", _("Set up an authenticator app")),
        name="mfa_activate_totp",
    ),
    path(
        "security/app/remove/",
        staff_page(
            "allauth.mfa.totp.views.deactivate_totp", _("Remove the authenticator app")
        ),
        name="mfa_deactivate_totp",
    ),
    path(
        "security/codes/",
        staff_page("allauth.mfa.recovery_codes.views.view_recovery_codes", CODES),
        name="mfa_view_recovery_codes",
    ),
    path(
        "security/codes/new/",
        staff_page("allauth.mfa.recovery_codes.views.generate_recovery_codes", CODES),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "security/logout/",
        staff_page("staff.signin.log_out_all", SECURITY),
        name="staff_log_out_all",
    ),
]
