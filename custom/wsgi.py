"""What is done to a request before Django reads it."""

import codecs
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.utils.http import parse_header_parameters

UNREADABLE_TYPE = "application/octet-stream"


def read_headers_safely(application: WSGIApplication) -> WSGIApplication:
    """Wrap an application so that a malformed ``Content-Type`` is no crash.

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
    """Tell whether Django can read the header: its parameters and its charset."""
    try:
        _, parameters = parse_header_parameters(content_type)
        codecs.lookup(parameters.get("charset", "utf-8"))
    except LookupError:
        return True  # Django ignores a charset it does not know
    except ValueError:
        return False
    return True
