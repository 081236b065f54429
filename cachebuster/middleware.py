"""Static files are answered before sessions, cookies and the rest are looked at."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from cachebuster.views import static_serve


class StaticFilesMiddleware:
    """Serves everything below the path of ``STATIC_URL`` by ``static_serve``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.prefix = urlsplit(settings.STATIC_URL).path

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a static file, or pass the request on."""
        path = request.path_info
        if path.startswith(self.prefix):
            return static_serve(request, path.removeprefix(self.prefix))
        return self.get_response(request)
