import json
import time
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.http import HttpResponse
from django.test import Client, TestCase, override_settings
from structlog.testing import capture_logs

import custom.throttling
from custom.api.xml import load_xml
from custom.limits.limiter import Limiter, Verdict, get_limiter
from tests.custom.throttling.limits import FreshLimits, windows
from tests.users.factories import PASSWORD, UserFactory, create_token

SHOP = "/api/shop/"
ME = "/api/user/me/"
POLICY = '"per_minute";q=4;w=60'
RATE_HEADERS = (
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "RateLimit-Policy",
    "RateLimit",
    "Retry-After",
)


def headers_of(answer: HttpResponse) -> dict[str, str]:
    """Return the rate headers an answer has."""
    return {name: answer[name] for name in RATE_HEADERS if name in answer.headers}


class LimitedTestCase(FreshLimits, TestCase):
    """Four plain requests a minute."""

    def setUp(self) -> None:
        super().setUp()
        self.began = time.monotonic()
        with_limits = override_settings(RATE_PER_MINUTE="4/min")
        with_limits.enable()
        self.addCleanup(with_limits.disable)

    def token(self, **fields: Any) -> dict[str, str]:  # noqa: ANN401
        _, secret = create_token(**fields)
        return {"Authorization": f"Token {secret}"}

    def spend(self, times: int = 4, **options: Any) -> None:  # noqa: ANN401
        for _ in range(times):
            self.assertLess(self.client.get(SHOP, **options).status_code, 400)

    def assert_frees(self, seconds: str) -> None:
        """A slot that was taken since the test began frees then."""
        least = 60 - (time.monotonic() - self.began)
        self.assertTrue(least <= int(seconds) <= 60, seconds)

    def assert_counted(self, answer: HttpResponse, remaining: int) -> None:
        self.assertEqual(answer["X-RateLimit-Limit"], "4")
        self.assertEqual(answer["X-RateLimit-Remaining"], str(remaining))
        left = answer["X-RateLimit-Reset"]
        self.assert_frees(left)
        self.assertEqual(answer["RateLimit-Policy"], POLICY)
        self.assertEqual(answer["RateLimit"], f'"per_minute";r={remaining};t={left}')

    def assert_only_limit(self, answer: HttpResponse) -> None:
        self.assertEqual(headers_of(answer), {"X-RateLimit-Limit": "4"})


class NameTests(TestCase):
    """What settings of other shops call these things."""

    def test_both_spellings_are_one_class(self) -> None:
        self.assertIs(
            custom.throttling.ThrottleMiddleWare, custom.throttling.ThrottleMiddleware
        )
        self.assertEqual(custom.throttling.PerMinuteThrottle.scope, "per_minute")


