from django.urls import reverse_lazy
from rest_framework.test import APITestCase

from tests.users.factories import UserFactory, create_token
from users.models import AuthToken


class LogoutTests(APITestCase):
    """POST /api/user/logout/"""

    url = reverse_lazy("users:logout")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = UserFactory()
        cls.token, cls.secret = create_token(cls.user)

    def test_this_token_ends_and_no_other(self) -> None:
        other, _ = create_token(self.user)
        header = f"Token {self.secret}"
        response = self.client.post(self.url, HTTP_AUTHORIZATION=header)
        self.assertEqual((response.status_code, response.content), (204, b""))
        self.assertEqual(AuthToken.objects.get(), other)
        again = self.client.post(self.url, HTTP_AUTHORIZATION=header)
        self.assertEqual(again.status_code, 401)
        self.assertEqual(again.json()["code"], "token-invalid")

    def test_nobody_is_refused(self) -> None:
        response = self.client.post(self.url)
        self.assertEqual(response.status_code, 401)
        self.assertEqual(response.json()["code"], "not-authenticated")

    def test_a_session_is_not_a_token(self) -> None:
        self.client.force_login(self.user)
        self.assertEqual(self.client.post(self.url).status_code, 401)

    def test_an_unknown_field_ends_nothing(self) -> None:
        response = self.client.post(
            self.url, {"all": True}, HTTP_AUTHORIZATION=f"Token {self.secret}"
        )
        self.assertEqual(response.status_code, 400)
        self.assertEqual(response.json()["errors"][0]["pointer"], "#/all")
        self.assertEqual(AuthToken.objects.get(), self.token)
