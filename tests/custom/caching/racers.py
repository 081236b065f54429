"""What processes of these tests do at one moment."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from tests.custom.caching.kept import long_lease

resolve("/api/product/1/")  # else the first request of each process takes a second


def ask(path: str) -> tuple[str, int]:
    """Return a page's title, and how many SQL statements it took."""
    with long_lease(), CaptureQueriesContext(connection) as queries:
        answer = Client().get(path)
    return answer.json()["title"], len(queries)