class AdmittedTests(LimitedTestCase):
    """Answers that were counted."""

    def test_each_request_uses_one(self) -> None:
        for remaining in (3, 2, 1, 0):
            answer = self.client.get(SHOP)
            self.assertEqual(answer.status_code, 200)
            self.assert_counted(answer, remaining)
            self.assertNotIn("Retry-After", answer.headers)

    def test_the_limit_is_256_unless_it_is_set(self) -> None:
        with override_settings(RATE_PER_MINUTE="256/min"):
            answer = self.client.get(SHOP)
        self.assertEqual(
            headers_of(answer),
            {
                "X-RateLimit-Limit": "256",
                "X-RateLimit-Remaining": "255",
                "X-RateLimit-Reset": "60",
                "RateLimit-Policy": '"per_minute";q=256;w=60',
                "RateLimit": '"per_minute";r=255;t=60',
            },
        )

    def test_no_header_has_a_space_or_a_word_in_it(self) -> None:
        self.spend()
        for answer in (self.client.get(SHOP), self.client.post("/api/user/login/")):
            for name, value in answer.headers.items():
                self.assertNotRegex(name, r"\s")
                if name.lower().startswith("x-ratelimit"):
                    self.assertTrue(value.isdigit(), f"{name}: {value}")

    def test_head_is_counted(self) -> None:
        self.assert_counted(self.client.head(SHOP), 3)

    def test_every_writing_method_but_post_is_counted(self) -> None:
        for remaining, method in zip(
            (3, 2, 1), ("put", "patch", "delete"), strict=True
        ):
            answer = getattr(self.client, method)(SHOP)
            self.assertEqual(answer.status_code, 405)
            self.assert_counted(answer, remaining)

    def test_failures_are_counted(self) -> None:
        for remaining, (path, accept, status) in enumerate(
            [
                ("/api/nothing/", "*/*", 404),
                (ME, "*/*", 401),
                (SHOP, "application/pdf", 406),
                ("/api/shop/?nonsense=1", "*/*", 400),
            ]
        ):
            answer = self.client.get(path, headers={"accept": accept})
            self.assertEqual(answer.status_code, status)
            self.assert_counted(answer, 3 - remaining)

    def test_not_modified_is_counted(self) -> None:
        tag = self.client.get(SHOP)["ETag"]
        answer = self.client.get(SHOP, headers={"if-none-match": tag})
        self.assertEqual(answer.status_code, 304)
        self.assert_counted(answer, 2)

    def test_a_redirect_is_counted_and_can_be_followed(self) -> None:
        self.spend(3)
        answer = self.client.get("/api/shop")
        self.assertEqual(answer.status_code, 301)
        self.assertEqual(answer["X-RateLimit-Remaining"], "0")
        self.assertEqual(answer["RateLimit-Policy"], POLICY)
        self.assertNotIn("RateLimit", answer.headers)

    def test_a_redirect_tells_what_is_left(self) -> None:
        self.assert_counted(self.client.get("/api/shop"), 3)

    def test_accounts_and_addresses_have_their_own(self) -> None:
        ada, bob = self.token(), self.token()
        self.assert_counted(self.client.get(SHOP, headers=ada), 3)
        self.assert_counted(self.client.get(ME, headers=ada), 2)
        self.assert_counted(self.client.get(SHOP, headers=bob), 3)
        self.assert_counted(self.client.get(SHOP), 3)
        self.assert_counted(self.client.get(SHOP, REMOTE_ADDR="203.0.113.9"), 3)

    def test_a_session_is_its_account(self) -> None:
        user = UserFactory()
        self.client.force_login(user)
        self.assert_counted(self.client.get(ME), 3)
        self.assert_counted(Client().get(ME), 3)

    def test_failures_of_an_account_are_the_account_s(self) -> None:
        ada = self.token()
        for remaining, (path, accept) in enumerate(
            [("/api/nothing/", "*/*"), (SHOP, "application/pdf"), ("/api/shop", "*/*")]
        ):
            answer = self.client.get(path, headers=ada | {"accept": accept})
            self.assert_counted(answer, 3 - remaining)
        self.assert_counted(self.client.get(SHOP), 3)

    def test_a_user_is_no_address(self) -> None:
        user = UserFactory()
        for _ in range(4):
            self.client.get(SHOP, REMOTE_ADDR=str(user.pk))
        self.assertEqual(
            self.client.get(SHOP, REMOTE_ADDR=str(user.pk)).status_code, 429
        )
        self.assert_counted(self.client.get(SHOP, headers=self.token(user=user)), 3)

    def test_requests_without_a_limit_say_nothing(self) -> None:
        for setting in ("", None):
            with override_settings(RATE_PER_MINUTE=setting):
                self.assertEqual(headers_of(self.client.get(SHOP)), {})

    def test_a_lower_limit_starts_afresh(self) -> None:
        self.spend()
        with override_settings(RATE_PER_MINUTE="2/min"):
            answer = self.client.get(SHOP)
        self.assertEqual(answer["X-RateLimit-Remaining"], "1")

    def test_answers_cost_the_queries_they_did(self) -> None:
        ada = self.token()
        self.client.get(ME, headers=ada)
        with self.assertNumQueries(1):  # the token with its account
            self.client.get(ME, headers=ada)
        with self.assertNumQueries(1):
            self.client.get("/api/nothing/", headers=ada)


class UncountedTests(LimitedTestCase):
    """Answers that state the limit and count nothing."""

    def test_post_and_options(self) -> None:
        self.assert_only_limit(self.client.post(SHOP))
        self.assert_only_limit(self.client.options(SHOP))
        self.assert_counted(self.client.get(SHOP), 3)

    def test_post_passes_when_nothing_is_left(self) -> None:
        self.spend()
        self.assertEqual(self.client.post(SHOP).status_code, 405)

    @override_settings(CORS_ALLOWED_ORIGINS=["https://app.example"])
    def test_preflights(self) -> None:
        answer = self.client.options(
            SHOP,
            headers={
                "origin": "https://app.example",
                "access-control-request-method": "GET",
            },
        )
        self.assertEqual(answer["Access-Control-Allow-Origin"], "https://app.example")
        self.assert_only_limit(answer)

    def test_other_pages_have_none(self) -> None:
        for path in ("/health/live", "/admin/login/", "/nothing/"):
            self.assertEqual(headers_of(self.client.get(path)), {})

    def test_bodies_that_are_too_large(self) -> None:
        self.assert_only_limit(self.client.post(SHOP, CONTENT_LENGTH="99999999"))


