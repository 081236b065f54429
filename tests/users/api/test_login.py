from datetime import UTC, datetime

import time_machine
from django.urls import reverse_lazy
from rest_framework.response import Response
from rest_framework.test import APITestCase

from tests.users.factories import PASSWORD, UserFactory
from users.models import AuthToken


class LoginTests(APITestCase):
    """POST /api/user/login/"""

    url = reverse_lazy("users:login")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = UserFactory(email="ada@example.com")

    def log_in(self, **changes: str) -> Response:
        body = {"email": "ada@example.com", "password": PASSWORD} | changes
        return self.client.post(self.url, body)

    def test_the_address(self) -> None:
        self.assertEqual(str(self.url), "/api/user/login/")

    @time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False)
    def test_a_token_is_answered(self) -> None:
        response = self.log_in(device="Phone 📱")
        body = response.json()
        self.assertEqual(response.status_code, 200)
        self.assertEqual(list(body), ["token", "expires_at", "user"])
        self.assertEqual(body["expires_at"], "2026-01-31T00:00:00Z")
        self.assertEqual(body["user"]["id"], str(self.user.public_id))
        self.assertEqual(response.headers["Cache-Control"], "private, no-store")
        me = self.client.get(
            "/api/user/me/", HTTP_AUTHORIZATION=f"Token {body['token']}"
        )
        self.assertEqual(me.json(), body["user"])
        self.assertEqual(AuthToken.objects.get().device, "Phone 📱")

    def test_xml_both_ways(self) -> None:
        response = self.client.post(
            self.url,
            f"<root><email>ada@example.com</email><password>{PASSWORD}</password></root>",
            content_type="application/xml",
            HTTP_ACCEPT="application/xml",
        )
        self.assertEqual(response.status_code, 200)
        secret = response.content.split(b"<token>")[1].split(b"</token>")[0].decode()
        self.assertTrue(secret.startswith(AuthToken.objects.get().token_key))

    def test_a_password_of_digits_stays_text_in_xml(self) -> None:
        UserFactory(email="digits@example.com", password="012345678901")
        response = self.client.post(
            self.url,
            "<root><email>digits@example.com</email>"
            "<password>012345678901</password></root>",
            content_type="application/xml",
        )
        self.assertEqual(response.status_code, 200)

    def test_spaces_around_a_password_count(self) -> None:
        self.assertEqual(self.log_in(password=f" {PASSWORD}").status_code, 401)

    def test_wrong_credentials_answer_alike(self) -> None:
        UserFactory(email="closed@example.com", is_active=False)
        answers = []
        for changes in (
            {"password": "wrong"},
            {"email": "nobody@example.com"},
            {"email": "closed@example.com"},
            {"email": "not an address"},
        ):
            response = self.log_in(**changes)
            self.assertEqual(response.status_code, 401)
            self.assertEqual(response.headers["WWW-Authenticate"], "Token")
            body = response.json()
            body.pop("request_id", None)
            answers.append(body)
        self.assertEqual(answers[0]["code"], "credentials-invalid")
        self.assertEqual(answers, [answers[0]] * 4)
        self.assertEqual(AuthToken.objects.count(), 0)

    def test_a_dead_token_does_not_keep_its_owner_out(self) -> None:
        self.client.credentials(HTTP_AUTHORIZATION="Token dead")
        self.assertEqual(self.log_in().status_code, 200)

    def test_a_bad_body_names_its_faults(self) -> None:
        response = self.client.post(self.url, {"email": "", "phone": "x"})
        self.assertEqual(response.status_code, 400)
        self.assertEqual(
            {(each["pointer"], each["code"]) for each in response.json()["errors"]},
            {
                ("#/email", "blank"),
                ("#/password", "required"),
                ("#/phone", "unknown-field"),
            },
        )

    def test_other_methods_are_refused(self) -> None:
        self.assertEqual(self.client.get(self.url).status_code, 405)
