import signal
import subprocess
import sys
from unittest import TestResult, TestSuite
from unittest.mock import patch

import psutil
from csp.decorators import csp_exempt
from django.http import HttpRequest, HttpResponse
from django.test import SimpleTestCase, TransactionTestCase, override_settings
from django.urls import path
from playwright.sync_api import Error, expect

from shop.urls import urlpatterns
from tests.browser import WAIT_MS, BrowserTestCase, chromium
from tests.servers import temporary_directory
from tests.users.factories import UserFactory

PAGE = (  # it names an icon: Chromium would ask for one that is not there
    '<!doctype html><link rel="icon" href="/static/shop/favicon.svg">'
    "<title>Written</title><script>document.title = 'Run'</script>"
)
ELSEWHERE = "http://shop.example/picture"
FETCH = "(address) => fetch(address).catch(() => 'refused')"


def show_page(_request: HttpRequest) -> HttpResponse:
    """Answer with a page whose script the policy refuses."""
    return HttpResponse(PAGE)


urlpatterns = [
    *urlpatterns,
    path("strict/", show_page),
    path("lax/", csp_exempt()(show_page)),
]


@override_settings(ROOT_URLCONF="tests.test_browser")
class BrowserTests(BrowserTestCase):
    """tests.browser itself, on pages of the shop"""

    def test_page_of_the_live_server(self) -> None:
        self.open("/admin/login/")
        expect(self.page.locator("#site-name")).to_have_text("Film Shop")

    def test_signed_in(self) -> None:
        self.sign_in(UserFactory(is_staff=True, is_superuser=True))
        self.open("/admin/")
        expect(self.page).to_have_title("Site administration | Film Shop")

    def test_begins_signed_out(self) -> None:
        self.open("/admin/")
        self.assertIn("/admin/login/", self.page.url)

    def test_requests_to_others_are_told_and_refused(self) -> None:
        self.open("/admin/login/")
        self.assertEqual(self.strangers(), set())
        with self.assertRaisesRegex(Error, "ERR_NAME_NOT_RESOLVED"):
            self.page.goto(ELSEWHERE)
        with self.assertRaisesRegex(Error, "ERR_NAME_NOT_RESOLVED"):
            self.page.goto("http://192.0.2.1/")
        self.assertEqual(self.strangers(), {ELSEWHERE, "http://192.0.2.1/"})

    def test_console_is_taken_once(self) -> None:
        self.page.evaluate("console.error('broken')")
        self.assertIn("broken", "".join(self.console()))
        self.assertEqual(self.console(), [])

    def test_faults_of_scripts_are_told(self) -> None:
        with self.profile.expect_event("weberror"):
            self.page.evaluate("setTimeout(() => { throw new Error('lost'); })")
        self.assertIn("lost", "".join(self.console()))

    def test_refusals_of_the_policy_are_told(self) -> None:
        self.open("/strict/")
        expect(self.page).to_have_title("Written")
        self.assertIn("Content Security Policy", "".join(self.console()))


class CarelessWalks(BrowserTestCase):
    """Not collected: what these do wrong is told by ``BrowserTestCase`` itself"""

    def writes(self) -> None:
        self.page.evaluate("console.warn('beware')")

    def asks(self) -> None:
        self.page.evaluate(FETCH, ELSEWHERE)
        self.console()

    def trusts(self) -> None:
        self.open("/lax/")

    def fails(self) -> None:
        with self.subTest("a part"):
            self.fail("seen")


@override_settings(ROOT_URLCONF="tests.test_browser")
class OutcomeTests(TransactionTestCase):
    """What every walk is held against, and what a failed one leaves behind"""

    def test_careless_walks(self) -> None:
        walks = {
            "writes": "warning beware",
            "asks": ELSEWHERE,
            "trusts": "/lax/",
            "fails": "seen",
        }
        result = TestResult()
        place = self.enterContext(temporary_directory())
        with patch("tests.browser.FAILURES", place):
            TestSuite(CarelessWalks(name) for name in walks)(result)
        self.assertEqual(result.errors, [])
        told = {test.id().split()[0]: text for test, text in result.failures}
        left = {path.name for path in place.iterdir()}
        for name, fault in walks.items():
            walk = f"tests.test_browser.CarelessWalks.{name}"
            self.assertIn(fault, told[walk])
            self.assertLessEqual({f"{walk}.png", f"{walk}.zip"}, left)


def wait_in_chromium() -> None:
    """Start a browser, say so, and stay."""
    with chromium():
        print("started", flush=True)  # noqa: T201
        signal.pause()


class KilledTests(SimpleTestCase):
    """A run that is killed leaves no browser behind"""

    def test_browser_of_a_killed_process(self) -> None:
        code = "from tests.test_browser import wait_in_chromium; wait_in_chromium()"
        command = [sys.executable, "-c", f"import django; django.setup(); {code}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as owner:
            self.assertEqual(owner.stdout.readline(), b"started\n")
            left = psutil.Process(owner.pid).children(recursive=True)
            owner.kill()
        self.assertGreater(len(left), 2)
        _, alive = psutil.wait_procs(left, timeout=WAIT_MS / 1000)
        self.assertEqual(alive, [])
