from csp.constants import NONCE
from django.conf import settings
from django.test import TestCase, override_settings
from django.urls import reverse

from tests.custom.throttling.limits import FreshLimits
from tests.users.factories import UserFactory

PAGES = ("/admin/login/", "/api/docs/", "/api/docs/reference/", "/no/such/page/")
DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def directives(policy: str) -> dict[str, str]:
    """Return what a policy says of each directive."""
    return dict(part.strip().split(" ", 1) for part in policy.split(";"))


class PagePolicyTests(FreshLimits, TestCase):
    """Headers that tell a browser what a page of the shop may do"""

    def test_every_page_has_the_strict_policy(self) -> None:
        for path in PAGES:
            with self.subTest(path):
                answer = self.client.get(path)
                told = directives(answer["Content-Security-Policy"])
                nonce = told["script-src"].removeprefix("'self'")
                told["script-src"] = told["script-src"].removesuffix(nonce)
                told["style-src"] = told["style-src"].removesuffix(nonce)
                self.assertEqual(told, DIRECTIVES)
                self.assertRegex(nonce, r"^( 'nonce-[\w+/=]{24}')?$")
                self.assertEqual(answer["X-Frame-Options"], "DENY")
                self.assertIn("camera=()", answer["Permissions-Policy"])

    def test_a_page_of_the_admin(self) -> None:
        self.client.force_login(UserFactory(is_staff=True, is_superuser=True))
        answer = self.client.get(reverse("admin:index"))
        told = directives(answer["Content-Security-Policy"])
        self.assertEqual(told, DIRECTIVES)

    def test_a_nonce_is_used_once(self) -> None:
        first, second = (
            directives(self.client.get(PAGES[2])["Content-Security-Policy"])
            for _ in range(2)
        )
        self.assertIn("'nonce-", first["script-src"])
        self.assertNotEqual(first["script-src"], second["script-src"])

    def test_no_policy_allows_what_is_unsafe(self) -> None:
        policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        sources = {source for allowed in policy.values() for source in allowed}
        self.assertEqual(sources, {"'self'", "'none'", "data:", NONCE})

    def test_answers_that_are_no_pages(self) -> None:
        answer = self.client.get("/api/shop/")
        self.assertNotIn("Content-Security-Policy", answer)
        self.assertNotIn("Permissions-Policy", answer)

    def test_every_answer_keeps_its_type_and_its_address_to_itself(self) -> None:
        for path in (*PAGES, "/api/shop/", "/api/nothing/", "/health/live"):
            with self.subTest(path):
                answer = self.client.get(path)
                self.assertEqual(answer["X-Content-Type-Options"], "nosniff")
                self.assertEqual(answer["Referrer-Policy"], "same-origin")

    @override_settings(RATE_PER_MINUTE="1/min")
    def test_a_refusal_of_the_rate_limit(self) -> None:
        answers = [self.client.get("/api/shop/") for _ in range(2)]
        self.assertEqual([answer.status_code for answer in answers], [200, 429])
        self.assertEqual(answers[1]["X-Content-Type-Options"], "nosniff")

    @override_settings(SECURE_HSTS_SECONDS=60, SECURE_HSTS_INCLUDE_SUBDOMAINS=True)
    def test_transport_security(self) -> None:
        for path in ("/admin/login/", "/api/shop/"):
            answer = self.client.get(path, secure=True)
            told = answer["Strict-Transport-Security"]
            self.assertEqual(told, "max-age=60; includeSubDomains")
