"""The shop's pages in a real Chromium: Debian's own, driven by Playwright.

A test that needs a page to run is a ``BrowserTestCase``; its rows must be committed,
as for every live server::

    class BasketPageTests(BrowserTestCase):
        def test_total(self) -> None:
            self.open(reverse("storefront:basket"))
            expect(self.page.locator("#total")).to_have_text("19.80")

Whatever a test is about, it fails if a page wrote to the console, asked anybody but
this shop, or came without the strict content policy. What a test means to provoke it
takes, by ``console()`` or ``strangers()``.

A test that fails leaves ``var/failures/<its id>.png`` and ``.zip``, the trace of all it
did: ``.venv/bin/playwright show-trace --port 9323 FILE``, and open that port.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import ClassVar
from unittest.mock import patch

from django.conf import settings
from django.test import LiveServerTestCase
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    WebError,
    expect,
    sync_playwright,
)

from script.lib.console import var_directory
from script.lib.packages import find_program
from users.models import User

WAIT_MS = 60_000  # for what a page does by itself; machines are busy
START_MS = 3 * WAIT_MS  # for Chromium
SCREENSHOTS = var_directory() / "screenshots"
FAILURES = var_directory() / "failures"
FLAGS = (  # beside Playwright's own, which end first runs, updates and the like
    "--disable-gpu",
    "--disable-sync",
    # Whatever a page asks for, nothing leaves this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a Chromium without a past; it ends with this process at the latest.

    Playwright's synchronous API keeps an event loop in this thread, which runs while
    the browser is asked for something, and stands still while a test's own code runs.
    Django sees a loop and refuses queries, for they would block it. Here nothing else
    waits on it, so Django is told to allow them.
    """
    with (
        sync_playwright() as playwright,
        patch.dict(os.environ, {"DJANGO_ALLOW_ASYNC_UNSAFE": "1"}),
        playwright.chromium.launch(
            executable_path=find_program("chromium"), args=FLAGS, timeout=START_MS
        ) as browser,
    ):
        expect.set_options(timeout=WAIT_MS)
        yield browser


class BrowserTestCase(LiveServerTestCase):
    """Tests that open pages of the shop, on the database of the test.

    One browser serves a class; every test has a profile and a page of its own.

    Attributes:
        device: Options of the profile: size of the window, touch.
        page: Playwright's page.
    """

    device: ClassVar[dict[str, object]] = DESKTOP
    browser: ClassVar[Browser]
    page: Page

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.browser = cls.enterClassContext(chromium())

    def setUp(self) -> None:
        super().setUp()
        self._console: list[str] = []
        self._strangers: set[str] = set()
        self._lax: set[str] = set()
        self.profile = self.browser.new_context(
            base_url=self.live_server_url, **self.device
        )
        self.addCleanup(self.profile.close)
        self._watch(self.profile)
        self.page = self.profile.new_page()

    def _callTestMethod(self, method: Callable[[], object]) -> None:  # noqa: N802
        """Run a test, then hold what was seen against what no page may do.

        ``tearDown`` would be told neither that the test nor that a part of it failed.
        """
        with ExitStack() as on_failure:
            on_failure.callback(self._explain)
            super()._callTestMethod(method)
            self.assertEqual(self.console(), [], "on the console")
            self.assertEqual(self.strangers(), set(), "asked of others")
            self.assertEqual(self._lax, set(), "pages without a strict policy")
            if self._outcome.success:
                on_failure.pop_all()

    def _explain(self) -> None:
        """Keep the page as it is, and the trace of what led to it."""
        self.page.screenshot(path=FAILURES / f"{self.id()}.png")
        self.profile.tracing.stop(path=FAILURES / f"{self.id()}.zip")

    def _watch(self, profile: BrowserContext) -> None:
        profile.set_default_timeout(WAIT_MS)
        profile.tracing.start(snapshots=True)
        profile.on("console", self._hear)
        profile.on("weberror", self._catch)
        profile.on("request", self._notice)
        profile.on("response", self._check_policy)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("warning", "error"):
            place = message.location["url"]
            self._console.append(f"{message.type} {message.text} ({place})")

    def _catch(self, fault: WebError) -> None:
        self._console.append(f"uncaught {fault.error} ({self.page.url})")

    def _notice(self, request: Request) -> None:
        ours = (f"{self.live_server_url}/", "data:", "blob:")  # data is no request
        if not request.url.startswith(ours):
            self._strangers.add(request.url)

    def _check_policy(self, response: Response) -> None:
        kind = response.headers.get("content-type", "")
        policy = response.headers.get("content-security-policy", "unsafe")
        if kind.startswith("text/html") and "unsafe" in policy:
            self._lax.add(response.url)

    def open(self, path: str) -> None:
        """Load a page of the shop, by its path."""
        self.page.goto(path)

    def press(self, what: Locator) -> None:
        """Click what leads to another page, and wait for that page."""
        with self.page.expect_event("load"):
            what.click()

    def sign_in(self, user: User) -> None:
        """Give the browser the session of a user."""
        self.client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        value = self.client.cookies[name].value
        cookie = {"name": name, "value": value, "url": self.live_server_url}
        self.profile.add_cookies([{**cookie, "httpOnly": True}])

    def see(self, name: str) -> None:
        """Keep a picture of the page as ``var/screenshots/<name>.png``."""
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    def console(self) -> list[str]:
        """Take the warnings and errors of the console, refused resources included."""
        self._catch_up()
        told, self._console = self._console, []
        return told

    def strangers(self) -> set[str]:
        """Take what pages asked of anybody but this shop."""
        self._catch_up()
        asked, self._strangers = self._strangers, set()
        return asked

    def _catch_up(self) -> None:
        """Hear of what happened until now: events come while an answer is awaited."""
        self.page.evaluate("0")
