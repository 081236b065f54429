from datetime import timedelta
from typing import Any

import time_machine
from django.test import SimpleTestCase
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APITestCase
from structlog.testing import capture_logs

from custom.api.keys import EVERY_KEY
from custom.api.views import ApiMixin
from partner.services import add_member
from tests.partner.factories import PartnerFactory, StockRecordFactory
from tests.users.factories import UserFactory, create_key, create_token
from users.api.authentication import TokenAuthentication
from users.models import ApiKey
from users.scopes import SCOPES
from users.services import revoke_key

STOCK = "/api/partner/stock/"
READ, WRITE = "catalogue:read", "catalogue:write"
ALL = {"list": READ, "create": WRITE}
ONE = {"retrieve": READ, "partial_update": WRITE, "destroy": WRITE}
# Every address a key opens beside public pages -> scope by action or method.
OPEN = {
    "admin/product/": ALL,
    "admin/product/<int:pk>/": ONE,
    "admin/product/bulk/": {"bulk": WRITE},
    "admin/product/by-external-id/<path:external_id>/": {
        "by_external_id": READ,
        "upsert": WRITE,
    },
    "admin/product/<int:product_id>/variant/": ALL,
    "admin/product/<int:product_id>/variant/<int:pk>/": ONE,
    "admin/product/<int:product_id>/variant/by-sku/<path:sku>/": {"upsert": WRITE},
    "admin/product/<int:product_id>/variant/<int:variant_id>/offer/": {"list": READ},
    "admin/product/<int:product_id>/variant/<int:variant_id>/offer/<str:partner>/": {
        "retrieve": READ,
        "upsert": WRITE,
    },
    "admin/product/<int:product_id>/image/": ALL,
    "admin/product/<int:product_id>/image/<int:pk>/": ONE,
    "partner/stock/": {"list": "stock:read", "create": "stock:write"},
    "partner/stock/bulk/": {"bulk": "stock:write"},
    "partner/stock/<int:pk>/": {
        "retrieve": "stock:read",
        "partial_update": "stock:write",
    },
    "partner/order/": {"list": "orders:read"},
    "partner/order/<str:key>/": {"retrieve": "orders:read"},
    "partner/order/<str:key>/ship/": {"ship": "orders:ship"},
    "partner/order/<str:key>/deliver/": {"deliver": "orders:ship"},
    "rate-limit/": {"get": EVERY_KEY},
}


