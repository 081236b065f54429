import ast
from collections.abc import Iterator
from pathlib import Path
from unittest import TestCase

from django.apps import apps
from django.db import models
from django.test import SimpleTestCase

from script.lib.lint import APPS

ROOT = Path(__file__).resolve().parent.parent.parent
NETWORK = frozenset(
    {
        "aiohttp",
        "ftplib",
        "http.client",
        "httpx",
        "requests",
        "smtplib",
        "socket",
        "stripe",
        "telnetlib",
        "urllib.request",
        "urllib3",
        "xmlrpc",
    }
)
# Who may open connections, and where the address comes from.
ALLOWED = {
    "custom/caching/handlers.py": "CDN_PURGE_URL, a setting; follows no redirect",
    "custom/limits/connection.py": "RATE_REDIS_URL, a setting",
    "payments/providers/dummy.py": "SITE_URL, a setting; refused in production",
    "payments/providers/stripe.py": "STRIPE_API_BASE, a setting",
    "users/breaches.py": "BREACHED_PASSWORDS_URL, a setting",
}


def imported(source: str) -> Iterator[str]:
    """Yield the name of every module that a piece of code imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reaches_out(source: str) -> bool:
    """Tell whether a piece of code imports what opens connections."""
    return any(
        name in NETWORK or name.partition(".")[0] in NETWORK
        for name in imported(source)
    )


class OutgoingTests(TestCase):
    """Only a few modules call other machines, at addresses of the settings"""

    def test_the_rule_sees_what_it_forbids(self) -> None:
        for bad in (
            "import requests",
            "from urllib.request import urlopen",
            "from urllib import request",
            "import urllib3.util",
            "from http import client",
        ):
            self.assertTrue(reaches_out(bad), bad)
        self.assertFalse(reaches_out("from urllib.parse import urlsplit"))
        self.assertFalse(reaches_out("from rest_framework import request"))

    def test_nobody_else_does(self) -> None:
        found = {
            str(path.relative_to(ROOT))
            for app in APPS
            for path in (ROOT / app).rglob("*.py")
            if reaches_out(path.read_text())
        }
        self.assertEqual(found, {*ALLOWED})


class StoredAddressTests(SimpleTestCase):
    """No table holds an address that the shop would call"""

    def test_no_column_is_an_address(self) -> None:
        found = [
            str(field)
            for app in APPS
            for model in apps.get_app_config(app).get_models()
            for field in model._meta.get_fields()
            if isinstance(field, models.URLField) or "url" in field.name.split("_")
        ]
        self.assertEqual(found, [])