class RefusedTests(LimitedTestCase):
    """429"""

    def test_the_whole_answer(self) -> None:
        self.spend()
        answer = self.client.get(SHOP, headers={"x-request-id": "the-id"})
        wait = answer["Retry-After"]
        self.assertEqual(answer.status_code, 429)
        self.assertEqual(answer["Content-Type"], "application/problem+json")
        self.assertEqual(answer["Cache-Control"], "no-store")
        self.assertEqual(
            answer.json(),
            {
                "type": "urn:shop:problem:throttled",
                "title": "Too many requests",
                "status": 429,
                "detail": "Request was throttled."
                f" Expected available in {wait} seconds.",
                "code": "throttled",
                "request_id": "the-id",
            },
        )
        self.assert_frees(wait)
        self.assertEqual(
            headers_of(answer),
            {
                "X-RateLimit-Limit": "4",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": wait,
                "RateLimit-Policy": POLICY,
                "RateLimit": f'"per_minute";r=0;t={wait}',
                "Retry-After": wait,
            },
        )

    def test_it_is_the_same_in_xml_and_for_accounts(self) -> None:
        ada = self.token() | {"accept": "application/xml"}
        for _ in range(4):
            self.client.get(SHOP, headers=ada)
        answer = self.client.get(SHOP, headers=ada)
        self.assertEqual(answer.status_code, 429)
        self.assertTrue(
            answer["Content-Type"].startswith("application/problem+xml"),
        )
        self.assertEqual(answer["Cache-Control"], "no-store")
        self.assertEqual(load_xml(answer.content)["code"], "throttled")
        self.assertEqual(
            answer["RateLimit"], f'"per_minute";r=0;t={answer["Retry-After"]}'
        )

    def test_one_second_is_one(self) -> None:
        refusal = Verdict(is_allowed=False, remaining=0, wait=0.2, moment=0)
        with patch.object(Limiter, "_remembered", return_value=refusal):
            answer = self.client.get(SHOP)
        self.assertEqual(answer["Retry-After"], "1")
        self.assertEqual(
            answer.json()["detail"],
            "Request was throttled. Expected available in 1 second.",
        )

    def test_a_refusal_is_not_counted(self) -> None:
        self.spend()
        before = windows()
        self.assertEqual(len(before), 1)
        for _ in range(5):
            get_limiter.cache_clear()  # it remembers refusals, and would not ask Redis
            self.assertEqual(self.client.get(SHOP).status_code, 429)
        self.assertEqual(windows(), before)

    @override_settings(CORS_ALLOWED_ORIGINS=["https://app.example"])
    def test_pages_of_other_origins_may_read_it(self) -> None:
        self.spend()
        ada = self.token()
        for _ in range(4):
            self.client.get(SHOP, headers=ada)
        for headers, path in (
            ({}, SHOP),
            (ada, SHOP),
            ({"Authorization": "Token x"}, ME),
        ):
            answer = self.client.get(
                path, headers={"origin": "https://app.example"} | headers
            )
            self.assertEqual(answer.status_code, 429)
            self.assertEqual(
                answer["Access-Control-Allow-Origin"], "https://app.example"
            )
            exposed = answer["Access-Control-Expose-Headers"]
            for name in RATE_HEADERS:
                self.assertIn(name, exposed.split(", "))

    def test_a_refused_request_reaches_no_view(self) -> None:
        ada = self.token()
        self.spend()
        with self.assertNumQueries(0):
            self.assertEqual(self.client.get("/api/product/").status_code, 429)
        for _ in range(4):
            self.client.get(SHOP, headers=ada)
        answer = self.client.patch(
            ME, {"first_name": "Eve"}, "application/json", headers=ada
        )
        self.assertEqual(answer.status_code, 429)
        self.assertNotIn("Eve", str(answer.content))

    def test_shadow_mode_counts_and_refuses_nothing(self) -> None:
        self.spend()
        with override_settings(RATE_SHADOW=True):
            for headers in ({}, {"Authorization": "Token x"}):
                answer = self.client.get(SHOP, headers=headers)
                self.assertIn(answer.status_code, (200, 401))
                self.assertEqual(answer["X-RateLimit-Remaining"], "0")
        self.assertEqual(self.client.get(SHOP).status_code, 429)


