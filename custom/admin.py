"""The two kinds of admin page: what staff may edit, and ledgers nobody edits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any, TypeVar, cast

import reversion
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from reversion.admin import VersionAdmin

from custom import history, outbox
from custom.busy import BusyPages, repeated
from custom.columns import MoneyColumns
from custom.edits import EditGuard
from custom.errors import DomainError
from custom.history.pages import HistoryPages
from custom.history.recording import REASON_LENGTH
from custom.history.steps import sum_up
from custom.history.undo_pages import UndoPages
from custom.ids import new_public_id
from custom.models import (
    HistoryBatch,
    HistoryUndo,
    IdempotencyKey,
    OutboxMessage,
)
from custom.transactions import DatabaseBusyError

M = TypeVar("M", bound=Model)
View = TypeVar("View", bound=Callable[..., HttpResponse])


def tells_refusals(view: View) -> View:
    """Have a page of an admin tell what a service refused; nothing is saved then.

    The page is shown again, as the database has it.
    """

    @wraps(view)
    def answer(
        self: admin.ModelAdmin[Any],
        request: HttpRequest,
        *args: object,
        **kwargs: object,
    ) -> HttpResponse:
        try:
            return view(self, request, *args, **kwargs)
        except DatabaseBusyError:
            raise  # for the site, which keeps what was sent
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return redirect(request.get_full_path())

    return cast("View", answer)


class _ListedAdmin(MoneyColumns, admin.ModelAdmin[M]):
    """A list that never counts the whole table beside the page it shows."""

    show_full_result_count = False
    list_per_page = 50

    def get_list_display(self, request: HttpRequest) -> Any:
        """Show every amount of a list in its currency."""
        return self.columns(super().get_list_display(request))


class ShopAdmin(
    BusyPages[M], EditGuard[M], HistoryPages[M], VersionAdmin, _ListedAdmin[M]
):
    """Base of every model staff may edit: each save is a version that can be read.

    A row with a ``version`` column has it raised by every save. A service that
    refuses (``DomainError``) leaves nothing behind and tells the reader why. What
    somebody else has saved meanwhile is asked about, not overwritten. A page is one
    transaction, run again when it loses a lock.
    """

    change_list_template = "admin/versioned_list.html"
    save_on_top = True

    def reversion_register(self, model: type[Model], **_options: object) -> None:
        """Refuse a model that is not versioned where the admin is not loaded.

        Raises:
            ImproperlyConfigured: Always; reversion asks for what it does not know.
        """
        msg = f"{model.__name__} is to be registered with reversion beside its fields."
        raise ImproperlyConfigured(msg)

    @contextmanager
    def create_revision(self, request: HttpRequest) -> Iterator[None]:
        """Record what a page changes; VersionAdmin opens it around its views."""
        with history.recorded(
            request.POST.get("_reason", "").strip() or self._action(request),
            actor=request.user,
            batch=getattr(request, "history_batch", None),
        ):
            yield

    def _action(self, request: HttpRequest) -> str:
        """Name the action that is carried out, if it is one."""
        chosen = request.POST.get("action")
        if not chosen:
            return ""
        label = dict(self.get_action_choices(request)).get(chosen, chosen)
        return f"{label}, in bulk."

    @tells_refusals
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Let what is done to many rows at once be one step, which can be undone."""
        if request.method == "POST":
            request.history_batch = new_public_id()  # type: ignore[attr-defined]
        show = partial(super().changelist_view, request, extra_context)
        return repeated(request, show)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Keep the reason that was given; without one, the change is the reason."""
        return self._logged(super().log_change, request, obj, message)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Keep the reason that was given; without one, that it is new."""
        return self._logged(super().log_addition, request, obj, message)

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: Any) -> None:
        """Raise the row's version, so that other readers notice the change."""
        if change and hasattr(obj, "version"):
            obj.version += 1
        super().save_model(request, obj, form, change)

    @tells_refusals
    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Add a row."""
        show = partial(super().add_view, request, form_url, extra_context)
        return self.given_back_when_busy(request, show)

    @tells_refusals
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Change a row."""
        show = partial(super().change_view, request, object_id, form_url, extra_context)
        return self.given_back_when_busy(request, show)

    @tells_refusals
    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Delete a row, as a change that is recorded."""
        show = partial(super().delete_view, request, object_id, extra_context)

        def delete() -> HttpResponse:
            with self.create_revision(request):
                return show()

        return repeated(request, delete)

    @staticmethod
    def _logged(
        log: Callable[..., Any], request: HttpRequest, obj: Any, message: Any
    ) -> Any:
        """Write Django's entry, which reversion takes for the revision's comment."""
        entry = log(request, obj, message)
        if reversion.is_active() and (reason := request.POST.get("_reason", "")):
            reversion.set_comment(reason.strip()[:REASON_LENGTH])
        return entry


class LedgerAdmin(_ListedAdmin[M]):
    """Rows as they stand: services alone add to them, nobody changes or deletes."""

    actions: tuple[str, ...] | None = None

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Refuse: a service adds rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Refuse: what has happened stays."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Refuse: what has happened stays."""
        return False


