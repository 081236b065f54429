"""The log of looks at personal data, and what puts pages of people into it."""

from collections.abc import Callable
from functools import update_wrapper
from http import HTTPStatus
from typing import Any, TypeVar, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern

from custom.admin import LedgerAdmin, ShopAdmin
from custom.busy import is_given_back
from staff.access import record_access
from staff.factors import reset_factors
from staff.models import AccessEntry, SecondFactor
from users.models import User

M = TypeVar("M", bound=Model)
View = Callable[..., HttpResponseBase]
# What Django calls its pages -> what the log calls them.
ACTIONS = {"changelist": "list", "change": "view"}


class PersonalPagesMixin(admin.ModelAdmin[M]):
    """Before any other base of an admin of people: each page shown is noted.

    Every address of the admin is covered, those of buttons, exports and history
    included, however it was added: one entry for each answer that shows something.
    """

    shows_people = True

    @property
    def urls(self) -> list[URLPattern]:
        """Return the admin's addresses, their views noting who looks."""
        return [self._noting(entry) for entry in self.get_urls()]

    def _noting(self, entry: URLPattern) -> URLPattern:
        """Return the entry with a view that notes what it shows."""
        name = entry.name or "page"
        action = name.removeprefix(f"{self.opts.app_label}_{self.opts.model_name}_")
        view = self._noted(entry.callback, ACTIONS.get(action, action))
        return URLPattern(entry.pattern, view, entry.default_args, entry.name)

    def _noted(self, view: View, action: str) -> View:
        """Return the view; what it shows is noted before it is sent."""

        def noting(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = view(request, *args, **kwargs)
            is_shown = response.status_code == HTTPStatus.OK or is_given_back(request)
            if is_shown and request.user.is_authenticated:
                key = kwargs.get("object_id") or (args[0] if args else "")
                record_access(
                    request.user,
                    model=self.model,
                    pk=unquote(str(key)),
                    action=_export(request, response) or action,
                    rows=1 if key else _count(request, response),
                )
            return response

        return update_wrapper(noting, view)


def _export(request: HttpRequest, response: HttpResponseBase) -> str | None:
    """Name the action of a list that answers with a file."""
    if hasattr(response, "context_data"):
        return None
    return request.POST.get("action")


def _count(request: HttpRequest, response: HttpResponseBase) -> int | None:
    """Return how many rows a page of a list shows, or were chosen in it."""
    context = getattr(response, "context_data", None) or {}
    if "cl" in context:
        return len(context["cl"].result_list)
    if request.POST.get("select_across", "0") != "0":
        return None
    return len(request.POST.getlist("_selected_action")) or None


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(ShopAdmin[Group], DjangoGroupAdmin):
    """What those who work in the shop may do, by their trade."""


@admin.register(AccessEntry)
class AccessEntryAdmin(LedgerAdmin[AccessEntry]):
    """Who looked at whom; for those who see to it that nobody looks without cause."""

    list_display = ("at", "user", "action", "model", "object_pk", "rows", "request_id")
    list_select_related = ("user",)
    date_hierarchy = "at"
    search_fields = (
        "=user__email_normalized",
        "=model",
        "=object_pk",
        "=action",
        "=request_id",
    )
    search_help_text = "An address, users.user, a key, an action or a request's id."


@admin.register(SecondFactor)
class SecondFactorAdmin(PersonalPagesMixin[SecondFactor], LedgerAdmin[SecondFactor]):
    """Who of the staff signs in with a second factor; a lost one can be reset."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    list_filter = ("type",)
    search_fields = ("user__email_normalized",)
    ordering = ("-id",)
    fields = ("user", "type", "created_at", "last_used_at")
    actions = ("reset",)

    def has_reset_permission(self, request: HttpRequest) -> bool:
        """Tell whether the reader may reset factors of others."""
        return request.user.has_perm("staff.reset_secondfactor")

    @admin.action(
        description="Reset: their owners sign in without, and enrol anew",
        permissions=["reset"],
    )
    def reset(self, request: HttpRequest, factors: QuerySet[SecondFactor]) -> None:
        """Take the factors of the owners away; nobody resets their own."""
        chosen = factors.exclude(user=request.user).values("user")
        owners = list(User.objects.filter(pk__in=chosen).order_by("pk"))
        for owner in owners:
            reset_factors(owner, actor=cast("User", request.user))
        done = f"{len(owners)} of the staff enrol anew."
        self.message_user(request, done, messages.SUCCESS)