class CredentialTests(LimitedTestCase):
    """Guessing tokens costs the address; whoever has one keeps their own."""

    bad = {"Authorization": "Token no-such-token"}

    def test_a_failing_token_is_the_address_s(self) -> None:
        for remaining in (3, 2, 1, 0):
            answer = self.client.get(ME, headers=self.bad)
            self.assertEqual(answer.status_code, 401)
            self.assert_counted(answer, remaining)
        self.assertEqual(self.client.get(ME, headers=self.bad).status_code, 429)
        self.assertEqual(self.client.get(SHOP).status_code, 429)

    def test_a_valid_token_behind_a_spent_address_passes(self) -> None:
        self.spend()
        ada = self.token()
        for path, status in ((ME, 200), ("/api/nothing/", 404), ("/api/shop", 301)):
            self.assertEqual(self.client.get(path, headers=ada).status_code, status)
        self.assertEqual(self.client.get(ME, headers=self.bad).status_code, 429)
        self.assertEqual(self.client.get("/api/nothing/").status_code, 429)

    def test_the_free_page_is_no_place_to_guess(self) -> None:
        for _ in range(4):
            answer = self.client.get("/api/rate-limit/", headers=self.bad)
            self.assertEqual(answer.status_code, 401)
        answer = self.client.get("/api/rate-limit/", headers=self.bad)
        self.assertEqual(answer.status_code, 429)

    def test_a_refusal_says_that_a_token_was_not_tried(self) -> None:
        self.spend()
        answer = self.client.get(ME, headers=self.bad)
        self.assertEqual(answer.json()["code"], "throttled")
        self.assertNotIn("WWW-Authenticate", answer.headers)


class LogTests(LimitedTestCase):
    """One line for each refusal."""

    def log(self, **options: Any) -> dict[str, Any]:  # noqa: ANN401
        with capture_logs() as logs:
            answer = self.client.get(SHOP, **options)
        self.assertEqual(answer.status_code, 429)
        (line,) = [log for log in logs if log["event"] == "request_throttled"]
        self.assertEqual(json.loads(line.pop("content")), answer.json())
        return line

    def test_of_an_address_that_is_masked(self) -> None:
        for address, masked in (
            ("203.0.113.9", "203.0.113.0/24"),
            ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
            ("nonsense", "unknown"),
        ):
            self.spend(REMOTE_ADDR=address)
            self.assertEqual(
                self.log(REMOTE_ADDR=address),
                {
                    "event": "request_throttled",
                    "log_level": "info",
                    "status": 429,
                    "path": SHOP,
                    "method": "GET",
                    "user": masked,
                },
            )

    def test_of_an_account(self) -> None:
        user = UserFactory()
        ada = self.token(user=user)
        self.spend(headers=ada)
        self.assertEqual(self.log(headers=ada)["user"], user.pk)

    def test_nothing_is_logged_of_what_passes(self) -> None:
        with capture_logs() as logs:
            self.client.get(SHOP)
        self.assertNotIn("request_throttled", [log["event"] for log in logs])


