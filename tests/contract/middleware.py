"""Fails the test whose request is answered as the contract does not say."""

import os
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import resolve

from custom.api.handlers import is_api_path
from tests.contract.checker import Answer, the_contract

SHOP_URLS = "shop.urls"
LOG = "CONTRACT_LOG"  # variable: collect faults in this file instead of failing


class BrokenContractError(AssertionError):
    """The API answered as docs/openapi.yml does not say."""


class ContractMiddleware:
    """Holds every answer below ``/api/`` against the document; outermost."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if settings.ROOT_URLCONF == SHOP_URLS and is_api_path(request.path_info):
            _check(request, response)
        return response


def _check(request: HttpRequest, response: HttpResponseBase) -> None:
    """Compare an answer with what its operation declares.

    Raises:
        BrokenContractError: It is not as declared.
    """
    try:
        match = request.resolver_match or resolve(request.path_info)
    except Http404:
        return  # no address, no contract
    answer = Answer(
        method=request.method or "",
        route=f"/{match.route}",
        status=response.status_code,
        headers=response.headers,
        content=getattr(response, "content", b""),
        is_partial="fields" in request.GET,
    )
    if not (faults := the_contract().find_faults(answer)):
        return
    told = f"{answer.method} {answer.route} {answer.status}: " + "; ".join(faults)
    if LOG in os.environ:
        with Path(os.environ[LOG]).open("a") as log:
            log.write(told + "\n")
        return
    msg = f"{told}. See docs/contract.md."
    raise BrokenContractError(msg)
