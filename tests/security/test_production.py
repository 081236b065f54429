import json
import os
import subprocess
import sys
from pathlib import Path
from unittest import TestCase

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD = {
    "DJANGO_SETTINGS_MODULE": "shop.settings.prod",
    "DJANGO_SECRET_KEY": "k" * 30 + "0123456789abcdefghijklmnop",
    "DJANGO_ALLOWED_HOSTS": "shop.example",
    "DATABASE_URL": "mysql://db/shop",
    "REDIS_URL": "redis://redis/0",
    "PATH": os.environ["PATH"],
}
SHOWN = (
    "DEBUG",
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE",
    "CSRF_COOKIE_SECURE",
    "CSRF_COOKIE_SAMESITE",
    "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_HSTS_PRELOAD",
    "SECURE_CONTENT_TYPE_NOSNIFF",
    "USE_X_FORWARDED_HOST",
    "STAFF_MFA_REQUIRED",
    "PASSWORD_HASHERS",
    "CORS_ALLOWED_ORIGINS",
    "PAYMENT_RETURN_ORIGINS",
)


def start(**changes: str | None) -> subprocess.CompletedProcess[str]:
    """Read the settings of production in an environment of their own."""
    environment = {
        name: value for name, value in (GOOD | changes).items() if value is not None
    }
    code = (
        "import json; from django.conf import settings;"
        f"print(json.dumps([getattr(settings, name) for name in {SHOWN!r}]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


class ProductionTests(TestCase):
    """shop.settings.prod"""

    def test_it_is_hardened(self) -> None:
        done = start(SITE_URL="https://shop.example/")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = dict(zip(SHOWN, json.loads(done.stdout), strict=True))
        self.assertEqual(
            found,
            {
                "DEBUG": False,
                "SESSION_COOKIE_SECURE": True,
                "SESSION_COOKIE_HTTPONLY": True,
                "SESSION_COOKIE_SAMESITE": "Lax",
                "CSRF_COOKIE_SECURE": True,
                "CSRF_COOKIE_SAMESITE": "Lax",
                "SECURE_SSL_REDIRECT": True,
                "SECURE_HSTS_SECONDS": 31_536_000,
                "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
                "SECURE_HSTS_PRELOAD": True,
                "SECURE_CONTENT_TYPE_NOSNIFF": True,
                "USE_X_FORWARDED_HOST": False,
                "STAFF_MFA_REQUIRED": True,
                # The first makes digests, the other reads what came from elsewhere.
                "PASSWORD_HASHERS": [
                    "django.contrib.auth.hashers.Argon2PasswordHasher",
                    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
                ],
                "CORS_ALLOWED_ORIGINS": [],
                "PAYMENT_RETURN_ORIGINS": ["https://shop.example"],
            },
        )

    def test_it_does_not_start_unsafely(self) -> None:
        for name, value in (
            ("DJANGO_SECRET_KEY", None),
            ("DJANGO_SECRET_KEY", "short"),
            ("DJANGO_SECRET_KEY", "development-only-and-known-to-everyone"),
            ("DJANGO_SECRET_KEY", "x" * 60),
            ("DJANGO_SECRET_KEY", "django-insecure-" + "0123456789abcdef" * 4),
            ("DJANGO_ALLOWED_HOSTS", None),
            ("DJANGO_ALLOWED_HOSTS", "*"),
            ("DATABASE_URL", None),
            ("DJANGO_DEBUG", "1"),
            ("SHOP_DEMO", "1"),
            ("PAYMENT_METHODS", "dummy"),
        ):
            with self.subTest(name=name, value=value):
                done = start(**{name: value})
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("ImproperlyConfigured", done.stderr)
                self.assertNotIn(str(value) * (len(str(value)) > 20), [done.stderr])
