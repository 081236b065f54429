from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.response import Response
from rest_framework.test import APITestCase

from custom.models import OutboxMessage
from tests.users.factories import PASSWORD, UserFactory
from users.links import PASSWORD_RESET, VERIFICATION
from users.models import User


class VerifyTests(APITestCase):
    """POST /api/user/verify/"""

    url = "/api/user/verify/"

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = UserFactory(email="ada@example.com")

    def verify(self, token: str) -> Response:
        return self.client.post(self.url, {"token": token})

    def test_the_address_is_proved_and_stays_so(self) -> None:
        token = VERIFICATION.make(self.user)
        self.assertEqual(self.verify(token).status_code, 204)
        first = User.objects.get().email_verified_at
        self.assertIsNotNone(first)
        self.assertEqual(self.verify(token).status_code, 204)
        self.assertEqual(User.objects.get().email_verified_at, first)

    def test_the_account_is_locked_before_it_is_looked_at(self) -> None:
        """Another address, given at the same moment, is not proved by this token."""
        with CaptureQueriesContext(connection) as asked:
            self.verify(VERIFICATION.make(self.user))
        reads = [each["sql"] for each in asked if "FROM `users_user`" in each["sql"]]
        self.assertIn("FOR UPDATE", reads[0])

    def test_a_token_for_another_address_or_purpose_is_refused(self) -> None:
        stale = VERIFICATION.make(self.user)
        User.objects.update(email="new@example.com", email_normalized="new@example.com")
        for token in (stale, PASSWORD_RESET.make(User.objects.get()), "x"):
            response = self.verify(token)
            self.assertEqual(response.status_code, 422)
            self.assertEqual(response.json()["code"], "link-invalid")
            (fault,) = response.json()["errors"]
            self.assertEqual(fault["pointer"], "#/token")
        self.assertIsNone(User.objects.get().email_verified_at)

    def test_a_token_proves_no_address_that_is_the_end_of_its_own(self) -> None:
        """Whoever reads the mails of 2ada@example.org does not read Ada's."""
        own = UserFactory(pk=4, email="2ada@example.org")
        ada = UserFactory(pk=42, email="ada@example.org")
        signature = VERIFICATION.make(own).partition(".")[2]
        self.assertEqual(
            self.verify(f"{ada.public_id.hex}.{signature}").status_code, 422
        )
        ada.refresh_from_db()
        self.assertIsNone(ada.email_verified_at)

    def test_bad_input_is_pointed_at(self) -> None:
        response = self.client.post(self.url, {"tocen": "x"})
        self.assertEqual(response.status_code, 400)
        pointers = {fault["pointer"] for fault in response.json()["errors"]}
        self.assertEqual(pointers, {"#/token", "#/tocen"})


class MailTests(APITestCase):
    """Which mails are asked for"""

    def payloads(self) -> list[tuple[str, str]]:
        rows = OutboxMessage.objects.order_by("pk")
        return [(row.topic, row.payload["user"]) for row in rows]

    def test_a_registration_asks_for_one(self) -> None:
        body = {"email": "ada@example.com", "password": PASSWORD}
        self.client.post("/api/user/", body)
        user = User.objects.get()
        self.assertEqual(self.payloads(), [("user.registered", str(user.public_id))])

    def test_a_taken_address_asks_for_none(self) -> None:
        UserFactory(email="ada@example.com")
        body = {"email": "ada@example.com", "password": PASSWORD}
        self.assertEqual(self.client.post("/api/user/", body).status_code, 409)
        self.assertEqual(self.payloads(), [])

    def test_asking_again_tells_nothing(self) -> None:
        waiting = UserFactory(email="ada@example.com")
        done = UserFactory(email="grace@example.com")
        User.objects.filter(pk=done.pk).update(email_verified_at=done.date_joined)
        for email in ("ada@example.com", "grace@example.com", "nobody@example.com"):
            url = "/api/user/verify/resend/"
            with self.assertNumQueries(4):  # savepoint, account, message, release
                response = self.client.post(url, {"email": email})
            self.assertEqual((response.status_code, response.content), (204, b""))
        self.assertEqual(
            self.payloads(),
            [
                ("user.verification_wanted", str(waiting.public_id)),
                ("user.verification_wanted", ""),
                ("user.verification_wanted", ""),
            ],
        )
