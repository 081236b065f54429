from django.test import TestCase, override_settings

from catalogue.services import add_image
from tests.catalogue.factories import ProductFactory, picture
from tests.users.factories import UserFactory

ANYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=60; includeSubDomains; preload",
}


@override_settings(
    SECURE_HSTS_SECONDS=60,
    SECURE_HSTS_INCLUDE_SUBDOMAINS=True,
    SECURE_HSTS_PRELOAD=True,
)
class EveryKindTests(TestCase):
    """Headers of every kind of answer"""

    def setUp(self) -> None:
        image = add_image(ProductFactory(), picture())
        self.kinds = {
            "JSON": ("GET", "/api/shop/", {}, 200),
            "XML": ("GET", "/api/shop/", {"Accept": "application/xml"}, 200),
            "a problem": ("GET", "/api/nothing/", {}, 404),
            "a problem in XML": ("GET", "/api/nothing/", {"Accept": "text/xml"}, 404),
            "not signed in": ("GET", "/api/user/me/", {}, 401),
            "a refused token": (
                "GET",
                "/api/user/me/",
                {"Authorization": "Token nonsense"},
                401,
            ),
            "a refused method": ("DELETE", "/api/shop/", {}, 405),
            "a refused type": ("POST", "/api/user/login/", {}, 415),
            "a refused format": ("GET", "/api/shop/", {"Accept": "text/csv"}, 406),
            "a redirect": ("GET", "/api/shop", {}, 301),
            "a page": ("GET", "/admin/login/", {}, 200),
            "a page that is not there": ("GET", "/nothing/", {}, 404),
            "docs": ("GET", "/api/docs/", {}, 200),
            "a static file": ("GET", "/static/admin/css/base.css", {}, 200),
            "a picture": ("GET", image.file.url, {}, 200),
            "health": ("GET", "/health/live", {}, 200),
            "a preflight": (
                "OPTIONS",
                "/api/shop/",
                {
                    "Origin": "https://evil.example",
                    "Access-Control-Request-Method": "GET",
                },
                200,
            ),
        }

    def test_each(self) -> None:
        for kind, (method, path, headers, status) in self.kinds.items():
            with self.subTest(kind):
                sent = b"x" if method == "POST" else b""
                answer = self.client.generic(
                    method, path, sent, "text/csv", headers=headers, secure=True
                )
                self.assertEqual(answer.status_code, status)
                found = {name: answer.get(name) for name in ANYWHERE}
                self.assertEqual(found, ANYWHERE)
                if kind != "a static file":  # fonts may be anybody's
                    self.assertIsNone(answer.get("Access-Control-Allow-Origin"))
                self.assertIsNone(answer.get("X-Powered-By"))
                is_page = answer.get("Content-Type", "").startswith("text/html")
                if is_page and not answer.streaming and answer.content:
                    self.assertEqual(answer["X-Frame-Options"], "DENY")
                    policy = answer["Content-Security-Policy"]
                    self.assertIn("default-src 'none'", policy)

    def test_what_is_personal_is_kept_nowhere(self) -> None:
        self.client.force_login(UserFactory(is_staff=True, is_superuser=True))
        for path in (
            "/api/user/me/",
            "/api/address/",
            "/api/basket/",
            "/api/order/history/",
            "/api/admin/product/",
            "/admin/",
        ):
            with self.subTest(path):
                answer = self.client.get(path)
                self.assertEqual(answer.status_code, 200)
                self.assertIn("no-store", answer["Cache-Control"])
                self.assertIn("private", answer["Cache-Control"])
