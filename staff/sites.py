"""The admin's one site: pages beside those of models, and who searched for whom.

An app adds a page in its ``admin.py``::

    from staff.sites import AdminPage, site

    site.register_page(
        AdminPage(
            name="stats",
            path="stats/",
            label="Dashboard",
            section="Reports",
            permission="stats.view_summary",
            view=views.dashboard,
        )
    )
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, update_wrapper
from typing import Any, TypeVar, cast

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse

from custom.busy import busy_page
from custom.limits.identity import client_address
from custom.transactions import DatabaseBusyError, refused_when_busy
from staff.access import record_access
from staff.factors import has_factor
from staff.forms import OwnPasswordForm
from users.models import User

V = TypeVar("V", bound=Callable[..., HttpResponseBase])


@dataclass(frozen=True, kw_only=True)
class AdminPage:
    """A page of the admin that belongs to no model.

    Attributes:
        name: ``admin:<name>`` is its address.
        path: Below ``/admin/``, a route: ``stats/<slug:period>/``.
        permission: Who may open it, and sees its link: ``stats.view_summary``; empty
            for all staff, when the page itself shows each what it may see.
        view: Is called for whoever may; gives ``site.each_context(request)`` to
            its template.
        label: Of its link on the index and in the side bar; empty for no link.
        section: Heading above the link.
    """

    name: str
    path: str
    permission: str
    view: Callable[..., HttpResponseBase]
    label: str = ""
    section: str = "Reports"

    def is_open_to(self, request: HttpRequest) -> bool:
        """Tell whether a member of the staff may open the page."""
        return not self.permission or request.user.has_perm(self.permission)


class ShopAdminSite(AdminSite):
    """Where staff work."""

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.site_header = self.site_title = settings.SHOP_NAME
        self.site_url = "/api/docs/"
        self.pages: dict[str, AdminPage] = {}

    def register_page(self, page: AdminPage) -> None:
        """Add a page, before addresses are first looked up.

        Raises:
            ImproperlyConfigured: There is a page of this name.
        """
        if page.name in self.pages:
            msg = f"The admin has a page {page.name!r} already."
            raise ImproperlyConfigured(msg)
        self.pages[page.name] = page

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """Put the pages before those of models, whose catch-all would hide them."""
        pages = [
            path(page.path, self._guarded(page), name=page.name)
            for page in self.pages.values()
        ]
        return [*pages, *super().get_urls()]

    def admin_view(self, view: V, cacheable: bool = False) -> V:  # noqa: FBT001, FBT002 - as Django's
        """Lead staff who lack a second factor to enrol one, if that is compulsory.

        What the database was too busy for is given back to be sent again.
        """
        shown = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            if self._must_enrol(request):
                return redirect("mfa_activate_totp")
            try:
                with refused_when_busy():
                    return shown(request, *args, **kwargs)
            except DatabaseBusyError as error:
                return busy_page(request, error, self.each_context(request))

        return cast("V", update_wrapper(guarded, shown))

    def _must_enrol(self, request: HttpRequest) -> bool:
        """Tell whether the reader may do nothing but enrol or leave; 1 query."""
        return (
            settings.STAFF_MFA_REQUIRED
            and self.has_permission(request)
            and request.path != reverse(f"{self.name}:logout")
            and not has_factor(cast("User", request.user))
        )

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[Any]:
        """Show the links of pages the reader may open above the models."""
        apps = super().get_app_list(request, app_label)
        return apps if app_label else [*self._sections(request), *apps]

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Offer rows to choose from, and note it where these are of people."""
        view = _RecordedAutocomplete.as_view(admin_site=self)
        return cast("HttpResponse", view(request))

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Let the reader choose another password; the present one is asked for."""
        view = PasswordChangeView.as_view(
            form_class=partial(OwnPasswordForm, address=client_address(request.META)),
            success_url=reverse(f"{self.name}:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return cast("TemplateResponse", view(request))

    def _guarded(self, page: AdminPage) -> Callable[..., HttpResponseBase]:
        """Return the view for staff with the page's permission alone."""

        def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
            if not page.is_open_to(request):
                raise PermissionDenied
            return page.view(request, *args, **kwargs)

        return self.admin_view(update_wrapper(view, page.view))

    def _sections(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return links under their headings, in the shape of Django's app list."""
        sections: dict[str, dict[str, Any]] = {}
        for page in self.pages.values():
            if not page.label or not page.is_open_to(request):
                continue
            url = reverse(f"{self.name}:{page.name}")
            link = {
                "name": page.label,
                "object_name": page.name,
                "admin_url": url,
                "add_url": None,
                "view_only": True,
                "perms": {"view": True},
            }
            section = {
                "name": page.section,
                "app_label": page.section.lower(),
                "app_url": url,
                "has_module_perms": True,
                "models": [],
            }
            sections.setdefault(page.section, section)["models"].append(link)
        return list(sections.values())


class _RecordedAutocomplete(AutocompleteJsonView):
    """Django's view of choices; what it shows of people is noted."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        """Answer a search for rows."""
        response = super().get(request, *args, **kwargs)
        if getattr(self.model_admin, "shows_people", False):
            record_access(
                cast("User", request.user),  # the site asks who it is first
                model=self.model_admin.model,
                pk="",
                action="autocomplete",
                rows=len(self.object_list[: self.paginate_by]),
            )
        return response


def find_pages() -> None:
    """Import the admin of every app, but keep no pages of allauth's: they show secrets.

    Does nothing the second time.
    """
    admin.autodiscover()
    for label in (
        "account.EmailAddress",
        "account.EmailConfirmation",
        "mfa.Authenticator",
    ):
        if site.is_registered(model := apps.get_model(label)):
            site.unregister(model)


site = cast("ShopAdminSite", admin.site)
