"""Pages of the admin; the work is done by workers."""

from http import HTTPStatus
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from custom.errors import DomainError
from custom.transactions import DatabaseBusyError
from exchange.files.writing import CONTENT_TYPES, write_rows
from exchange.forms import FilterForm, UploadForm
from exchange.kinds import KINDS, Scope
from exchange.models import Import, ImportRow
from exchange.selectors import (
    error_columns,
    error_rows,
    imports_shown_to,
    kinds_for,
)
from exchange.services import apply_import, resume_import, start_import
from partner.scoping import partners_shown_to
from staff.sites import site
from users.models import User

ADD = "exchange.add_import"
ROWS_PER_PAGE = 100
RECENT = 20


def show_exchange(request: HttpRequest) -> HttpResponse:
    """Take a file in; show files to take out, and the imports of late."""
    user = cast("User", request.user)
    kinds = kinds_for(user, "change") if user.has_perm(ADD) else []
    upload = UploadForm(kinds)
    status = HTTPStatus.OK
    if request.method == "POST":
        if not kinds:
            raise PermissionDenied
        upload = UploadForm(kinds, request.POST, request.FILES)
        if upload.is_valid():
            file = upload.cleaned_data["file"]
            run = start_import(
                kind=upload.cleaned_data["kind"],
                file_format=upload.file_format,
                name=file.name,
                file=file,
                actor=user,
            )
            return redirect("admin:exchange-import", run.public_id)
        status = HTTPStatus.BAD_REQUEST
    context = site.each_context(request) | {
        "title": "Import and export",
        "upload": upload if kinds else None,
        "kinds": kinds_for(user, "view"),
        "formats": list(CONTENT_TYPES),
        "filters": FilterForm(partners_shown_to(user), request.GET or None),
        "query": request.GET.urlencode(),
        "imports": imports_shown_to(user)[:RECENT],
        "labels": {kind.name: kind.label for kind in KINDS.values()},
    }
    return render(request, "exchange/exchange.html", context, status=status)


def show_import(request: HttpRequest, import_id: object) -> HttpResponse:
    """Show how far an import is, and its rows; apply it, or go on, when asked to."""
    run = _import(request, import_id)
    kind = KINDS[run.kind]
    user = cast("User", request.user)
    may_apply = user.has_perm(ADD) and user.has_perm(kind.change)
    if request.method == "POST":
        if not may_apply:
            raise PermissionDenied
        try:
            if "go_on" in request.POST:
                resume_import(run.public_id)
            else:
                apply_import(run.public_id, actor=user)
        except DatabaseBusyError:
            raise  # for the site, which keeps what was sent
        except DomainError as error:
            messages.error(request, error.detail)
        return redirect("admin:exchange-import", run.public_id)
    outcome = request.GET.get("outcome", "")
    rows = run.rows.all()
    if outcome in ImportRow.Outcome.values:
        rows = rows.filter(outcome=outcome)
    paginator = Paginator(rows, ROWS_PER_PAGE)
    context = site.each_context(request) | {
        "title": f"Import of {run.name}",
        "run": run,
        "kind": kind,
        "may_apply": may_apply and run.state == Import.State.CHECKED,
        "may_go_on": may_apply and run.is_stuck,
        "outcome": outcome,
        "page": paginator.get_page(request.GET.get("page")),
        "counts": _counts(run),
        "is_applied": run.state in (Import.State.APPLYING, Import.State.DONE),
    }
    return render(request, "exchange/import.html", context)


def download_errors(request: HttpRequest, import_id: object) -> HttpResponseBase:
    """Answer the rows that were refused, to be corrected and imported."""
    run = _import(request, import_id)
    return _file(f"{run.kind}-errors", run.format, error_columns(run), error_rows(run))


def download_rows(
    request: HttpRequest, kind_name: str, file_format: str
) -> HttpResponseBase:
    """Answer all rows of a kind that the reader may see, within the filters."""
    kind = KINDS.get(kind_name)
    if kind is None or file_format not in CONTENT_TYPES:
        raise Http404
    user = cast("User", request.user)
    if not user.has_perm(kind.view):
        raise PermissionDenied
    partner_ids = partners_shown_to(user)
    filters = FilterForm(partner_ids, request.GET)
    if not filters.is_valid():
        told = " ".join(
            str(each) for faults in filters.errors.values() for each in faults
        )
        return HttpResponse(told, "text/plain", status=HTTPStatus.BAD_REQUEST)
    partner, category = (filters.cleaned_data[name] for name in ("partner", "category"))
    scope = Scope(
        actor=user,
        partner_ids=partner_ids if partner is None else [partner.pk],
        category_id=category.pk if category else None,
    )
    name = f"{kind.name}-{timezone.now():%Y-%m-%d}"
    return _file(name, file_format, kind.columns, kind.stored_rows(scope))


def _import(request: HttpRequest, import_id: object) -> Import:
    """Return an import the reader may see.

    Raises:
        Http404: There is none such.
    """
    shown = imports_shown_to(cast("User", request.user))
    run = shown.by_id(import_id).first()
    if run is None:
        raise Http404
    return run


def _counts(run: Import) -> list[tuple[str, str, int]]:
    """Return outcome, label and number of rows."""
    counts = (run.num_created, run.num_updated, run.num_unchanged, run.num_errors)
    choices = ImportRow.Outcome.choices
    return [
        (value, str(label), count)
        for (value, label), count in zip(choices, counts, strict=True)
    ]


def _file(
    name: str,
    file_format: str,
    columns: list[str],
    rows: Any,  # noqa: ANN401
) -> HttpResponseBase:
    """Stream a file, or say why it cannot be written."""
    try:
        pieces = write_rows(columns, rows, file_format)
    except DomainError as error:
        return HttpResponse(
            error.detail, "text/plain", status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    response = StreamingHttpResponse(pieces, CONTENT_TYPES[file_format])
    disposition = f'attachment; filename="{name}.{file_format}"'
    response.headers["Content-Disposition"] = disposition
    return response
