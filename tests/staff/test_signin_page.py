import time
from urllib.parse import urlsplit

from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser import BrowserTestCase
from tests.staff.codes import STEP, code_at
from tests.users.factories import PASSWORD
from users.models import User


@override_settings(STAFF_MFA_REQUIRED=True)
class SignInWalkTests(BrowserTestCase):
    """From the first sign-in to one with a code, as a person sees it"""

    def test_enrol_leave_and_come_back(self) -> None:
        User.objects.create_superuser("root@example.com", PASSWORD)
        self.open(reverse("admin:index"))
        self.log_in()
        self.wait_for("/admin/security/app/")
        expect(self.page.locator(".qr-code svg path")).to_be_visible()
        self.see("second-factor")
        secret = self.page.locator("#totp-secret").inner_text()
        used = self.send_code(secret)
        self.wait_for("/admin/security/codes/")
        codes = self.page.locator(".recovery-codes").inner_text().split()
        self.assertEqual(len(codes), 10)
        self.page.locator("#content-main a").click()
        self.wait_for(reverse("admin:index"))

        self.page.get_by_role("button", name="Log out").click()
        self.wait_for(reverse("admin:logout"))
        self.open(reverse("admin:index"))
        self.log_in()
        self.wait_for("/admin/login/code/")
        self.send_code(secret, after=used)
        self.wait_for(reverse("admin:index"))
        self.open(reverse("mfa_index"))
        content = self.page.locator("#content-main")
        expect(content).to_contain_text("codes that are left: 10")

    def log_in(self) -> None:
        self.page.fill("#id_login", "root@example.com")
        self.page.fill("#id_password", PASSWORD)
        self.page.click("#login-form input[type=submit]")

    def send_code(self, secret: str, *, after: int = 0) -> int:
        """Type a code of a step that no code was used of; return the step."""
        # The server takes one step ahead of the clock, as from a phone that is fast.
        step = max(int(time.time()) // STEP, after + 1)
        self.page.fill("#id_code", code_at(step * STEP, secret=secret))
        self.page.press("#id_code", "Enter")
        return step

    def wait_for(self, path: str) -> None:
        self.page.wait_for_url(lambda url: urlsplit(url).path == path)
