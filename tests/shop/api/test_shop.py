import re

from django.conf import settings
from django.test import SimpleTestCase, TestCase, override_settings
from django.urls import resolve

from custom.api.xml import as_text, load_xml
from tests.custom.caching.kept import SHARED


class MapTests(SimpleTestCase):
    """GET /api/"""

    def test_names_the_entries(self) -> None:
        self.assertEqual(
            self.client.get("/api/").json(),
            {
                name: f"http://testserver/api/{path}"
                for name, path in {
                    "shop": "shop/",
                    "category": "category/",
                    "product": "product/",
                    "search": "search/",
                    "user": "user/",
                    "login": "user/login/",
                    "logout": "user/logout/",
                    "me": "user/me/",
                    "address": "address/",
                    "country": "country/",
                    "basket": "basket/",
                    "shipping": "shipping/",
                    "order": "order/",
                    "order_history": "order/history/",
                    "partner_stock": "partner/stock/",
                    "payment_method": "payment/method/",
                    "rate_limit": "rate-limit/",
                    "schema": "schema/",
                    "docs": "docs/",
                }.items()
            },
        )

    def test_is_the_same_in_xml(self) -> None:
        from_xml = load_xml(
            self.client.get("/api/", headers={"accept": "text/xml"}).content
        )
        self.assertEqual(from_xml, self.client.get("/api/").json())


class ShopTests(TestCase):
    """GET /api/shop/"""

    def test_tells_what_prices_mean(self) -> None:
        with override_settings(
            SHOP_NAME="Kino",
            SHOP_CURRENCY="JPY",
            SHOP_PRICES_INCLUDE_TAX=False,
            SHOP_COUNTRIES=["JP"],
        ):
            answer = self.client.get("/api/shop/")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(
            answer.json(),
            {
                "name": "Kino",
                "currency": "JPY",
                "prices_include_tax": False,
                "languages": ["en", "de"],
                "time_zone": "UTC",
                "countries": ["JP"],
            },
        )

    def test_is_the_same_in_xml(self) -> None:
        answer = self.client.get("/api/shop/", headers={"accept": "text/xml"})
        expected = as_text(self.client.get("/api/shop/").json())
        self.assertEqual(load_xml(answer.content), expected)

    def test_may_be_kept_and_checked_again(self) -> None:
        answer = self.client.get("/api/shop/")
        self.assertEqual(answer.headers["Cache-Control"], SHARED)
        again = self.client.get(
            "/api/shop/", headers={"If-None-Match": answer.headers["ETag"]}
        )
        self.assertEqual(again.status_code, 304)

    def test_keeps_the_wanted_fields(self) -> None:
        answer = self.client.get("/api/shop/?fields=currency")
        self.assertEqual(answer.json(), {"currency": settings.SHOP_CURRENCY})

    def test_unknown_parameter(self) -> None:
        answer = self.client.get("/api/shop/?currency=USD")
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(answer.json()["errors"][0]["pointer"], "#/query/currency")

    def test_cannot_be_written(self) -> None:
        answer = self.client.post("/api/shop/")
        self.assertEqual(answer.status_code, 405)
        self.assertEqual(answer.headers["Allow"], "GET, HEAD, OPTIONS")

    def test_wrong_token(self) -> None:
        answer = self.client.get("/api/shop/", headers={"authorization": "Token nope"})
        self.assertEqual(answer.status_code, 401)
        self.assertEqual(answer.json()["code"], "token-invalid")
        self.assertEqual(answer.headers["WWW-Authenticate"], "Token")
        self.assertEqual(answer.headers["Cache-Control"], "private, no-store")


class SchemaTests(SimpleTestCase):
    """GET /api/schema/"""

    def test_lists_every_path(self) -> None:
        schema = self.client.get("/api/schema/").json()
        self.assertEqual(schema["openapi"], "3.1.0")
        for path in (
            "/api/",
            "/api/shop/",
            "/api/category/",
            "/api/category/{key}/",
            "/api/product/",
            "/api/product/{key}/",
            "/api/user/",
            "/api/user/login/",
            "/api/user/logout/",
            "/api/user/me/",
            "/api/order/",
            "/api/order/history/",
            "/api/order/{key}/",
        ):
            self.assertIn(path, schema["paths"])

    def test_problem_is_a_component(self) -> None:
        schema = self.client.get("/api/schema/").json()
        required = schema["components"]["schemas"]["Problem"]["required"]
        self.assertEqual(required, ["type", "title", "status", "detail", "code"])

    def test_is_the_same_in_xml(self) -> None:
        from_xml = load_xml(self.client.get("/api/schema/?format=xml").content)
        self.assertEqual(from_xml, as_text(self.client.get("/api/schema/").json()))


class DocsTests(SimpleTestCase):
    """GET /api/docs/"""

    def test_every_file_is_on_this_machine(self) -> None:
        answer = self.client.get("/api/docs/")
        self.assertEqual(answer.status_code, 200)
        page = answer.content.decode()
        self.assertNotRegex(page, r"(src|href)=\"(https?:)?//")
        files = re.findall(r"(?:src|href)=\"(/static/[^\"]+)\"", page)
        self.assertEqual(len(files), 5)
        for url in files:
            self.assertEqual(self.client.get(url).status_code, 200, url)
        self.assertIn("/api/schema/", page)

    def test_for_programs_there_is_the_schema(self) -> None:
        answer = self.client.get("/api/docs/", headers={"accept": "application/json"})
        self.assertEqual(answer.status_code, 406)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertEqual(answer.json()["code"], "not-acceptable")

    def test_unknown_parameter(self) -> None:
        answer = self.client.get("/api/docs/?x=1")
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(answer.json()["errors"][0]["pointer"], "#/query/x")


class SiteTests(TestCase):
    """The real addresses together."""

    def test_missing_slashes(self) -> None:
        for path in ("/api", "/api/product", "/api/order/history", "/admin"):
            with self.subTest(path):
                answer = self.client.get(path)
                self.assertEqual(answer.status_code, 301)
                self.assertEqual(answer.headers["Location"], f"{path}/")
        answer = self.client.post("/api/order")
        self.assertEqual(answer.status_code, 404)
        self.assertIn("/api/order/.", answer.json()["detail"])

    def test_unknown_paths(self) -> None:
        for path in ("/api/orders/", "/api/nothing", "/api/product/1/nothing/"):
            for form in ("json", "xml"):
                with self.subTest(path, form=form):
                    answer = self.client.get(f"{path}?format={form}")
                    self.assertEqual(answer.status_code, 404)
                    content_type = answer.headers["Content-Type"]
                    self.assertTrue(
                        content_type.startswith(f"application/problem+{form}")
                    )

    def test_digits_and_slugs_share_an_address(self) -> None:
        for path in ("/api/product/7/", "/api/product/some-film/", "/api/category/7/"):
            self.assertEqual(resolve(path).kwargs, {"key": path.split("/")[3]})

    def test_site_of_staff_is_html(self) -> None:
        answer = self.client.get("/admin/", follow=True)
        self.assertEqual(answer.status_code, 200)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/html"))
