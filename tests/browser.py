"""The shop's pages in a real Chromium: Debian's own, driven by Selenium.

A test that needs a page to run is a ``BrowserTestCase``; its rows must be committed,
as for every live server::

    class BasketPageTests(BrowserTestCase):
        def test_total(self) -> None:
            self.open(reverse("storefront:basket"))
            self.assertEqual(self.text("#total"), "19.80")
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.test import LiveServerTestCase
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.wait import WebDriverWait

from script.lib import records
from script.lib.packages import find_program
from tests.servers import temporary_directory
from users.models import User

WAIT_SECONDS = 20  # for what a page does by itself; machines are busy
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


class RecordedService(ChromeService):
    """Debian's chromedriver in a session of its own, which the next run can end."""

    def __init__(self, record: Path) -> None:
        super().__init__(
            find_program("chromedriver"), popen_kw={"start_new_session": True}
        )
        self.record = record

    def start(self) -> None:
        """Start it, and record its process."""
        super().start()
        records.record_other(self.record, self.process.pid)


@contextmanager
def browser(*, width: int = 1280, height: int = 900) -> Iterator[Chrome]:
    """Start a Chromium without a past; its console and what it asks for are kept."""
    options = ChromeOptions()
    options.binary_location = find_program("chromium")
    kept = {"browser": "ALL", "performance": "ALL"}
    options.set_capability("goog:loggingPrefs", kept)
    for flag in (*FLAGS, f"--window-size={width},{height}"):
        options.add_argument(flag)
    with temporary_directory() as home:
        options.add_argument(f"--user-data-dir={home / 'profile'}")
        record = home / "chromedriver.process"
        try:
            with Chrome(options=options, service=RecordedService(record)) as driver:
                driver.set_page_load_timeout(WAIT_SECONDS)
                yield driver
        finally:
            records.end(record, 0)


class BrowserTestCase(LiveServerTestCase):
    """Tests that open pages of the shop, on the database of the test.

    One browser serves a class; every test begins without cookies and with an empty
    console.
    """

    driver: ClassVar[Chrome]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.driver = cls.enterClassContext(browser())

    def setUp(self) -> None:
        super().setUp()
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.console()
        self.requests()

    def open(self, path: str) -> None:
        """Load a page of the shop, by its path."""
        self.driver.get(f"{self.live_server_url}{path}")

    def sign_in(self, user: User) -> None:
        """Give the browser the session of a user."""
        self.client.force_login(user)
        self.driver.execute_cdp_cmd(
            "Network.setCookie",
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": self.client.cookies[settings.SESSION_COOKIE_NAME].value,
                "url": self.live_server_url,
                "httpOnly": True,
            },
        )

    def find(self, selector: str) -> WebElement:
        """Return the first element of a CSS selector, once there is one."""
        return WebDriverWait(self.driver, WAIT_SECONDS).until(
            expected.presence_of_element_located((By.CSS_SELECTOR, selector)), selector
        )

    def text(self, selector: str) -> str:
        """Return what a person reads in an element."""
        return self.find(selector).text

    def run_script(self, script: str, *arguments: object) -> object:
        """Return what a JavaScript function body returns in the page."""
        return self.driver.execute_script(script, *arguments)

    def console(self) -> list[str]:
        """Take the warnings and errors of the console, refused resources included."""
        return [
            f"{entry['level']} {entry['message']}"
            for entry in self.driver.get_log("browser")
            if entry["level"] in ("WARNING", "SEVERE")
        ]

    def requests(self) -> list[str]:
        """Take the addresses that pages have asked for, from wherever."""
        messages = (
            json.loads(entry["message"])["message"]
            for entry in self.driver.get_log("performance")
        )
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def strangers(self) -> set[str]:
        """Take what pages asked of anybody but this shop; data is no request."""
        return {
            url
            for url in self.requests()
            if not url.startswith((f"{self.live_server_url}/", "data:", "blob:"))
        }
