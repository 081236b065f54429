from datetime import UTC, datetime

from django.urls import reverse_lazy
from rest_framework.test import APITestCase

from tests.users.factories import UserFactory, create_token


class MeTests(APITestCase):
    """GET, PATCH /api/user/me/"""

    url = reverse_lazy("users:me")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = UserFactory(
            email="Ada@Example.com",
            first_name="Zoë 🎬",
            last_name="Lovelace",
            date_joined=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
        )
        cls.secret = create_token(cls.user)[1]

    def setUp(self) -> None:
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {self.secret}")

    def test_the_whole_account(self) -> None:
        with self.assertNumQueries(1):
            response = self.client.get(self.url)
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(),
            {
                "id": str(self.user.public_id),
                "email": "Ada@Example.com",
                "is_email_verified": False,
                "first_name": "Zoë 🎬",
                "last_name": "Lovelace",
                "joined_at": "2026-01-02T03:04:05Z",
            },
        )
        self.assertEqual(response.headers["Cache-Control"], "private, no-store")

    def test_emoji_in_xml(self) -> None:
        response = self.client.get(self.url, {"format": "xml"})
        self.assertIn("<first_name>Zoë 🎬</first_name>", response.content.decode())

    def test_some_fields(self) -> None:
        response = self.client.get(self.url, {"fields": "email"})
        self.assertEqual(response.json(), {"email": "Ada@Example.com"})

    def test_an_unknown_parameter_is_refused(self) -> None:
        response = self.client.get(self.url, {"user": "1"})
        self.assertEqual(response.status_code, 400)
        self.assertEqual(response.json()["errors"][0]["pointer"], "#/query/user")

    def test_nobody_is_refused(self) -> None:
        self.client.credentials()
        for method in (self.client.get, self.client.patch):
            response = method(self.url)
            self.assertEqual(response.status_code, 401)
            self.assertEqual(response.json()["code"], "not-authenticated")

    def test_a_session_will_do(self) -> None:
        self.client.credentials()
        self.client.force_login(self.user)
        self.assertEqual(self.client.get(self.url).status_code, 200)

    def test_a_name_is_changed_and_the_other_kept(self) -> None:
        response = self.client.patch(self.url, {"first_name": "Augusta"})
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.json()["first_name"], "Augusta")
        self.user.refresh_from_db()
        self.assertEqual(
            (self.user.first_name, self.user.last_name), ("Augusta", "Lovelace")
        )

    def test_a_name_may_be_emptied(self) -> None:
        response = self.client.patch(self.url, {"last_name": ""})
        self.assertEqual(response.json()["last_name"], "")

    def test_what_may_not_be_changed_is_refused_and_nothing_else_done(self) -> None:
        for field, value in (
            ("email", "new@example.com"),
            ("is_staff", True),
            ("password", "x"),
            ("id", "1"),
        ):
            with self.subTest(field):
                response = self.client.patch(
                    self.url, {"first_name": "Eve", field: value}
                )
                self.assertEqual(response.status_code, 400)
                (fault,) = response.json()["errors"]
                self.assertEqual(
                    (fault["pointer"], fault["code"]), (f"#/{field}", "unknown-field")
                )
        self.user.refresh_from_db()
        self.assertEqual(self.user.first_name, "Zoë 🎬")

    def test_too_long_a_name_is_refused(self) -> None:
        response = self.client.patch(self.url, {"first_name": "x" * 151})
        self.assertEqual(response.status_code, 400)
        (fault,) = response.json()["errors"]
        self.assertEqual(
            (fault["pointer"], fault["code"]), ("#/first_name", "max-length")
        )
