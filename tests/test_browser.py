from tests.browser import BrowserTestCase
from tests.users.factories import UserFactory


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

    def test_console_is_taken_once(self) -> None:
        self.run_script("console.error('broken')")
        self.assertIn("broken", "".join(self.console()))
        self.assertEqual(self.console(), [])
