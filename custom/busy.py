"""Pages of the admin and a busy database: done again, then given back as it was sent.

A page that loses a lock is run again from its start, as services are. If that does not
help, a form comes back with all that was typed, and what has no form of its own comes
back as a page that sends it again. Nothing is ever answered by leading elsewhere.
"""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.messages.storage import default_storage
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers

from custom.transactions import DatabaseBusyError, run_in_transaction

M = TypeVar("M", bound=Model)
NOT_SENT_AGAIN = ("csrfmiddlewaretoken",)  # the page has its own


class BusyPages(admin.ModelAdmin[M]):
    """Forms that come back with what was typed when the database is too busy."""

    def given_back_when_busy(
        self, request: HttpRequest, show: Callable[[], HttpResponse]
    ) -> HttpResponse:
        """Run the page of a form; give back, as 503, what could not be saved.

        The form is then shown as one that has an error: it is read and checked, but
        no lock is taken and nothing is written.

        Args:
            request: Of the page.
            show: Answers with the page, or saves what was sent.

        Raises:
            DatabaseBusyError: The page was only to be read, or that failed as well.
        """
        try:
            return repeated(request, show)
        except DatabaseBusyError as error:
            if request.method != "POST":
                raise
            request.given_back = _told(request, error)  # type: ignore[attr-defined]
            _begin_anew(request)
            response = repeated(request, show)
            if response.status_code == HTTPStatus.OK:
                _mark(response, error)
            return response

    def get_form(
        self, request: HttpRequest, obj: M | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Have a form that is given back say why."""
        form = super().get_form(request, obj, *args, **kwargs)
        told = getattr(request, "given_back", None)
        if told is None:
            return form

        def clean(given_back: Any) -> Any:
            given_back.add_error(None, told)
            return form.clean(given_back)

        return type(form.__name__, (form,), {"clean": clean})


def repeated(request: HttpRequest, show: Callable[[], HttpResponse]) -> HttpResponse:
    """Run a page in one transaction, again from its start when it loses a lock.

    Each time it finds the request as it came: files at their start, and no messages
    of what was not kept.

    Args:
        request: Of the page.
        show: Answers; does nothing but SQL, and uses nothing it has read before.

    Raises:
        DatabaseBusyError: See ``run_in_transaction``.
    """
    tries = 0

    def answer() -> HttpResponse:
        nonlocal tries
        tries += 1
        if tries > 1:
            _begin_anew(request)
        return show()

    return run_in_transaction(answer, catches=True)


def is_given_back(request: HttpRequest) -> bool:
    """Tell whether what was sent is only shown again, since it could not be saved."""
    return hasattr(request, "given_back")


def busy_page(
    request: HttpRequest, error: DatabaseBusyError, context: dict[str, Any]
) -> HttpResponse:
    """Return a page, 503, that keeps what was sent and sends it again when asked.

    A script is answered in a line; its page tells the reader when it is loaded anew.

    Args:
        request: Of the page.
        error: What the page ended with.
        context: What the site gives to each of its pages.
    """
    _begin_anew(request)
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        messages.error(request, error.detail)
        line = HttpResponse(error.detail, "text/plain; charset=utf-8")
        return _mark(line, error)
    is_secret = _is_secret(request)
    shown = {
        **context,
        "title": error.detail,
        "sent": [] if is_secret else list(_sent(request)),
        "is_secret": is_secret,
        "lost_files": list(map(str, _files(request))),
    }
    return _mark(TemplateResponse(request, "admin/busy.html", shown), error)


def _begin_anew(request: HttpRequest) -> None:
    """Let the request be as before the page: files unread, no messages of the page."""
    for file in _files(request):
        file.open()  # or rewind
    if hasattr(request, "_messages"):
        request._messages = default_storage(request)  # noqa: SLF001 - as the middleware


def _mark(response: HttpResponse, error: DatabaseBusyError) -> HttpResponse:
    response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    response.headers["Retry-After"] = str(error.retry_after)
    add_never_cache_headers(response)  # it may hold what was typed
    return response


def _told(request: HttpRequest, error: DatabaseBusyError) -> str:
    """Say what the matter is, and what is to be done."""
    told = f"{error.detail} What you typed is still here: save it again."
    files = ", ".join(map(str, _files(request)))
    return f"{told} Choose the files again: {files}." if files else told


def _files(request: HttpRequest) -> list[Any]:
    return [each for _, files in request.FILES.lists() for each in files]


def _is_secret(request: HttpRequest) -> bool:
    """Tell whether a password was sent: a page that keeps it would hold it in clear.

    The view may not have been reached that declares so.
    """
    named = (name for name in request.POST if "password" in name.lower())
    return hasattr(request, "sensitive_post_parameters") or any(named)


def _sent(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """Yield the names and values that were sent."""
    for name, values in request.POST.lists():
        if name not in NOT_SENT_AGAIN:
            yield from ((name, str(value)) for value in values)
