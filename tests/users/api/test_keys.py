import re
from datetime import UTC, datetime, timedelta

import time_machine
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APITestCase

from custom.api.xml import as_text, dump_xml, load_xml
from partner.services import add_member
from tests.partner.factories import PartnerFactory
from tests.users.factories import PASSWORD, UserFactory, create_key, create_token
from users.models import ApiKey
from users.services.keys import MOST_KEYS

LIST = "/api/user/key/"


class KeyTestCase(APITestCase):
    """Somebody who works for a partner, signed in"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.owner = UserFactory()
        cls.partner = PartnerFactory()
        add_member(partner=cls.partner, user=cls.owner)
        _, cls.token = create_token(cls.owner)

    def setUp(self) -> None:
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {self.token}")

    def make(self, **changes: object) -> Response:
        body = {
            "name": "Warehouse",
            "scopes": ["stock:write", "stock:read"],
            "current_password": PASSWORD,
        }
        return self.client.post(LIST, body | changes)


class MakeTests(KeyTestCase):
    """POST /api/user/key/"""

    @time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False)
    def test_the_secret_is_answered_once(self) -> None:
        answer = self.make(expires_at="2026-02-01T00:00:00Z")
        key = ApiKey.objects.get()
        self.assertEqual(answer.status_code, 201, answer.content)
        secret = answer.json()["secret"]
        self.assertTrue(re.fullmatch(r"shop_live_[0-9a-f]{64}", secret))
        self.assertEqual(
            answer.json(),
            {
                "secret": secret,
                "key": {
                    "id": key.pk,
                    "name": "Warehouse",
                    "hint": secret[:18],
                    "scopes": ["stock:read", "stock:write"],
                    "created_at": "2026-01-01T00:00:00Z",
                    "expires_at": "2026-02-01T00:00:00Z",
                    "last_used_at": None,
                },
            },
        )
        self.assertEqual(answer.headers["Cache-Control"], "private, no-store")
        self.assertEqual((key.user, key.created_by), (self.owner, self.owner))
        self.assertNotIn(secret, repr(ApiKey.objects.values().get()))
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
        self.assertEqual(self.client.get("/api/partner/stock/").status_code, 200)

    def test_xml_both_ways(self) -> None:
        body = {
            "name": "Warehouse",
            "scopes": ["stock:read"],
            "current_password": PASSWORD,
        }
        answer = self.client.post(
            LIST,
            dump_xml(body),
            content_type="application/xml",
            headers={"Accept": "application/xml"},
        )
        self.assertEqual(answer.status_code, 201, answer.content)
        listed = self.client.get(LIST).json()["results"]
        self.assertEqual(as_text(listed), [load_xml(answer.content)["key"]])

    def test_nobody_gives_what_they_lack(self) -> None:
        for scopes, missing in (
            (["stock:read", "catalogue:write"], ["catalogue:write"]),
            (["everything"], ["everything"]),
            (["*"], ["*"]),
        ):
            answer = self.make(scopes=scopes)
            self.assertEqual(answer.status_code, 422, answer.content)
            body = answer.json()
            self.assertEqual(body["code"], "scope-not-held")
            self.assertEqual(body["scopes"], missing)
            self.assertEqual(body["errors"][0]["pointer"], "#/scopes")
        self.client.force_authenticate(UserFactory())
        self.assertEqual(self.make().json()["code"], "scope-not-held")
        self.assertEqual(ApiKey.objects.count(), 0)

    def test_staff_give_what_their_permissions_are(self) -> None:
        root = UserFactory(is_staff=True, is_superuser=True)
        self.client.force_authenticate(root)
        answer = self.make(scopes=["catalogue:write", "catalogue:read"])
        self.assertEqual(answer.status_code, 201, answer.content)
        root.is_superuser = False
        root.save()
        self.client.force_authenticate(type(root).objects.get(pk=root.pk))
        answer = self.make(scopes=["catalogue:read"])
        self.assertEqual(answer.json()["code"], "scope-not-held")

    def test_the_present_password_is_wanted(self) -> None:
        answer = self.make(current_password="wrong")
        self.assertEqual(answer.status_code, 422)
        self.assertEqual(answer.json()["code"], "password-wrong")
        self.assertEqual(answer.json()["errors"][0]["pointer"], "#/current_password")
        self.assertEqual(ApiKey.objects.count(), 0)

    def test_an_account_has_a_bounded_number(self) -> None:
        for _ in range(MOST_KEYS):
            last, _ = create_key(self.owner)
        answer = self.make()
        self.assertEqual(answer.status_code, 409)
        self.assertEqual(answer.json()["code"], "too-many-keys")
        self.assertEqual(ApiKey.objects.count(), MOST_KEYS)
        ApiKey.objects.filter(pk=last.pk).update(expires_at=timezone.now())
        self.assertEqual(self.make().status_code, 201)

    def test_a_bad_body_names_its_faults(self) -> None:
        answer = self.client.post(
            LIST, {"name": "", "scopes": [], "expires_at": "soon", "more": 1}
        )
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(
            {(each["pointer"], each["code"]) for each in answer.json()["errors"]},
            {
                ("#/name", "blank"),
                ("#/scopes", "min-length"),
                ("#/expires_at", "invalid"),
                ("#/current_password", "required"),
                ("#/more", "unknown-field"),
            },
        )

    def test_an_end_in_the_past_is_refused(self) -> None:
        past = (timezone.now() - timedelta(seconds=1)).isoformat()
        answer = self.make(expires_at=past)
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(answer.json()["errors"][0]["pointer"], "#/expires_at")
        self.assertEqual(ApiKey.objects.count(), 0)

    def test_anonymous_callers_are_refused(self) -> None:
        self.client.credentials()
        for answer in (self.make(), self.client.get(LIST)):
            self.assertEqual(answer.status_code, 401)
        self.assertEqual(ApiKey.objects.count(), 0)


class ListTests(KeyTestCase):
    """GET /api/user/key/"""

    def test_ones_own_that_open_something(self) -> None:
        now = timezone.now()
        first, _ = create_key(self.owner, "stock:read")
        second, _ = create_key(self.owner, expires_at=now + timedelta(days=1))
        create_key(self.owner, revoked_at=now)
        create_key(self.owner, expires_at=now - timedelta(seconds=1))
        create_key()
        answer = self.client.get(LIST)
        self.assertEqual(answer.status_code, 200)
        ids = [row["id"] for row in answer.json()["results"]]
        self.assertEqual(ids, [second.pk, first.pk])
        self.assertNotIn(first.digest, answer.content.decode())

    def test_query_count_does_not_grow_with_rows(self) -> None:
        create_key(self.owner)
        with self.assertNumQueries(3):  # token, count, keys
            self.client.get(LIST)
        for _ in range(5):
            create_key(self.owner)
        with self.assertNumQueries(3):
            answer = self.client.get(LIST)
        self.assertEqual(answer.json()["count"], 6)


class RevokeTests(KeyTestCase):
    """DELETE /api/user/key/{id}/"""

    def delete(self, key: ApiKey) -> Response:
        return self.client.delete(f"{LIST}{key.pk}/")

    def test_it_opens_nothing_any_more(self) -> None:
        key, secret = create_key(self.owner, "stock:read")
        answer = self.delete(key)
        self.assertEqual((answer.status_code, answer.content), (204, b""))
        key.refresh_from_db()
        self.assertIsNotNone(key.revoked_at)
        self.assertEqual(self.delete(key).status_code, 404)
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
        self.assertEqual(self.client.get("/api/partner/stock/").status_code, 401)

    def test_a_strangers_is_not_found(self) -> None:
        key, _ = create_key()
        self.assertEqual(self.delete(key).status_code, 404)
        key.refresh_from_db()
        self.assertIsNone(key.revoked_at)

    def test_anonymous_callers_are_refused(self) -> None:
        key, _ = create_key(self.owner)
        self.client.credentials()
        self.assertEqual(self.delete(key).status_code, 401)
