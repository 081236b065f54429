"""What is done to a request before Django reads it."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.utils.http import parse_header_parameters

UNREADABLE_TYPE = "application/octet-stream"
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})  # all read as UTF-8


def read_headers_safely(application: WSGIApplication) -> WSGIApplication:
    """Wrap an application so that no ``Content-Type`` crashes it.

    Django parses the header while it builds the request, outside every handler
    and middleware; the wrapped application sees a type that nothing parses, and
    answers 415.
    """

    def answer(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if not is_readable(environ.get("CONTENT_TYPE", "")):
            environ["CONTENT_TYPE"] = UNREADABLE_TYPE
        return application(environ, start_response)

    return answer


def is_readable(content_type: str) -> bool:
    """Tell whether Django can read the header, and the request in its charset.

    Django decodes the query string in the charset of the body: in "zip", it crashes.
    """
    try:
        _, parameters = parse_header_parameters(content_type)
    except ValueError:
        return False
    return parameters.get("charset", "utf-8").strip().lower() in CHARSETS
