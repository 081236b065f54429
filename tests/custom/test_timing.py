import re

from django.test import TestCase

from tests.custom.caching.kept import KeptPages
from tests.users.factories import UserFactory, create_token

HEADER = "Server-Timing"


class ServerTimingTests(KeptPages, TestCase):
    """Staff are told what their request took; nobody else is"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.staff = UserFactory(is_staff=True)
        cls.customer = UserFactory()

    def sign_in(self, user: object) -> dict[str, str]:
        return {"Authorization": f"Token {create_token(user)[1]}"}

    def test_staff(self) -> None:
        headers = self.sign_in(self.staff)
        told = self.client.get("/api/user/me/", headers=headers)[HEADER]
        form = r'db;dur=\d+\.\d;desc="(\d+) statements", total;dur=\d+\.\d'
        found = re.fullmatch(form, told)
        self.assertIsNotNone(found, told)
        self.assertEqual(int(found[1]), 1)  # the token

    def test_staff_by_session(self) -> None:
        self.client.force_login(self.staff)
        self.assertIn(HEADER, self.client.get("/api/user/me/"))

    def test_nobody_else(self) -> None:
        self.assertNotIn(HEADER, self.client.get("/api/shop/"))
        self.assertNotIn(HEADER, self.client.get("/api/user/me/"))
        headers = self.sign_in(self.customer)
        self.assertNotIn(HEADER, self.client.get("/api/user/me/", headers=headers))

    def test_public_page_stays_out_of_shared_caches(self) -> None:
        headers = self.sign_in(self.staff)
        for source in ("view", "cache"):
            answer = self.client.get("/api/shop/", headers=headers)
            self.assertIn(f'cache;desc="{source}"', answer[HEADER])
            self.assertEqual(answer["Cache-Control"], "private, no-store")
        public = self.client.get("/api/shop/")
        self.assertNotIn(HEADER, public)
        self.assertIn("s-maxage", public["Cache-Control"])
