from contextlib import suppress

from selenium.common.exceptions import WebDriverException

from tests.browser import BrowserTestCase
from tests.users.factories import UserFactory
from tests.web import free_port


class BrowserTests(BrowserTestCase):
    """tests.browser itself, on pages of the shop"""

    def test_page_of_the_live_server(self) -> None:
        self.open("/admin/login/")
        self.assertEqual(self.text("#site-name"), "Film Shop")

    def test_signed_in(self) -> None:
        self.sign_in(UserFactory(is_staff=True, is_superuser=True))
        self.open("/admin/")
        self.assertEqual(self.driver.title, "Site administration | Film Shop")

    def test_begins_signed_out(self) -> None:
        self.open("/admin/")
        self.assertIn("/admin/login/", self.driver.current_url)

    def test_requests_to_others_are_told(self) -> None:
        self.open("/admin/login/")
        self.assertEqual(self.strangers(), set())
        elsewhere = f"http://127.0.0.1:{free_port()}/elsewhere"
        with suppress(WebDriverException):
            self.driver.get(elsewhere)
        self.assertEqual(self.strangers(), {elsewhere})

    def test_console_is_taken_once(self) -> None:
        self.run_script("console.error('broken')")
        self.assertIn("broken", "".join(self.console()))
        self.assertEqual(self.console(), [])
