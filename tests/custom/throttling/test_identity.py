from typing import Any

from django.test import SimpleTestCase, TestCase, override_settings
from django.urls import reverse_lazy

from custom.limits import checks
from custom.limits.identity import (
    client_address,
    mask_address,
    normalize_address,
    tried_ident,
)
from custom.rates import Rate, ScopeRates, parse_rate, parse_rates
from tests.custom.throttling.limits import FreshLimits


def proxies(number: object) -> Any:  # noqa: ANN401 - a decorator and context manager
    from django.conf import settings  # noqa: PLC0415

    return override_settings(
        REST_FRAMEWORK=settings.REST_FRAMEWORK | {"NUM_PROXIES": number}
    )


class AddressTests(SimpleTestCase):
    """One spelling for all that one client has"""

    def test_every_spelling(self) -> None:
        for text, wanted in (
            ("203.0.113.9", "203.0.113.9"),
            (" 203.0.113.9 ", "203.0.113.9"),
            ("203.0.113.9:4711", "203.0.113.9"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("::FFFF:cb00:7109", "203.0.113.9"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:0DB8:0001:0002:ffff::", "2001:db8:1:2::"),
            ("[2001:db8:1:2::7]:443", "2001:db8:1:2::"),
            ("fe80::1%eth0", "fe80::"),
            ("::1", "::"),
        ):
            with self.subTest(text):
                self.assertEqual(normalize_address(text), wanted)

    def test_what_is_none_shares_one(self) -> None:
        for text in (
            "",
            "5",
            "unknown",
            "localhost",
            "1.2.3",
            "1.2.3.4.5",
            "a:b",
            "[",
            "\x00",
        ):
            with self.subTest(text):
                self.assertEqual(normalize_address(text), "unknown")

    def test_a_log_tells_the_network(self) -> None:
        self.assertEqual(mask_address("203.0.113.9"), "203.0.113.0/24")
        self.assertEqual(mask_address("2001:db8:1:2::"), "2001:db8:1::/48")
        self.assertEqual(mask_address("unknown"), "unknown")

    def test_what_is_tried_is_not_stored(self) -> None:
        made = tried_ident("ada@example.com")
        self.assertEqual(made, tried_ident("ada@example.com"))
        self.assertNotEqual(made, tried_ident("bob@example.com"))
        self.assertRegex(made, r"\At[0-9a-f]{64}\Z")
        tried_ident("\ud800")


class ProxyTests(FreshLimits, SimpleTestCase):
    """Whose word is taken for a client's address"""

    def address(self, forwarded: str | None) -> str:
        meta = {"REMOTE_ADDR": "10.0.0.1"}
        if forwarded is not None:
            meta["HTTP_X_FORWARDED_FOR"] = forwarded
        return client_address(meta)

    def test_every_number_of_proxies(self) -> None:
        chain = "198.51.100.1, 198.51.100.2,198.51.100.3"
        for number, forwarded, wanted in (
            (0, None, "10.0.0.1"),
            (0, chain, "10.0.0.1"),
            (1, None, "10.0.0.1"),
            (1, "", "10.0.0.1"),
            (1, chain, "198.51.100.3"),
            (2, chain, "198.51.100.2"),
            (3, chain, "198.51.100.1"),
            (4, chain, "10.0.0.1"),
            (1, "forged, ", "unknown"),
            (2, "198.51.100.1", "10.0.0.1"),
        ):
            with self.subTest(number=number, forwarded=forwarded), proxies(number):
                self.assertEqual(self.address(forwarded), wanted)

    @override_settings(RATE_PER_MINUTE="4/min")
    def test_a_forged_header_is_no_new_caller(self) -> None:
        for number in (0, 1):
            with proxies(number):
                codes = [
                    self.client.get(
                        "/api/shop/",
                        headers={
                            "X-Forwarded-For": f"198.51.100.{each}, 192.0.2.{number}"
                        },
                    ).status_code
                    for each in range(20)
                ]
                self.assertEqual(codes, [200] * 4 + [429] * 16)

    @override_settings(RATE_PER_MINUTE="4/min")
    def test_one_network_of_ipv6_is_one_caller(self) -> None:
        codes = [
            self.client.get("/api/shop/", REMOTE_ADDR=f"2001:db8::{each}").status_code
            for each in range(1, 6)
        ]
        self.assertEqual(codes, [200] * 4 + [429])


class RateTests(SimpleTestCase):
    """Rates as people write them"""

    def test_lawful(self) -> None:
        for text, wanted in (
            ("256/min", Rate(256, 60)),
            (" 5 / Hour ", Rate(5, 3600)),
            ("1/s", Rate(1, 1)),
            ("9/day", Rate(9, 86400)),
            ("65535/m", Rate(65535, 60)),
            ("", None),
        ):
            self.assertEqual(parse_rate(text), wanted)
        self.assertEqual(parse_rates("2/s"), ScopeRates(Rate(2, 1), Rate(2, 1)))
        self.assertEqual(parse_rates("2/s,3/s"), ScopeRates(Rate(2, 1), Rate(3, 1)))
        self.assertEqual(parse_rates(",3/s"), ScopeRates(None, Rate(3, 1)))

    def test_unlawful(self) -> None:
        for text in (
            "256",
            "0/min",
            "-1/min",
            "65536/min",
            "1/month",
            "1/x",
            "1/s,2/s,3/s",
        ):
            with self.subTest(text), self.assertRaises(ValueError):
                parse_rates(text)


class CheckTests(SimpleTestCase):
    """What the system checks refuse"""

    def test_the_projects_own_settings_pass(self) -> None:
        for check in (
            checks.check_proxies,
            checks.check_rates,
            checks.check_overrides,
            checks.check_metrics_token,
        ):
            self.assertEqual(check(), [])

    def test_an_unknown_number_of_proxies(self) -> None:
        for number in (None, -1, "1"):
            with proxies(number):
                (error,) = checks.check_proxies()
                self.assertEqual(error.id, "custom.E020")
        with proxies(None), override_settings(DEBUG=True):
            self.assertEqual(checks.check_proxies(), [])

    @override_settings(RATE_LOGIN="often", RATE_ORDER="0/min")
    def test_rates_that_are_none(self) -> None:
        errors = checks.check_rates()
        self.assertEqual([error.id for error in errors], ["custom.E021"] * 2)
        self.assertIn("RATE_LOGIN", errors[0].msg)

    @override_settings(RATE_OVERRIDES=["users.nowhere.rates"])
    def test_overrides_from_nowhere(self) -> None:
        (error,) = checks.check_overrides()
        self.assertEqual(error.id, "custom.E022")

    @override_settings(METRICS_TOKEN="guess-me")
    def test_a_short_token(self) -> None:
        (error,) = checks.check_metrics_token()
        self.assertEqual(error.id, "custom.E023")


class MetricsTests(TestCase):
    """GET /metrics"""

    url = reverse_lazy("metrics")

    def get(self, authorization: str = "") -> Any:  # noqa: ANN401
        headers = {"Authorization": authorization} if authorization else {}
        return self.client.get(self.url, headers=headers)

    def test_without_a_token_in_the_settings_there_is_nothing(self) -> None:
        for authorization in ("", "Bearer ", "Bearer x"):
            self.assertEqual(self.get(authorization).status_code, 404)

    @override_settings(METRICS_TOKEN="t" * 40)
    def test_only_the_token_opens_it(self) -> None:
        for authorization in (
            "",
            "Bearer t",
            "t" * 40,
            "Bearer " + "t" * 41,
            "Bearer é",
        ):
            answer = self.get(authorization)
            self.assertEqual(answer.status_code, 401)
            self.assertEqual(answer["WWW-Authenticate"], "Bearer")
            self.assertEqual(answer.content, b"")
        answer = self.get("Bearer " + "t" * 40)
        self.assertEqual(answer.status_code, 200)
        self.assertTrue(answer["Content-Type"].startswith("text/plain"))
        self.assertIn("no-store", answer["Cache-Control"])
        self.assertEqual(self.client.post(self.url).status_code, 405)
