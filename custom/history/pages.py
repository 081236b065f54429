"""Pages of the history in the admin: list, compare, put back, recover."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.views.decorators.http import require_POST
from reversion.models import Version

from custom.errors import DomainError
from custom.history.comparing import compare
from custom.history.entries import page_of
from custom.history.reading import (
    PAGE_SIZE,
    State,
    state_of_row,
    states_of,
    versions_of,
)
from custom.history.reverting import (
    Recovered,
    deleted_of,
    family_of,
    recover,
    revert,
)
from custom.transactions import DatabaseBusyError, run_in_transaction

M = TypeVar("M", bound=Model)
View = Callable[..., HttpResponse]
NOW = "now"  # in place of a version: the row as it is
MOST_DIGITS = 18


class HistoryPages(admin.ModelAdmin[M]):
    """What happened to a row, and the ways back.

    Reading takes the permission to view a row, going back that to change it, and
    bringing a deleted one back that to add one.
    """

    def get_urls(self) -> list[URLPattern]:
        """Put the pages before Django's, whose history is another."""
        names = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        pages: list[tuple[str, View, str]] = [
            ("recover/", self.recoverlist_view, "recoverlist"),
            ("recover/<int:version_id>/", self.recover_view, "recover"),
            ("<path:object_id>/history/compare/", self.compare_view, "compare"),
            ("<path:object_id>/history/revert/", self.revert_view, "revert"),
        ]
        return [
            *(path(at, view(page), name=f"{names}_{name}") for at, page, name in pages),
            *super().get_urls(),
        ]

    def sees_every_row(self, request: HttpRequest) -> bool:
        """Tell whether the list hides no rows from the reader.

        Of a row that is gone nobody can ask whose it was: it comes back by the hands of
        those alone who see all.
        """
        return True

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """List a row's versions, the newest first, 25 at a time."""
        row = self._row(request, object_id)
        if row is None:
            return self._gone(request, object_id)
        before = _number(request.GET.get("before"))
        page = page_of(self.model, row.pk, before=before)
        return self._page(
            request,
            "admin/versions.html",
            {
                "title": f"History of {row}",
                "object": row,
                "object_id": object_id,
                "page": page,
                "is_first": before is None,
                **(extra_context or {}),
            },
        )

    def compare_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show two versions of a row side by side, or one and the row as it is."""
        row = self._row(request, object_id)
        if row is None:
            return self._gone(request, object_id)
        old, new = self._pair(request, row)
        (differences,) = compare([(old[1], new[1])])
        return self._page(
            request,
            "admin/compare.html",
            {
                "title": f"Compare {row}",
                "object": row,
                "object_id": object_id,
                "old": old[0],
                "new": new[0],
                "differences": differences,
                "may_revert": self.has_change_permission(request, row),
            },
        )

    @method_decorator(require_POST)
    def revert_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put the chosen fields back, or all, and show the history."""
        row = self._row(request, object_id)
        if row is None:
            return self._gone(request, object_id)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        version = self._version(row, request.POST.get("version"))
        is_all = "all" in request.POST
        names = [] if is_all else request.POST.getlist("names")
        if not is_all and not names:
            self.message_user(request, "Choose what to put back.", messages.ERROR)
            return self._to(request, "compare", object_id, f"?old={version.pk}")
        told = "Everything" if is_all else ", ".join(names)

        def put_back() -> None:
            revert(
                version,
                names=names,
                actor=request.user,
                reason=request.POST.get("reason", "").strip(),
            )
            self.log_change(request, row, f"Put back: {told}.")

        try:
            run_in_transaction(put_back)
        except DatabaseBusyError:
            raise  # for the site, which keeps what was sent
        except DomainError as error:
            self.message_user(request, _told(error), messages.ERROR)
            return self._to(request, "compare", object_id, f"?old={version.pk}")
        self.message_user(request, f"{row} has been put back.", messages.SUCCESS)
        return self._to(request, "history", object_id)

    def recoverlist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """List what was deleted, the last deletion first, 25 at a time."""
        self._ask_to_add(request)
        before = _number(request.GET.get("before"))
        found = deleted_of(self.model)
        if before is not None:
            found = found.filter(mark__version_id__lt=before)
        versions = list(found[: PAGE_SIZE + 1])
        return self._page(
            request,
            "admin/deleted.html",
            {
                "title": f"Deleted {self.opts.verbose_name_plural}",
                "versions": versions[:PAGE_SIZE],
                "older": versions[PAGE_SIZE - 1].pk
                if len(versions) > PAGE_SIZE
                else None,
                "is_first": before is None,
                **(extra_context or {}),
            },
        )

    def recover_view(
        self,
        request: HttpRequest,
        version_id: int,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show what would come back, and on POST bring it back."""
        self._ask_to_add(request)
        version = deleted_of(self.model).filter(pk=version_id).first()
        if version is None:
            raise Http404
        if request.method == "POST":
            return self._recover(request, version)
        return self._page(
            request,
            "admin/recover.html",
            {
                "title": f"Recover {version.object_repr}",
                "version": version,
                "family": [
                    (capfirst(_kind(each)), each.object_repr)
                    for each in family_of(version)
                ],
            },
        )

    def revision_view(
        self,
        request: HttpRequest,
        object_id: str,
        version_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Compare the version with the row as it is."""
        if self._row(request, object_id) is None:
            return self._gone(request, object_id)
        return self._to(request, "compare", object_id, f"?old={version_id}")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to what was deleted those who may bring it back."""
        address = f"{self.opts.app_label}_{self.opts.model_name}_recoverlist"
        url = reverse(f"{self.admin_site.name}:{address}")
        recover_url = url if self.has_add_permission(request) else ""
        context = {"recover_url": recover_url} | (extra_context or {})
        return super().changelist_view(request, context)

    def _recover(self, request: HttpRequest, version: Version) -> HttpResponse:
        """Bring a row back and show it, or say why that cannot be."""
        reason = request.POST.get("reason", "").strip()

        def bring_back() -> Recovered:
            done = recover(version, actor=request.user, reason=reason)
            row: Any = done.row
            self.log_addition(request, row, "Recovered.")
            return done

        try:
            done = run_in_transaction(bring_back)
        except DatabaseBusyError:
            raise  # for the site, which keeps what was sent
        except DomainError as error:
            self.message_user(request, _told(error), messages.ERROR)
            return redirect(request.get_full_path())
        row: Any = done.row
        told = f"{row} has been recovered ({done.count} in all)."
        self.message_user(request, told, messages.SUCCESS)
        for sentence in done.left_out:
            self.message_user(request, sentence, messages.WARNING)
        return self._to(request, "change", quote(str(row.pk)))

    def _row(self, request: HttpRequest, object_id: str) -> M | None:
        """Return a row, None of one that is hidden or gone; or answer 403."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is not None and not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        return row

    def _gone(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the index, as every page of Django's does."""
        redirected: HttpResponse = self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]
            request, self.opts, object_id
        )
        return redirected

    def _ask_to_add(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request) or not self.sees_every_row(request):
            raise PermissionDenied

    def _version(self, row: M, number: str | None) -> Version:
        """Return one of the row's versions, or answer 404."""
        pk = _number(number)
        found = versions_of(self.model, row.pk).filter(pk=pk).first() if pk else None
        if found is None:
            raise Http404
        return found

    def _pair(
        self, request: HttpRequest, row: M
    ) -> Sequence[tuple[Version | None, State]]:
        """Return the two chosen states, the older first; None stands for now."""
        old = self._version(row, request.GET.get("old"))
        chosen = request.GET.get("new", NOW)
        if chosen == NOW:
            return (old, states_of([old])[old.pk]), (None, state_of_row(row))
        pair = sorted(
            (old, self._version(row, chosen)), key=lambda one: one.revision_id
        )
        states = states_of(pair)
        return [(version, states[version.pk]) for version in pair]

    def _page(
        self, request: HttpRequest, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        request.current_app = self.admin_site.name
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, template, shared | context)

    def _to(
        self, request: HttpRequest, name: str, object_id: str, query: str = ""
    ) -> HttpResponse:
        names = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        url = reverse(f"{self.admin_site.name}:{names}", args=[object_id])
        return redirect(f"{url}{query}")


def _number(text: str | None) -> int | None:
    """Return a number from an address, or answer 404."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
        raise Http404
    return int(text)


def _kind(version: Version) -> str:
    model = version.content_type.model_class()
    return str(model._meta.verbose_name)  # noqa: SLF001 - public


def _told(error: DomainError) -> str:
    """Return what a service refused, with every attribute at fault."""
    faults: Any = error.extra.get("attributes") or []
    told = (f"{fault['code']}: {fault['detail']}" for fault in faults)
    return " ".join([error.detail, *told])
