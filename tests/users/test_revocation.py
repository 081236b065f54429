from collections.abc import Callable
from contextlib import ExitStack

from django.test import TransactionTestCase

from tests.catalogue.factories import ProductFactory
from tests.processes import environment
from tests.users.factories import UserFactory, create_key, create_token
from tests.web import WebClient, web_server

ME = "/api/user/me/"
KEYS = "/api/user/key/"


class RevocationTests(TransactionTestCase):
    """What was signed out in one web process opens nothing in another"""

    def setUp(self) -> None:
        super().setUp()
        self.user = UserFactory()
        self.page = f"/api/product/{ProductFactory().pk}/"
        stack = ExitStack()
        self.addCleanup(stack.close)
        ports = [
            stack.enter_context(web_server(environment() | {"CACHE_PAGES": "1"})).port
            for _ in range(2)
        ]
        self.here, self.there = (stack.enter_context(WebClient(p)) for p in ports)

    def assert_ends(self, secret: str, path: str, end: Callable[[], int]) -> None:
        """A secret opens a path and kept pages there until it is ended here."""
        headers = {"Authorization": f"Token {secret}"}
        for _ in range(3):  # rendered, kept, and with all that a process remembers
            for asked in (path, self.page):
                self.assertEqual(
                    self.there.call("GET", asked, headers=headers).status, 200
                )
        self.assertEqual(end(), 204)
        for asked in (self.page, path, self.page):
            refused = self.there.call("GET", asked, headers=headers)
            told = refused.status, refused.body["code"]
            self.assertEqual(told, (401, "token-invalid"), asked)
            self.assertEqual(refused.headers["cache-control"], "private, no-store")
        unkept = self.there.call("GET", f"{self.page}?fields=id", headers=headers)
        self.assertEqual(
            unkept.body | {"request_id": ""}, refused.body | {"request_id": ""}
        )
        self.assertEqual(self.there.call("GET", self.page).status, 200)  # by nobody

    def test_token(self) -> None:
        _, secret = create_token(self.user)
        headers = {"Authorization": f"Token {secret}"}
        self.assert_ends(
            secret,
            ME,
            lambda: self.here.call("POST", "/api/user/logout/", headers=headers).status,
        )

    def test_every_token(self) -> None:
        _, secret = create_token(self.user)
        _, other = create_token(self.user)
        headers = {"Authorization": f"Token {other}"}
        self.assert_ends(
            secret,
            ME,
            lambda: (
                self.here.call("POST", "/api/user/logout-all/", headers=headers).status
            ),
        )

    def test_key(self) -> None:
        self.user.is_staff = True
        self.user.is_superuser = True
        self.user.save()
        key, secret = create_key(self.user, "catalogue:read")
        _, token = create_token(self.user)
        headers = {"Authorization": f"Token {token}"}
        self.assert_ends(
            secret,
            "/api/admin/product/",
            lambda: (
                self.here.call("DELETE", f"{KEYS}{key.pk}/", headers=headers).status
            ),
        )
