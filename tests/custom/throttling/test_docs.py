"""The clients of docs/api/rate-limits.md do what the page says."""

import re
from typing import Any

from django.conf import settings
from django.test import LiveServerTestCase, SimpleTestCase, override_settings
from structlog.testing import capture_logs

from custom.rates import PER_MINUTE, SETTINGS, Rate, parse_rates
from tests.browser import BrowserTestCase
from tests.custom.throttling.limits import FreshLimits

PAGE = (settings.BASE_DIR / "docs" / "api" / "rate-limits.md").read_text(
    encoding="utf-8"
)
SHIPPED = (settings.BASE_DIR / "shop" / "settings" / "api.py").read_text()
MAX_LINES = 15


def snippet(language: str) -> str:
    """Return the one block of the page in a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return found


class ShownTests(SimpleTestCase):
    """What the page says of limits is so"""

    def test_every_scope_and_its_figures(self) -> None:
        for scope, name in SETTINGS.items():
            (row,) = re.findall(rf"^\| `{scope}` .*$", PAGE, re.MULTILINE)
            (text,) = re.findall(rf'"{name}", default="(.+?)"', SHIPPED)
            rates = parse_rates(text)
            for rate in rates:
                assert rate is not None
                self.assertIn(str(rate.limit), row)
        self.assertEqual(parse_rates("256/min").address, Rate(256, 60))
        self.assertIn(PER_MINUTE, SETTINGS)

    def test_the_clients_are_short(self) -> None:
        for language in ("python", "js"):
            lines = [line for line in snippet(language).splitlines() if line.strip()]
            self.assertLessEqual(len(lines), MAX_LINES)


def refusals(logs: list[Any]) -> int:
    """Count refused calls: of three, one a second; a slow machine may be late."""
    return [log["event"] for log in logs].count("request_throttled")


@override_settings(RATE_PER_MINUTE="1/s")
class PythonTests(FreshLimits, LiveServerTestCase):
    """The client in Python"""

    def test_it_backs_off_and_gets_its_answer(self) -> None:
        names: dict[str, Any] = {}
        exec(snippet("python"), names)  # noqa: S102 - our own page
        with capture_logs() as logs:
            answers = [
                names["get"](f"{self.live_server_url}/api/shop/") for _ in range(3)
            ]
        self.assertEqual([answer["currency"] for answer in answers], ["EUR"] * 3)
        self.assertGreaterEqual(refusals(logs), 1)

    def test_it_gives_up_on_other_failures(self) -> None:
        names: dict[str, Any] = {}
        exec(snippet("python"), names)  # noqa: S102
        with self.assertRaisesMessage(OSError, "HTTP Error 401"):
            names["get"](f"{self.live_server_url}/api/user/me/", token="none")


# A browser may not answer from what it has.
@override_settings(RATE_PER_MINUTE="1/s", CACHE_STALE_SECONDS=0)
class JavaScriptTests(FreshLimits, BrowserTestCase):
    """The client in JavaScript"""

    def run_client(self, script: str) -> Any:  # noqa: ANN401 - whatever it returns
        self.open("/admin/login/")
        return self.page.evaluate(f"async () => {{ {snippet('js')}\n{script} }}")

    def assert_told_of(self, status: str) -> None:
        """Take what the console says, which is of these refusals alone."""
        for line in self.console():
            self.assertIn(f"responded with a status of {status} ", line)

    def test_it_backs_off_and_gets_its_answer(self) -> None:
        with capture_logs() as logs:
            currencies = self.run_client(
                """
                const shops = [1, 2, 3].map(() => get("/api/shop/"));
                return (await Promise.all(shops)).map((shop) => shop.currency);
                """
            )
        self.assertEqual(currencies, ["EUR"] * 3)
        self.assertGreaterEqual(refusals(logs), 1)
        self.assert_told_of("429")

    def test_it_gives_up_on_other_failures(self) -> None:
        told = self.run_client('return get("/api/user/me/", "none").catch(String);')
        self.assertEqual(told, "Error: HTTP 401")
        self.assert_told_of("401")
