"""Problem documents for what fails outside DRF's views.

The functions without an underscore are the project's ``handler400`` and its kin:
below ``/api/`` they answer with a problem, elsewhere as Django does.
"""

from http import HTTPStatus

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.utils.cache import patch_vary_headers
from django.views import defaults
from rest_framework.exceptions import APIException
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from custom.api.negotiation import QualityNegotiation
from custom.api.problems import (
    PROBLEM_BY_STATUS,
    Problem,
    ProblemResponse,
)
from custom.api.renderers import JSONRenderer, TextXMLRenderer, XMLRenderer

API_PREFIX = "/api/"
NO_STORE = "private, no-store"


def is_api_path(path: str) -> bool:
    """Tell whether a path belongs to the API, with or without its last slash."""
    return f"{path}/".startswith(API_PREFIX)


def problem_response(request: HttpRequest, problem: Problem) -> ProblemResponse:
    """Write a problem in the format the client asked for, or else in JSON."""
    renderers: list[BaseRenderer] = [JSONRenderer(), XMLRenderer(), TextXMLRenderer()]
    try:
        renderer, media_type = QualityNegotiation().select_renderer(
            Request(request), renderers
        )
    except (APIException, SuspiciousOperation):
        renderer, media_type = renderers[0], renderers[0].media_type
    response = ProblemResponse(problem, getattr(request, "request_id", None))
    response.headers["Cache-Control"] = NO_STORE
    response.accepted_renderer = renderer
    response.accepted_media_type = media_type
    response.renderer_context = {}  # type: ignore[attr-defined]
    patch_vary_headers(response, ["Accept"])
    return response.render()


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request Django refused to read."""
    if is_api_path(request.path_info):
        return problem_response(request, PROBLEM_BY_STATUS[HTTPStatus.BAD_REQUEST])
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a caller who may not do this."""
    if is_api_path(request.path_info):
        return problem_response(request, PROBLEM_BY_STATUS[HTTPStatus.FORBIDDEN])
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a path that leads nowhere."""
    if is_api_path(request.path_info):
        return problem_response(request, PROBLEM_BY_STATUS[HTTPStatus.NOT_FOUND])
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when a bug was met; its trace is in the log alone."""
    if is_api_path(request.path_info):
        problem = PROBLEM_BY_STATUS[HTTPStatus.INTERNAL_SERVER_ERROR]
        return problem_response(request, problem)
    try:
        return defaults.server_error(request)
    except ValueError:  # the page's own style sheet was not collected
        return HttpResponseServerError(
            "Something went wrong.\n", content_type="text/plain; charset=utf-8"
        )
