from datetime import UTC, datetime, timedelta

import time_machine
from rest_framework.test import APIClient, APITestCase

from tests.users.factories import UserFactory, create_token
from users.models import AuthToken

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


class DeviceTests(APITestCase):
    """/api/user/token/ and /api/user/logout-all/"""

    url = "/api/user/token/"

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = UserFactory()
        with time_machine.travel(NOW, tick=False):
            cls.phone, cls.secret = create_token(cls.user, device="Phone")
        with time_machine.travel(NOW - timedelta(days=1), tick=False):
            cls.laptop, _ = create_token(cls.user, device="Laptop")
        cls.strangers, _ = create_token()

    def setUp(self) -> None:
        traveller = time_machine.travel(NOW, tick=False)
        traveller.start()
        self.addCleanup(traveller.stop)
        self.headers = {"Authorization": f"Token {self.secret}"}

    def test_the_devices_are_listed(self) -> None:
        response = self.client.get(self.url, headers=self.headers)
        body = response.json()
        self.assertEqual(
            body["results"],
            [
                {
                    "id": self.phone.pk,
                    "device": "Phone",
                    "created_at": "2026-01-01T12:00:00Z",
                    "last_used_at": "2026-01-01T12:00:00Z",
                    "expires_at": "2026-01-31T12:00:00Z",
                    "is_current": True,
                },
                {
                    "id": self.laptop.pk,
                    "device": "Laptop",
                    "created_at": "2025-12-31T12:00:00Z",
                    "last_used_at": "2025-12-31T12:00:00Z",
                    "expires_at": "2026-01-30T12:00:00Z",
                    "is_current": False,
                },
            ],
        )
        self.assertEqual(response["Cache-Control"], "private, no-store")
        self.assertNotIn(self.secret, response.content.decode())

    def test_an_expired_device_is_not_listed(self) -> None:
        AuthToken.objects.filter(pk=self.laptop.pk).update(expiry=NOW)
        response = self.client.get(self.url, headers=self.headers)
        self.assertEqual(
            [row["device"] for row in response.json()["results"]], ["Phone"]
        )

    def test_a_device_is_signed_out(self) -> None:
        url = f"{self.url}{self.laptop.pk}/"
        self.assertEqual(self.client.delete(url, headers=self.headers).status_code, 204)
        self.assertFalse(AuthToken.objects.filter(pk=self.laptop.pk).exists())
        self.assertEqual(self.client.delete(url, headers=self.headers).status_code, 404)

    def test_a_strangers_device_is_a_404(self) -> None:
        for pk in (self.strangers.pk, 2**70):
            response = self.client.delete(f"{self.url}{pk}/", headers=self.headers)
            self.assertEqual(response.status_code, 404)
        self.assertTrue(AuthToken.objects.filter(pk=self.strangers.pk).exists())

    def test_all_devices_are_signed_out_at_once(self) -> None:
        response = self.client.post("/api/user/logout-all/", headers=self.headers)
        self.assertEqual((response.status_code, response.content), (204, b""))
        self.assertEqual(AuthToken.objects.get(), self.strangers)
        self.assertEqual(
            self.client.get(self.url, headers=self.headers).status_code, 401
        )

    def test_sessions_end_with_all_devices(self) -> None:
        browser = APIClient()
        browser.force_login(self.user)
        self.assertEqual(browser.get("/api/user/me/").status_code, 200)
        self.client.post("/api/user/logout-all/", headers=self.headers)
        self.assertEqual(browser.get("/api/user/me/").status_code, 401)

    def test_anonymous_callers_are_refused(self) -> None:
        self.assertEqual(self.client.get(self.url).status_code, 401)
        self.assertEqual(self.client.post("/api/user/logout-all/").status_code, 401)
        url = f"{self.url}{self.phone.pk}/"
        self.assertEqual(self.client.delete(url).status_code, 401)

    def test_query_count_does_not_grow_with_devices(self) -> None:
        with self.assertNumQueries(3):  # token, count, rows
            self.client.get(self.url, headers=self.headers)
        for _ in range(10):
            create_token(self.user)
        with self.assertNumQueries(3):
            response = self.client.get(self.url, headers=self.headers)
        self.assertEqual(response.json()["count"], 12)
