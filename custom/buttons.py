"""Buttons on the pages of the admin: each calls one service."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from custom.admin import LedgerAdmin
from custom.errors import DomainError
from custom.transactions import DatabaseBusyError, run_in_transaction

M = TypeVar("M", bound=Model)


class RowForm(forms.Form):
    """A form whose fields depend on the row it is beside."""

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.row = row


@dataclass(frozen=True, kw_only=True)
class Button(Generic[M]):
    """One step staff may take with a row.

    The admin's method ``press_<name>(row, actor, cleaned)`` calls the service with what
    the form brought, and returns a sentence that says what was done.

    Attributes:
        name: Of the method, and in the address.
        permission: Who may press it, ``payments.move_money``.
        is_lawful: The row is in a state that allows the step; the service decides.
        form: What is asked for beside the button; a ``RowForm`` is given the row.
        is_sql: The step does nothing but SQL. One that asks a provider is not of one
            transaction with its entry in the log, and is harmless to take again.
    """

    name: str
    label: str
    permission: str
    is_lawful: Callable[[M], bool]
    form: type[forms.Form] = forms.Form
    is_sql: bool = True

    def make_form(self, row: M, values: QueryDict | None = None) -> forms.Form:
        """Return the form for a row, empty or with what was posted."""
        if issubclass(self.form, RowForm):
            return self.form(values, prefix=self.name, row=row)
        return self.form(values, prefix=self.name)


class ButtonsMixin(admin.ModelAdmin[M]):
    """An admin whose pages have buttons; every press is in the row's history.

    A template of its own extends ``admin/buttons.html``.
    """

    buttons: ClassVar[tuple[Button[Any], ...]] = ()
    change_form_template = "admin/buttons.html"

    def get_urls(self) -> list[URLPattern]:
        """Give every button an address of its own."""
        press = path(
            "<path:object_id>/press/<slug:name>/",
            self.admin_site.admin_view(self.press_view),
            name=f"{self._names()}_press",
        )
        return [press, *super().get_urls()]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,  # noqa: ANN401 - as Django has them
        **kwargs: Any,  # noqa: ANN401
    ) -> HttpResponse:
        """Show the row with the buttons that are lawful for this reader."""
        obj: M | None = kwargs.get("obj")
        if obj is not None:
            context["buttons"] = [
                {
                    "label": button.label,
                    "form": button.make_form(obj),
                    "url": self._address(obj, button),
                }
                for button in self.buttons
                if request.user.has_perm(button.permission) and button.is_lawful(obj)
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    @method_decorator(require_POST)
    def press_view(
        self, request: HttpRequest, object_id: str, name: str
    ) -> HttpResponse:
        """Take one step, and show the row as it is then."""
        row = self.get_object(request, unquote(object_id))
        button = next((each for each in self.buttons if each.name == name), None)
        if button is None:
            raise Http404
        may_see = self.has_view_permission(request, row)
        if not may_see or not request.user.has_perm(button.permission):
            raise PermissionDenied
        if row is None:
            raise Http404
        form = button.make_form(row, request.POST)
        if form.is_valid():
            self._press(button, row, request, form)
        else:
            faults = (fault for faults in form.errors.values() for fault in faults)
            self.message_user(request, " ".join(map(str, faults)), messages.ERROR)
        return redirect(f"admin:{self._names()}_change", object_id)

    def _press(
        self,
        button: Button[M],
        row: M,
        request: HttpRequest,
        form: forms.Form,
    ) -> None:
        """Call the service; tell the reader and the history what came of it."""
        step = getattr(self, f"press_{button.name}")

        def press() -> str:
            done: str = step(row, request.user, form.cleaned_data)
            self.log_change(request, row, button.label)
            return done

        try:
            done = run_in_transaction(press) if button.is_sql else press()
        except DatabaseBusyError:
            raise  # for the site, which keeps what was sent
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return
        self.message_user(request, done)

    def _address(self, row: M, button: Button[M]) -> str:
        arguments = [quote(row.pk), button.name]
        return reverse(f"admin:{self._names()}_press", args=arguments)

    def _names(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"


class ButtonsAdmin(ButtonsMixin[M], LedgerAdmin[M]):
    """A ledger whose pages have buttons; nothing else is done there."""
