import subprocess
import sys
from unittest import TestCase

from tests.processes import ROOT, environment

# What takes much memory or time to import, and most processes never need.
HEAVY = {
    "PIL",
    "aiohttp",  # by stripe
    "allauth.account.views",
    "cryptography.fernet",
    "fido2",
    "minify",
    "openpyxl",
    "phonenumbers",
    "rcssmin",
    "script",
    "shop.demo",
    "stdnum",
    "stripe",
    "tests",
    "weasyprint",
}
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "shop.settings.prod",
    "DJANGO_SECRET_KEY": "".join(map(chr, range(33, 127))),
    "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
    "PAYMENT_ALLOW_DUMMY": "1",  # as tests have it
}
# What the first requests of a worker would import, were it not there.
NEEDED = {
    "MySQLdb.cursors",
    "custom.mysql.compiler",
    "django_redis.client",
    "orders.services",
    "search.engine",
}
WEB = "import shop.wsgi"
WORKER = (
    "from celery.concurrency import get_implementation; from shop.work import app; "
    "app.loader.init_worker(); get_implementation(app.conf.worker_pool)"
)


class ImportTests(TestCase):
    """What a process has imported once it has started"""

    def check(self, start: str, *others: str) -> set[str]:
        """Look for what must not be there; return what is."""
        program = f"import sys; {start}; print(*sys.modules)"
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=environment() | PRODUCTION,
            capture_output=True,
            text=True,
            check=False,
        )
        loaded = set(done.stdout.split())
        self.assertEqual(done.stderr[-800:], "")
        self.assertIn("orders.services", loaded)
        self.assertEqual(HEAVY.union(others) & loaded, set())
        return loaded

    def test_web_server(self) -> None:
        loaded = self.check(WEB, "celery", "kombu")
        self.assertEqual(NEEDED - loaded, set())

    def test_celery_worker(self) -> None:
        self.check(
            WORKER,
            "billiard.pool",
            "prompt_toolkit",
            "pycparser",
            "rest_framework.views",
            "staff.sites",
        )