class LedgerInline(MoneyColumns, admin.TabularInline[Any, Any]):
    """Rows of a ledger on the page of what they belong to."""

    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Load whose currency the rows have in the same query."""
        rows = super().get_queryset(request)
        owner, _, _ = self.currency_path.rpartition("__")
        return rows.select_related(owner) if owner else rows

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Show everything, and ask for nothing."""
        return [
            *super().get_readonly_fields(request, obj),
            *self.columns(self.fields or ()),
        ]

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Refuse: a service adds rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: what has happened stays."""
        return False


@admin.register(OutboxMessage)
class OutboxMessageAdmin(LedgerAdmin[OutboxMessage]):
    """What is to happen because a transaction committed; what is parked may go again.

    A message holds ids and the class of its last error, nothing personal.
    """

    actions = ("resend",)
    list_display = (
        "public_id",
        "topic",
        "handler",
        "state",
        "attempts",
        "last_error",
        "next_at",
        "created_at",
    )
    list_filter = ("state", "topic")
    search_fields = ("public_id", "request_id", "last_error")
    ordering = ("-id",)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Tell whether the reader may send messages again."""
        return request.user.has_perm("custom.resend_outboxmessage")

    @admin.action(description="Send again", permissions=["resend"])
    def resend(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        """Send parked and waiting messages again, at once."""
        pks = list(queryset.values_list("pk", flat=True))
        renewed = outbox.resend(pks)
        LogEntry.objects.log_actions(
            cast("int", request.user.pk), queryset, CHANGE, "Sent again."
        )
        told = f"{renewed} of {len(pks)} will be tried again at once."
        level = messages.SUCCESS if renewed == len(pks) else messages.WARNING
        self.message_user(request, told, level)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(LedgerAdmin[IdempotencyKey]):
    """Requests that were carried out; digests only."""

    list_display = ("endpoint", "made", "created_at")
    list_filter = ("endpoint",)
    search_fields = ("made",)
    ordering = ("-id",)


@admin.register(HistoryBatch)
class HistoryBatchAdmin(UndoPages[HistoryBatch], LedgerAdmin[HistoryBatch]):
    """Bulk edits and imports, each a step that can be undone as a whole."""

    change_form_template = "admin/step.html"
    list_display = ("created_at", "__str__", "made_by", "source", "undone")
    list_select_related = (
        "first_revision__user",
        "first_revision__note",
        "undo",
        "undone_by",
    )
    search_fields = ("=public_id", "reason")
    ordering = ("-created_at",)
    fields = ("reason", "created_at", "made_by", "source", "rows", "undone")
    readonly_fields = ("made_by", "source", "rows", "undone")

    @admin.display(description="by")
    def made_by(self, batch: HistoryBatch) -> str:
        """Show who began it."""
        first = batch.first_revision
        return str(first.user or "-") if first else "-"

    @admin.display
    def source(self, batch: HistoryBatch) -> str:
        """Show through what it came."""
        note = getattr(batch.first_revision, "note", None)
        return note.source if note else "-"

    @admin.display
    def rows(self, batch: HistoryBatch) -> str:
        """Count the rows it changed, made and deleted, by their kind."""
        return ", ".join(
            f"{done.count} {done.model_names} {done.told}" for done in sum_up(batch.pk)
        )

    @admin.display
    def undone(self, batch: HistoryBatch) -> str:
        """Tell whether it has been undone."""
        undo: HistoryUndo | None = getattr(batch, "undo", None)
        if undo is not None:
            return undo.get_state_display()
        return "undone" if batch.undone_by else "-"

    @admin.display(description="undo")
    def way_back(self, batch: HistoryBatch) -> str:
        """Lead to where it is undone."""
        is_begun = hasattr(batch, "undo") or batch.undone_by is not None
        url = reverse("admin:custom_historybatch_undo", args=[batch.pk])
        label = "How it went" if is_begun else "Undo"
        return format_html('<a href="{}">{}</a>', url, label)

    def get_list_display(self, request: HttpRequest) -> Any:
        """Lead those to the undoing who may undo."""
        columns = super().get_list_display(request)
        may_undo = self.has_undo_permission(request)
        return (*columns, "way_back") if may_undo else columns