class PostTests(LimitedTestCase):
    """POST has scopes of its own."""

    url = "/api/user/login/"

    def log_in(
        self,
        email: str,
        password: str = PASSWORD[1:],
        **options: Any,  # noqa: ANN401
    ) -> HttpResponse:
        body = {"email": email, "password": password}
        return self.client.post(self.url, body, "application/json", **options)

    @override_settings(RATE_LOGIN="2/min,5/min")
    def test_an_account_is_protected_wherever_one_comes_from(self) -> None:
        UserFactory(email="ada@example.com")
        for number, email in enumerate(("ada@example.com", " ADA@Example.com")):
            answer = self.log_in(email, REMOTE_ADDR=f"198.51.100.{number}")
            self.assertEqual(answer.status_code, 401)
        answer = self.log_in("ada@example.com", PASSWORD, REMOTE_ADDR="198.51.100.9")
        self.assertEqual(answer.status_code, 429)
        self.assertEqual(answer.json()["code"], "throttled")
        self.assertEqual(answer["X-RateLimit-Limit"], "4")
        self.assertNotIn("X-RateLimit-Remaining", answer.headers)
        self.assertEqual(answer["RateLimit-Policy"], '"login";q=2;w=60')
        self.assertEqual(answer["RateLimit"], f'"login";r=0;t={answer["Retry-After"]}')
        other = self.log_in("bob@example.com", REMOTE_ADDR="198.51.100.9")
        self.assertEqual(other.status_code, 401)

    @override_settings(RATE_LOGIN="2/min,3/min")
    def test_an_address_is_limited_whatever_it_tries(self) -> None:
        for number in range(3):
            answer = self.log_in(f"user{number}@example.com")
            self.assertEqual(answer.status_code, 401)
            self.assertEqual(
                answer["RateLimit"].split(";")[:2],
                ['"login"', f"r={min(1, 2 - number)}"],
            )
        self.assertEqual(self.log_in("user9@example.com").status_code, 429)

    @override_settings(RATE_LOGIN="2/min,3/min")
    def test_a_refusal_by_one_window_uses_none_of_the_other(self) -> None:
        for _ in range(9):
            self.log_in("ada@example.com")
        answer = self.log_in("bob@example.com")
        self.assertEqual(answer.status_code, 401)
        self.assertEqual(answer["RateLimit-Policy"], '"login";q=3;w=60')
        self.assertEqual(answer["RateLimit"].split(";")[1], "r=0")

    @override_settings(RATE_LOGIN="1/min")
    def test_bodies_nobody_can_read_are_charged_to_the_address(self) -> None:
        first, second = (
            self.client.post(self.url, "{", "application/json") for _ in range(2)
        )
        self.assertEqual((first.status_code, second.status_code), (400, 429))
        self.assertEqual(first.json()["code"], "malformed-body")

    @override_settings(RATE_LOGIN="1/min")
    def test_fields_of_any_kind_are_no_crash(self) -> None:
        for number, email in enumerate((5, None, ["a"], {"a": 1}, "x" * 9999, "")):
            address = f"198.51.100.{number}"
            answer = self.log_in(email, REMOTE_ADDR=address)  # type: ignore[arg-type]
            self.assertIn(answer.status_code, (400, 401))
        answer = self.client.post(self.url, [1], "application/json", REMOTE_ADDR="::1")
        self.assertEqual(answer.status_code, 400)

    @override_settings(RATE_REGISTRATION="1/min,2/min")
    def test_registration(self) -> None:
        body = {"email": "new@example.com", "password": PASSWORD}
        codes = [
            self.client.post(
                "/api/user/", body | change, "application/json"
            ).status_code
            for change in (
                {},
                {},
                {"email": "b@example.com"},
                {"email": "c@example.com"},
            )
        ]
        self.assertEqual(codes, [201, 429, 201, 429])

    @override_settings(RATE_ORDER="1/min,2/min")
    def test_orders_of_an_account_and_of_guests(self) -> None:
        ada = self.token()
        codes = [
            self.client.post(
                "/api/order/", {}, "application/json", headers=headers
            ).status_code
            for headers in (ada, ada, {}, {}, self.token())
        ]
        self.assertEqual(codes, [400, 429, 400, 429, 429])

    def test_scopes_are_no_part_of_per_minute(self) -> None:
        with override_settings(RATE_LOGIN="9/min"):
            self.log_in("ada@example.com")
        self.assert_counted(self.client.get(SHOP), 3)

    @override_settings(RATE_LOGIN="")
    def test_a_scope_without_a_rate_says_nothing(self) -> None:
        self.assert_only_limit(self.log_in("ada@example.com"))


class RealLimitTests(LimitedTestCase):
    """The limit of the shop as it is shipped."""

    @override_settings(RATE_PER_MINUTE="256/min")
    def test_the_257th_is_refused(self) -> None:
        for number in range(256):
            answer = self.client.get(SHOP)
            self.assertEqual(answer.status_code, 200)
            self.assertEqual(answer["X-RateLimit-Remaining"], str(255 - number))
        self.assertEqual(self.client.get(SHOP).status_code, 429)

    def test_the_environment_names_every_scope(self) -> None:
        source = (settings.BASE_DIR / "shop" / "settings" / "api.py").read_text()
        for name in (
            "PER_MINUTE",
            "LOGIN",
            "REGISTRATION",
            "PASSWORD_RESET",
            "VOUCHER",
            "ORDER",
        ):
            self.assertIn(f'RATE_{name} = env.str("RATE_{name}"', source)
        self.assertIn('RATE_PER_MINUTE", default="256/min"', source)