class KeyAuthenticationTests(APITestCase):
    """An API key in the ``Authorization`` header"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.partner = PartnerFactory()
        cls.owner = UserFactory()
        add_member(partner=cls.partner, user=cls.owner)
        cls.record = StockRecordFactory(partner=cls.partner)
        cls.foreign = StockRecordFactory()
        cls.key, cls.secret = create_key(cls.owner, "stock:read")

    def get(self, path: str = STOCK, secret: str = "") -> Response:
        header = f"Token {secret or self.secret}"
        return self.client.get(path, headers={"Authorization": header})

    def assert_refused(self, answer: Response, status: int, code: str) -> None:
        self.assertEqual(answer.status_code, status, answer.content)
        self.assertEqual(answer.json()["code"], code)

    def test_it_shows_what_its_owner_sees(self) -> None:
        for scheme in ("Token", "bearer"):
            header = {"Authorization": f"{scheme} {self.secret}"}
            answer = self.client.get(STOCK, headers=header)
            self.assertEqual(answer.status_code, 200, answer.content)
            (row,) = answer.json()["results"]
            self.assertEqual(row["id"], self.record.pk)
        self.assert_refused(self.get(f"{STOCK}{self.foreign.pk}/"), 404, "not-found")

    def test_one_query_finds_it_however_many_there_are(self) -> None:
        self.get("/api/rate-limit/")  # records a use
        with self.assertNumQueries(1):
            self.get("/api/rate-limit/")
        for _ in range(5):
            create_key(self.owner)
            create_token(self.owner)
        with self.assertNumQueries(1):
            self.get("/api/rate-limit/")

    def test_a_use_is_written_at_most_once_in_fifteen_minutes(self) -> None:
        moment = timezone.now()
        with time_machine.travel(moment, tick=False):
            with self.assertNumQueries(4):  # look-up, savepoint, update, release
                self.get("/api/rate-limit/")
            with self.assertNumQueries(1):
                self.get("/api/rate-limit/")
        with (
            time_machine.travel(moment + timedelta(minutes=15), tick=False),
            self.assertNumQueries(4),
        ):
            self.get("/api/rate-limit/")
        used = ApiKey.objects.get(pk=self.key.pk).last_used_at
        self.assertEqual(used, moment + timedelta(minutes=15))

    def test_a_scope_it_lacks_is_named(self) -> None:
        answer = self.client.post(
            STOCK, {}, headers={"Authorization": f"Token {self.secret}"}
        )
        self.assert_refused(answer, 403, "scope-missing")
        self.assertEqual(answer.json()["scope"], "stock:write")
        self.assertIn("stock:write", answer.json()["detail"])

    def test_the_refusal_is_the_same_in_xml(self) -> None:
        answer = self.client.post(
            STOCK,
            {},
            headers={
                "Authorization": f"Token {self.secret}",
                "Accept": "application/xml",
            },
        )
        self.assertEqual(answer.status_code, 403)
        self.assertIn(b"<code>scope-missing</code>", answer.content)
        self.assertIn(b"<scope>stock:write</scope>", answer.content)

    def test_what_names_no_scope_refuses_every_key(self) -> None:
        _, secret = create_key(self.owner, *SCOPES)
        header = {"Authorization": f"Token {secret}"}
        for method, path in (
            ("get", "/api/user/me/"),
            ("patch", "/api/user/me/"),
            ("get", "/api/user/token/"),
            ("get", "/api/user/key/"),
            ("post", "/api/user/key/"),
            ("post", "/api/user/logout/"),
            ("post", "/api/user/logout-all/"),
            ("post", "/api/user/password/change/"),
            ("get", "/api/address/"),
            ("get", "/api/basket/"),
            ("post", "/api/order/"),
            ("post", "/api/order/quote/"),
            ("get", "/api/order/history/"),
        ):
            with self.subTest(f"{method} {path}"):
                answer = getattr(self.client, method)(path, {}, headers=header)
                self.assert_refused(answer, 403, "scope-missing")
                self.assertIsNone(answer.json()["scope"])

    def test_public_pages_are_open_to_it_as_to_everyone(self) -> None:
        _, secret = create_key(self.owner)
        for path in ("/api/", "/api/product/", "/api/country/", "/api/rate-limit/"):
            self.assertEqual(self.get(path, secret).status_code, 200, path)

    def test_what_nobody_answers_is_a_405_to_it_too(self) -> None:
        header = {"Authorization": f"Token {self.secret}"}
        answer = self.client.delete(STOCK, headers=header)
        self.assertEqual(answer.status_code, 405)
        self.assertEqual(self.client.options(STOCK, headers=header).status_code, 200)
        self.assertEqual(self.client.head(STOCK, headers=header).status_code, 200)

    def test_revoking_ends_it_at_once(self) -> None:
        self.assertEqual(self.get().status_code, 200)
        revoke_key(self.key, actor=self.owner)
        self.assert_refused(self.get(), 401, "token-invalid")
        self.assert_refused(self.get("/api/product/"), 401, "token-invalid")

    def test_it_ends_with_its_time(self) -> None:
        soon = timezone.now() + timedelta(hours=1)
        _, secret = create_key(self.owner, "stock:read", expires_at=soon)
        self.assertEqual(self.get(secret=secret).status_code, 200)
        with time_machine.travel(soon, tick=False):
            self.assert_refused(self.get(secret=secret), 401, "token-expired")

    def test_it_ends_with_its_owner(self) -> None:
        self.owner.is_active = False
        self.owner.save()
        self.assert_refused(self.get(), 401, "token-invalid")

    def test_it_loses_what_its_owner_loses(self) -> None:
        self.owner.partner_memberships.all().delete()
        self.assert_refused(self.get(), 403, "permission-denied")

    def test_whatever_is_no_key_is_a_401(self) -> None:
        for secret in (
            "shop_live_",
            "_",
            self.secret[:-1],
            f"{self.secret}0",
            self.secret.upper(),
            self.secret.removeprefix("shop_live_"),
            self.key.digest,
            self.key.hint,
            f"{self.secret} x",
            "shop_live_\xff",
        ):
            with self.subTest(secret):
                self.assert_refused(self.get(secret=secret), 401, "token-invalid")

    def test_a_key_with_a_former_prefix_goes_on(self) -> None:
        with self.settings(API_KEY_PREFIX="other_"):
            self.assertEqual(self.get().status_code, 200)

    def test_its_owner_is_charged(self) -> None:
        answer = self.get("/api/rate-limit/")
        windows = {each["counts"] for each in answer.json()["windows"]}
        self.assertIn("account", windows)

    def test_no_log_line_has_the_secret(self) -> None:
        with capture_logs() as logs:
            self.get()
            self.get(secret=f"{self.secret}0")
        self.assertNotIn(self.secret, repr(logs))


def api_views(
    patterns: list[URLPattern | URLResolver], prefix: str = ""
) -> list[tuple[str, Any]]:
    """Return the route and the callback of every address below a resolver."""
    found = []
    for each in patterns:
        route = f"{prefix}{each.pattern}"
        if isinstance(each, URLResolver):
            found += api_views(each.url_patterns, route)
        else:
            found.append((route, each.callback))
    return found


class DeclaredScopeTests(SimpleTestCase):
    """Every view below ``/api/``, and the keys it lets in"""

    views = [
        (route.removeprefix("api/"), callback)
        for route, callback in api_views(get_resolver().url_patterns)
        if route.startswith("api/")
    ]

    def test_every_view_that_reads_keys_refuses_by_default(self) -> None:
        for route, callback in self.views:
            authenticators = callback.cls.authentication_classes
            if any(issubclass(one, TokenAuthentication) for one in authenticators):
                self.assertTrue(issubclass(callback.cls, ApiMixin), route)

    def test_keys_open_what_is_listed_and_nothing_else(self) -> None:
        opened = {}
        for route, callback in self.views:
            declared = callback.cls.key_scope
            if declared is None:
                continue
            steps = (getattr(callback, "actions", None) or {"get": "get"}).values()
            if isinstance(declared, str):
                declared = dict.fromkeys(steps, declared)
            opened[route] = {step: declared[step] for step in steps if step in declared}
        self.assertEqual(opened, OPEN)

    def test_every_scope_that_a_view_names_is_known(self) -> None:
        named = {scope for steps in OPEN.values() for scope in steps.values()}
        self.assertEqual(named - SCOPES.keys(), {EVERY_KEY})
