from django.test import Client, TestCase, override_settings
from rest_framework.test import APIClient

from tests.catalogue.api.admin.editors import LIST, make_editor
from tests.users.factories import PASSWORD, UserFactory, create_token

BODY = {"no_such_field": 1}
KIND = "application/json"


class ForgeryTests(TestCase):
    """A session's writes need the token of this shop's own pages"""

    def setUp(self) -> None:
        self.editor = make_editor()
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(self.editor)

    def test_a_session_without_the_token(self) -> None:
        one = f"{LIST}1/"
        for answer in (
            self.client.post(LIST, BODY, content_type=KIND),
            self.client.patch(one, BODY, content_type=KIND),
            self.client.delete(one),
            self.client.put(f"{LIST}by-external-id/x/", BODY, content_type=KIND),
            self.client.post("/api/address/", BODY, content_type=KIND),
            self.client.post("/api/order/", BODY, content_type=KIND),
            self.client.delete("/api/basket/"),
        ):
            self.assertEqual(answer.status_code, 403, answer.content)
            self.assertEqual(answer.json()["code"], "permission-denied")

    def test_a_session_with_the_token(self) -> None:
        self.client.get("/admin/")
        self.client.get("/admin/catalogue/product/add/")  # a form sets the cookie
        token = self.client.cookies["csrftoken"].value
        headers = {"X-CSRFToken": token}
        answer = self.client.post(LIST, BODY, content_type=KIND, headers=headers)
        self.assertEqual(answer.status_code, 400, answer.content)
        answer = self.client.post(
            LIST, BODY, content_type=KIND, headers={"X-CSRFToken": "x" * 32}
        )
        self.assertEqual(answer.status_code, 403)

    def test_reading_needs_none(self) -> None:
        self.assertEqual(self.client.get(LIST).status_code, 200)

    def test_a_token_needs_none(self) -> None:
        _token, secret = create_token(self.editor)
        answer = APIClient(enforce_csrf_checks=True).post(
            LIST, BODY, headers={"Authorization": f"Token {secret}"}
        )
        self.assertEqual(answer.status_code, 400)

    def test_a_session_opens_no_door_of_tokens(self) -> None:
        self.assertEqual(self.client.post("/api/user/logout/").status_code, 401)


class CookieTests(TestCase):
    """Cookies stay with this site, and out of the reach of scripts"""

    def test_of_signing_in(self) -> None:
        user = UserFactory(is_staff=True, is_superuser=True)
        page = self.client.get("/admin/login/")
        form = {"login": user.email, "username": user.email, "password": PASSWORD}
        self.client.post("/admin/login/", form)
        cookies = {**page.cookies, **self.client.cookies}
        self.assertEqual(cookies["sessionid"]["samesite"], "Lax")
        self.assertTrue(cookies["sessionid"]["httponly"])
        self.assertEqual(cookies["csrftoken"]["samesite"], "Lax")

    def test_the_public_api_sets_none(self) -> None:
        self.client.force_login(UserFactory())
        for path in ("/api/shop/", "/api/product/", "/api/category/"):
            answer = self.client.get(path)
            self.assertEqual(len(answer.cookies), 0)
            self.assertNotIn("Cookie", answer.get("Vary", ""))


class HostTests(TestCase):
    """A name that is not this shop's"""

    def test_a_strange_host(self) -> None:
        for path in ("/api/shop/", "/api/", "/admin/login/", "/static/a.css"):
            with self.subTest(path), self.assertLogs("django.security", "ERROR"):
                answer = self.client.get(path, headers={"Host": "evil.example"})
                self.assertEqual(answer.status_code, 400)
                self.assertNotIn(b"evil.example", answer.content)
        probe = self.client.get("/health/live", headers={"Host": "10.0.0.7:8000"})
        self.assertEqual(probe.status_code, 200)

    @override_settings(ALLOWED_HOSTS=["shop.example"])
    def test_a_forwarded_host_is_not_believed(self) -> None:
        headers = {"Host": "shop.example", "X-Forwarded-Host": "evil.example"}
        answer = self.client.get("/api/", headers=headers)
        self.assertIn(b"http://shop.example/api/", answer.content)
        self.assertNotIn(b"evil.example", answer.content)
