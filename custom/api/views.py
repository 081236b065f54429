"""What every view of the API does alike: parameters and fields."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import Model, QuerySet
from django.http import Http404
from django.utils.functional import cached_property
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.settings import api_settings
from rest_framework.viewsets import GenericViewSet, ViewSetMixin

from custom.api.contract import Refusal
from custom.api.deprecation import Deprecation, deprecation_of, deprecations_shown
from custom.api.expanding import EXPAND_PARAMETER, Expansion, read_expansions
from custom.api.keys import EVERY_KEY, check_scope
from custom.api.parameters import IGNORED_PARAMETERS
from custom.api.parsers import UNSAFE_CHARACTERS
from custom.api.problems import QueryParameterError
from custom.api.public import PublicPageMixin
from custom.api.selecting import (
    FIELDS_PARAMETER,
    Selection,
    check_selection,
    read_selection,
    restricted,
    shape_of,
    shape_of_field,
)
from custom.errors import DomainError

ModelT_co = TypeVar("ModelT_co", bound=Model, covariant=True)

PAGE_PARAMETER_ATTRIBUTES = (
    "page_query_param",
    "page_size_query_param",
    "cursor_query_param",
)


class ApiMixin(PublicPageMixin[ModelT_co]):
    """The ground rules of the API, for views and viewsets alike.

    Attributes:
        query_parameters: Names the view reads beside ``format``, ``fields``, its
            pagination's and its filterset's.
        meanings: Name of a parameter of the path or query -> what the document tells of
            it, where nothing else does.
        deletes_by_body: Its DELETE takes a body, which the document then describes.
        expansions: What ``?expand=`` may add; the view passes what it shows to
            ``expand``.
        list_actions: Actions of a viewset that answer with filtered, paged rows.
        error_pointers: Domain error -> JSON pointer to the member of the body that it
            is about, where it names none itself.
        deprecation: Announces the end of all of its methods; ``deprecated`` of one.
        refusals: Why any of its methods may refuse, beside what custom.api.contract
            finds out; ``refuses`` says it of one method.
        sent_headers: What all of its methods tell in headers of their own; ``sends``
            says it of one.
        throttle_scope: Scope of the view's POST requests; a viewset may name one for
            each action. Other methods count in ``per_minute``.
        key_scope: Scope that an API key needs here, ``EVERY_KEY`` for none; a viewset
            names one for each action, another view for each method (``"get"``). What
            is not named, keys may not do; every key may read public pages.
        throttled_methods: Which methods count in ``throttle_scope``.
    """

    query_parameters: ClassVar[frozenset[str]] = frozenset()
    meanings: ClassVar[Mapping[str, str]] = {}
    deletes_by_body: ClassVar[bool] = False
    expansions: ClassVar[Mapping[str, Expansion]] = {}
    list_actions: ClassVar[frozenset[str]] = frozenset({"list"})
    error_pointers: ClassVar[Mapping[type[DomainError], str]] = {}
    deprecation: ClassVar[Deprecation | None] = None
    refusals: ClassVar[Sequence[type[Exception] | Refusal]] = ()
    sent_headers: ClassVar[Sequence[str]] = ()
    throttle_scope: ClassVar[str | Mapping[str, str] | None] = None
    key_scope: ClassVar[str | Mapping[str, str] | None] = None
    throttled_methods: ClassVar[frozenset[str]] = frozenset({"POST"})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Admit the caller, then refuse what the view would ignore or choke on."""
        super().initial(request, *args, **kwargs)
        for value in kwargs.values():
            if isinstance(value, str) and UNSAFE_CHARACTERS.search(value):
                raise Http404
        self.check_query_parameters(request)

    def check_permissions(self, request: Request) -> None:
        """Refuse an API key that is not for this, and whoever may not call."""
        check_scope(request, self.get_key_scope())
        super().check_permissions(request)

    def get_key_scope(self) -> str | None:
        """Name the scope that a key needs for this request; None: keys are refused."""
        method = str(self.request.method).lower()
        is_answered = hasattr(self, method) and method != "options"
        if self.is_public_page or not is_answered:  # as to everyone, or a 405
            return EVERY_KEY
        step = getattr(self, "action", None) or method.replace("head", "get")
        return self.get_named_scope(step)

    def get_named_scope(self, step: str) -> str | None:
        """Name the scope that a key needs for an action or method."""
        if isinstance(self.key_scope, Mapping):
            return self.key_scope.get(step)
        return self.key_scope

    def finalize_response(
        self,
        request: Request,
        response: Response,
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> Response:
        """Tell what of this will end; see custom.api.deprecation."""
        response = super().finalize_response(request, response, *args, **kwargs)
        step = getattr(self, "action", None) or str(request.method).lower()
        end = deprecation_of(self, step, getattr(request, "version", None))
        ends = [end] if end else deprecations_shown(getattr(response, "data", None))
        for each in ends:
            for name, value in each.headers().items():
                response.headers.setdefault(name, value)
        if isinstance(response, Response):  # and no file
            response.add_post_render_callback(_untie)
        return response

    def get_throttle_scope(self) -> str | None:
        """Name the scope of this POST request; see custom.rates."""
        if isinstance(self.throttle_scope, Mapping):
            return self.throttle_scope.get(getattr(self, "action", None) or "")
        return self.throttle_scope

    def get_throttle_account(self, request: Request) -> str | None:
        """Name what a POST tries to open, as ``tried_ident``; None: one's own account.

        An address that is tried has an allowance whoever tries it.
        """
        return None

    def get_further_scope(self, request: Request) -> str | None:
        """Name a scope this POST counts in because of its body, beside its own."""
        return None

    def check_query_parameters(self, request: Request) -> None:
        """Refuse unknown parameters and characters no value may hold.

        Raises:
            QueryParameterError: It names every parameter at fault.
        """
        if not request.query_params:
            return
        known = self.get_query_parameters()
        faults: dict[str, list[ErrorDetail]] = {}
        for name, values in request.query_params.lists():
            if UNSAFE_CHARACTERS.search("".join((name, *values))):
                fault = ErrorDetail("Has a control character.", "invalid-character")
                faults[name] = [fault]
            elif name not in known and not IGNORED_PARAMETERS.fullmatch(name):
                faults[name] = [ErrorDetail("Unknown parameter.", "unknown-parameter")]
        if faults:
            raise QueryParameterError(faults)

    def get_query_parameters(self) -> frozenset[str]:
        """Name every query parameter this request may carry."""
        names = {str(api_settings.URL_FORMAT_OVERRIDE), *self.query_parameters}
        if self.picks_fields():
            names.add(FIELDS_PARAMETER)
            names.update({EXPAND_PARAMETER} if self.expansions else ())
        if self.is_list():
            names |= self._list_parameters()
        return frozenset(names)

    def picks_fields(self) -> bool:
        """Tell whether ``?fields=`` applies: a GET answered by a serializer."""
        has_serializer = (
            self.serializer_class is not None
            or type(self).get_serializer_class
            is not GenericAPIView.get_serializer_class
        )
        return self.request.method in ("GET", "HEAD") and has_serializer

    def is_list(self) -> bool:
        """Tell whether this request is answered with filtered, paged rows."""
        if isinstance(self, ViewSetMixin):
            return self.action in self.list_actions
        return isinstance(self, ListModelMixin)

    def _list_parameters(self) -> set[str]:
        """Name the parameters of the pagination and the filterset."""
        names = {
            getattr(self.paginator, attribute, None)
            for attribute in PAGE_PARAMETER_ATTRIBUTES
        }
        filterset = getattr(self, "filterset_class", None)
        names.update(filterset.base_filters if filterset else ())
        return {name for name in names if name}

    def filter_queryset(self, queryset: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        """Filter; a bad value is reported as the query parameter it came in."""
        try:
            return super().filter_queryset(queryset)
        except ValidationError as error:
            raise QueryParameterError(error.detail) from error

    @cached_property
    def selection(self) -> Selection | None:
        """Return what ``?fields=`` names; None: the whole answer is wanted.

        Raises:
            QueryParameterError: A path is longer than any can be.
        """
        texts = self.request.query_params.getlist(FIELDS_PARAMETER)
        if not texts or not self.picks_fields():
            return None
        return read_selection(",".join(texts))

    def wants(self, *paths: str) -> bool:
        """Tell whether the answer shows anything of one of these members."""
        wanted = self.selection
        return wanted is None or any(map(wanted.touches, paths))

    def wanted_parts(self, parts: Mapping[str, Sequence[str]]) -> list[str]:
        """Return what has to be read for the answer: part -> members that show it."""
        return [part for part, members in parts.items() if self.wants(*members)]

    def get_serializer(self, *args: Any, **kwargs: Any) -> BaseSerializer[Any]:  # noqa: ANN401
        """Build the serializer; one that answers a GET obeys ``?fields=``."""
        kind: Any = self.get_serializer_class()
        if "context" not in kwargs:  # made for nothing else, by REST framework
            kwargs["context"] = self.get_serializer_context()
        serializer: BaseSerializer[Any] = kind(*args, **kwargs)
        if self.selection is not None and "data" not in kwargs:
            row: Any = getattr(serializer, "child", serializer)
            added = {
                name: shape_of_field(self.expansions[name].shape())
                for name in self._wanted_expansions()
            }
            of_row: Any = type(row)
            check_selection(self.selection, {**shape_of(of_row), **added})
            row.selection = self.selection
        return serializer

    def expand(self, rows: Sequence[Any], shown: Sequence[dict[str, Any]]) -> None:
        """Add to what is shown of rows the relations that the request names."""
        for name in filter(self.wants, self._wanted_expansions()):
            found = self.expansions[name].load(rows, self.get_serializer_context())
            wanted = self.selection[name] if self.selection else None
            for row, each in zip(rows, shown, strict=True):
                each[name] = restricted(found.get(row.pk), wanted)

    def _wanted_expansions(self) -> list[str]:
        """Return the relations that the request names."""
        texts = self.request.query_params.getlist(EXPAND_PARAMETER)
        return read_expansions(",".join(filter(None, texts)), self.expansions)


def _untie(response: Response) -> None:
    """Let go of each other what REST framework has tied together for a request.

    View, request and answer hold one another, and all that was read and shown: only
    the garbage collector would free them, by looking at each piece.
    """
    context = cast("Any", response).renderer_context
    vars(context.pop("view")).clear()
    context.pop("request").parser_context.clear()
    del context["response"]


class ApiView(ApiMixin[Any]):
    """One address answered by methods named after the HTTP methods."""


class ApiViewSet(ApiMixin[ModelT_co], GenericViewSet[ModelT_co]):
    """Several addresses of one resource answered by actions; a router binds it."""
