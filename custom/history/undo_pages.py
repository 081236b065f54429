"""The page on which a step is undone: what would happen, how far it is, how it went."""

import uuid
from collections.abc import Collection, Iterator
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from reversion.models import Version

from custom.batching import batched
from custom.errors import DomainError
from custom.history.pages import HistoryPages
from custom.history.previewing import preview
from custom.history.steps import rights_to_undo
from custom.history.undoing import AT_ONCE, advance_undo, resume_undo, start_undo
from custom.models import HistoryBatch, HistoryUndo, HistoryUndoFault
from custom.spreadsheets import safe_text, write_csv
from custom.transactions import DatabaseBusyError, run_in_transaction

M = TypeVar("M", bound=Model)
UNDO = "custom.undo_historybatch"
ROWS_AT_ONCE = 1_000  # of a step, looked up in one query
FAULTS_PER_PAGE = 100
COLUMNS = ("kind", "key", "name", "error")


class UndoPages(admin.ModelAdmin[M]):
    """Undoing a step takes the right to, and to do the opposite to each of its rows."""

    def get_urls(self) -> list[URLPattern]:
        """Put the pages before Django's."""
        view = self.admin_site.admin_view
        names = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("<uuid:batch_id>/undo/", view(self.undo_view), name=f"{names}_undo"),
            path(
                "<uuid:batch_id>/undo/errors/",
                view(self.undo_errors_view),
                name=f"{names}_undo_errors",
            ),
            *super().get_urls(),
        ]

    def has_undo_permission(self, request: HttpRequest) -> bool:
        """Tell whether the reader may undo steps of models that are theirs to edit."""
        return request.user.has_perm(UNDO)

    def undo_view(self, request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
        """Show what undoing would do, or how far it is; begin, or go on, when asked."""
        batch = self._batch(request, batch_id)
        undo = HistoryUndo.objects.filter(batch=batch).first()
        may_undo = self._may_undo(request, batch)
        if request.method == "POST":
            if not may_undo:
                raise PermissionDenied
            self._begin(request, batch)
            return redirect(f"admin:{self.opts.app_label}_historybatch_undo", batch.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Undo: {batch}",
            "batch": batch,
            "undo": undo,
            "may_undo": may_undo,
            "at_once": AT_ONCE,
        }
        if may_undo and undo is not None:
            context |= self._faults(request, undo)
        elif may_undo and batch.undone_by_id is None:
            context["preview"] = preview(batch.pk, unnamed=self._people())
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/undo.html", context)

    def undo_errors_view(
        self, request: HttpRequest, batch_id: uuid.UUID
    ) -> HttpResponseBase:
        """Answer the rows that could not be put back as a file, with the reasons."""
        batch = self._batch(request, batch_id)
        faults = HistoryUndoFault.objects.filter(undo=batch.pk)
        if not self._may_undo(request, batch):
            raise PermissionDenied
        lines = _lines(faults, self._people())
        response = StreamingHttpResponse(lines, "text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = (
            'attachment; filename="undo-errors.csv"'
        )
        return response

    def _batch(self, request: HttpRequest, batch_id: uuid.UUID) -> HistoryBatch:
        """Return a step the reader may see, or answer 403 or 404."""
        if not (
            self.has_view_permission(request) and self.has_undo_permission(request)
        ):
            raise PermissionDenied
        found = HistoryBatch.objects.select_related("undone_by")
        batch = found.filter(pk=batch_id).first()
        if batch is None:
            raise Http404
        return batch

    def _may_undo(self, request: HttpRequest, batch: HistoryBatch) -> bool:
        return request.user.has_perms(rights_to_undo(batch.pk)) and self._shows_rows(
            request, batch
        )

    def _begin(self, request: HttpRequest, batch: HistoryBatch) -> None:
        """Begin or go on; what is small is done before the answer."""
        reason = request.POST.get("reason", "").strip()

        def begin() -> HistoryUndo:
            undo = start_undo(batch.pk, actor=request.user, reason=reason)
            self.log_change(request, batch, "Undone.")  # type: ignore[arg-type]
            return undo

        try:
            if "go_on" in request.POST:
                resume_undo(batch.pk)
                return
            undo = run_in_transaction(begin)
        except DatabaseBusyError:
            raise  # for the site, which keeps what was sent
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return
        if undo.num_rows <= AT_ONCE:
            advance_undo(batch.pk)

    def _faults(self, request: HttpRequest, undo: HistoryUndo) -> dict[str, Any]:
        """Return some of the rows that had to stay, and where the next begin."""
        faults = undo.faults.select_related("version__content_type")
        after = request.GET.get("after", "")
        if after.isascii() and after.isdecimal():
            faults = faults.filter(pk__gt=int(after[:18]))
        found = list(faults[: FAULTS_PER_PAGE + 1])
        shown = found[:FAULTS_PER_PAGE]
        return {
            "faults": [
                (
                    fault,
                    _name_of(fault.version, self._people()),
                    self._history_of(fault.version),
                )
                for fault in shown
            ],
            "after": shown[-1].pk if len(found) > FAULTS_PER_PAGE else None,
        }

    def _people(self) -> set[type[Model]]:
        """Return models of people: looks at their pages are noted, and this is none."""
        pages = self.admin_site._registry.items()  # noqa: SLF001 - no other way
        return {model for model, one in pages if getattr(one, "shows_people", False)}

    def _history_of(self, version: Version) -> str:
        """Return where a row's history is; of one without a page nothing."""
        model = version.content_type.model_class()
        if not isinstance(self.admin_site._registry.get(model), HistoryPages):  # noqa: SLF001
            return ""
        kind = version.content_type
        name = f"{self.admin_site.name}:{kind.app_label}_{kind.model}_history"
        return reverse(name, args=[quote(version.object_id)])

    def _shows_rows(self, request: HttpRequest, batch: HistoryBatch) -> bool:
        """Tell whether every row of a step is there, and shown to the reader.

        No queries for who sees all rows there are.
        """
        done = Version.objects.filter(revision__note__batch=batch.pk).order_by()
        for model, shown in self.admin_site._registry.items():  # noqa: SLF001 - no other way
            if not isinstance(shown, HistoryPages) or shown.sees_every_row(request):
                continue
            of_model = done.filter(
                content_type=ContentType.objects.get_for_model(model)
            )
            keys = sorted(set(of_model.values_list("object_id", flat=True)))
            for some in batched(keys, ROWS_AT_ONCE):
                rows = shown.get_queryset(request).filter(pk__in=some)
                if rows.values("pk").distinct().count() != len(some):
                    return False
        return True


def _name_of(version: Version, people: Collection[type[Model]]) -> str:
    """Return what a row is called, of people its number alone."""
    if version.content_type.model_class() in people:
        return f"number {version.object_id}"
    return str(version.object_repr)


def _lines(
    faults: QuerySet[HistoryUndoFault], people: Collection[type[Model]]
) -> Iterator[str]:
    """Yield the lines of the file, read some at a time."""
    yield write_csv(COLUMNS, [])
    told = faults.order_by("pk").select_related("version__content_type")
    for fault in told.iterator(chunk_size=500):
        row = fault.version
        name = _name_of(row, people)
        cells = (row.content_type.name, row.object_id, name, fault.detail)
        yield write_csv([safe_text(cell) for cell in cells], [])
