from datetime import timedelta

from django.test import override_settings
from django.urls import reverse_lazy
from django.utils import timezone
from rest_framework.test import APITestCase

from tests.custom.throttling.limits import FreshLimits
from tests.orders.factories import make_offer
from tests.orders.stories import placed
from tests.outbox import messages
from tests.users.factories import PASSWORD, UserFactory, create_token
from users.links import ERASURE
from users.models import Erasure
from users.services import close_account, start_erasure


class AskTests(FreshLimits, APITestCase):
    """DELETE /api/user/me/"""

    url = reverse_lazy("users:me")

    def setUp(self) -> None:
        super().setUp()
        self.user = UserFactory(email="ada@example.com")
        self.client.credentials(
            HTTP_AUTHORIZATION=f"Token {create_token(self.user)[1]}"
        )

    def test_an_erasure_is_noted_and_told(self) -> None:
        response = self.client.delete(self.url, {"password": PASSWORD})
        self.assertEqual(response.status_code, 202)
        erasure = Erasure.objects.get()
        self.assertEqual(
            response.json(),
            {
                "id": str(erasure.public_id),
                "requested_at": f"{erasure.asked_at:%Y-%m-%dT%H:%M:%SZ}",
                "due_at": f"{erasure.due_at:%Y-%m-%dT%H:%M:%SZ}",
                "waits_for": [],
            },
        )
        self.assertEqual((erasure.user, erasure.asked_by), (self.user, None))
        self.assertEqual(erasure.due_at - erasure.asked_at, timedelta(days=14))
        self.assertIn("no-store", response["Cache-Control"])
        again = self.client.delete(self.url, {"password": PASSWORD})
        self.assertEqual(again.json(), response.json())
        self.assertEqual(self.client.get(self.url).status_code, 200)  # still usable

    def test_a_body_that_cannot_be_read(self) -> None:
        body = b'{"password": '
        response = self.client.generic(
            "DELETE", self.url, body, content_type="application/json"
        )
        self.assertEqual(response.status_code, 400)
        self.assertEqual(response.json()["code"], "malformed-body")
        self.assertFalse(Erasure.objects.exists())

    def test_xml_says_the_same(self) -> None:
        json = self.client.delete(self.url, {"password": PASSWORD}).json()
        xml = self.client.delete(
            self.url,
            {"password": PASSWORD},
            format="xml",
            HTTP_ACCEPT="application/xml",
        )
        self.assertEqual(xml.status_code, 202)
        for name in ("id", "requested_at", "due_at"):
            self.assertIn(f"<{name}>{json[name]}</{name}>", xml.content.decode())
        self.assertIn('<waits_for type="list"', xml.content.decode())

    def test_what_is_under_way_is_named(self) -> None:
        order = placed((make_offer(num_in_stock=3), 1), user=self.user)
        response = self.client.delete(self.url, {"password": PASSWORD})
        self.assertEqual(
            response.json()["waits_for"], [f"Order {order.number} is under way."]
        )

    def test_the_queries_do_not_grow_with_orders(self) -> None:
        offer = make_offer(num_in_stock=50)
        for number in (1, 5):
            for _ in range(number):
                placed((offer, 1), user=self.user)
            self.client.delete(self.url, {"password": PASSWORD})
            with self.assertNumQueries(17):
                # token; 8 of the password; savepoint, account, erasure, told anew or
                # not, release; account, orders under way, money on its way back
                self.client.delete(self.url, {"password": PASSWORD})

    def test_a_wrong_password_is_refused_and_counted(self) -> None:
        with override_settings(RATE_LOGIN="2/min"):
            for expected in (422, 422, 429):
                response = self.client.delete(self.url, {"password": "guess"})
                self.assertEqual(response.status_code, expected)
        self.assertFalse(Erasure.objects.exists())

    def test_the_fault_is_pointed_at(self) -> None:
        response = self.client.delete(self.url, {"password": "guess"})
        self.assertEqual(response.json()["code"], "password-wrong")
        self.assertEqual(response.json()["errors"][0]["pointer"], "#/password")

    def test_bad_bodies(self) -> None:
        for body, pointer in (
            ({}, "#/password"),
            ({"password": PASSWORD, "reason": "x"}, "#/reason"),
            ({"password": ["x"]}, "#/password"),
        ):
            with self.subTest(body):
                response = self.client.delete(self.url, body)
                self.assertEqual(response.status_code, 400)
                self.assertEqual(response.json()["errors"][0]["pointer"], pointer)
        self.assertFalse(Erasure.objects.exists())

    def test_staff_are_refused(self) -> None:
        clerk = UserFactory(is_staff=True)
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {create_token(clerk)[1]}")
        response = self.client.delete(self.url, {"password": PASSWORD})
        self.assertEqual(
            (response.status_code, response.json()["code"]), (422, "staff-account")
        )
        self.assertFalse(Erasure.objects.exists())

    def test_anonymous(self) -> None:
        self.client.credentials()
        response = self.client.delete(self.url, {"password": PASSWORD})
        self.assertEqual(response.status_code, 401)


class WithdrawTests(APITestCase):
    """POST /api/user/erasure/withdraw/"""

    url = reverse_lazy("users:erasure-withdraw")

    def setUp(self) -> None:
        self.erasure = start_erasure(UserFactory())

    def test_the_account_is_kept(self) -> None:
        token = ERASURE.make(self.erasure)
        for _ in range(2):  # again is harmless
            response = self.client.post(self.url, {"token": token})
            self.assertEqual((response.status_code, response.content), (204, b""))
        self.erasure.refresh_from_db()
        self.assertEqual(self.erasure.state, "withdrawn")
        self.assertLess(self.erasure.ended_at, timezone.now())

    def test_a_token_that_opens_nothing(self) -> None:
        for token in ("x", ERASURE.make(self.erasure)[:-1]):
            response = self.client.post(self.url, {"token": token})
            self.assertEqual(response.status_code, 422)
            self.assertEqual(response.json()["code"], "link-invalid")
            self.assertEqual(response.json()["errors"][0]["pointer"], "#/token")
        self.erasure.refresh_from_db()
        self.assertEqual(self.erasure.state, "asked")

    def test_too_late(self) -> None:
        Erasure.objects.update(due_at=timezone.now())
        self.assertTrue(close_account(self.erasure.pk))
        token = ERASURE.make(self.erasure)
        response = self.client.post(self.url, {"token": token})
        self.assertEqual(response.status_code, 422)
        self.assertEqual(messages().filter(topic="user.erased").count(), 0)

    def test_a_body_without_a_token(self) -> None:
        response = self.client.post(self.url, {})
        self.assertEqual(response.status_code, 400)
        self.assertEqual(response.json()["errors"][0]["pointer"], "#/token")
