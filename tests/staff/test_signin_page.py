import time
from urllib.parse import urlsplit

from django.test import override_settings
from django.urls import reverse
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser import WAIT_SECONDS, BrowserTestCase
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
        self.assertTrue(self.find(".qr-code svg path").is_displayed())
        secret = self.text("#totp-secret")
        used = self.send_code(secret)
        self.wait_for("/admin/security/codes/")
        codes = self.text(".recovery-codes").split()
        self.assertEqual(len(codes), 10)
        self.find("#content-main a").click()
        self.wait_for(reverse("admin:index"))
        self.assertEqual(self.console(), [])

        self.find("#logout-form button").click()
        self.wait_for(reverse("admin:logout"))
        self.open(reverse("admin:index"))
        self.log_in()
        self.wait_for("/admin/login/code/")
        self.send_code(secret, after=used)
        self.wait_for(reverse("admin:index"))
        self.open(reverse("mfa_index"))
        self.assertIn("codes that are left: 10", self.text("#content-main"))
        self.assertEqual(self.console(), [])

    def log_in(self) -> None:
        self.find("#id_login").send_keys("root@example.com")
        self.find("#id_password").send_keys(PASSWORD)
        self.find("#login-form input[type=submit]").click()

    def send_code(self, secret: str, *, after: int = 0) -> int:
        """Type a code of a step that no code was used of; return the step."""
        # The server takes one step ahead of the clock, as from a phone that is fast.
        step = max(int(time.time()) // STEP, after + 1)
        self.find("#id_code").send_keys(code_at(step * STEP, secret=secret))
        self.driver.find_element(By.CSS_SELECTOR, "input[type=submit]").submit()
        return step

    def wait_for(self, path: str) -> None:
        WebDriverWait(self.driver, WAIT_SECONDS).until(
            lambda driver: urlsplit(driver.current_url).path == path,
            f"{self.driver.current_url} is not {path}",
        )
        WebDriverWait(self.driver, WAIT_SECONDS).until(
            expected.presence_of_element_located((By.CSS_SELECTOR, "#content"))
        )
