"""Pages of the admin, saved as a browser saves them."""

from collections.abc import Mapping

from django.http import HttpResponse
from django.test import Client


def save_page(
    client: Client, url: str, values: Mapping[str, object], **options: object
) -> HttpResponse:
    """Read a page, and post values with what it says it has shown."""
    seen = client.get(url).context["seen"]
    return client.post(url, {**values, "_seen": seen}, **options)
