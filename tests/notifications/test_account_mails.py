import re

from django.contrib.auth.models import Permission
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import TestCase, override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from custom.models import OutboxMessage
from custom.outbox import consume
from tests.users.factories import PASSWORD, UserFactory
from users.models import ApiKey, User
from users.services import (
    make_key,
    request_email_change,
    request_password_reset,
    request_verification,
    revoke_key,
    start_erasure,
)

TOKEN = re.compile(r"^[0-9a-f]{32}\.\S+$", re.MULTILINE)
NEW = "another-way-home-88"


def carry_out() -> list[str]:
    """Carry out every message; return its state afterwards."""
    for message in OutboxMessage.objects.all():
        consume(message.pk)
    return list(OutboxMessage.objects.values_list("state", flat=True))


@override_settings(SHOP_NAME="Film <Shop>")
class AccountMailTests(TestCase):
    """Mails that carry a token"""

    def token(self) -> str:
        (sent,) = mail.outbox
        return TOKEN.findall(sent.body)[0]

    def test_a_registration_leads_to_a_proved_address(self) -> None:
        api = APIClient()
        body = {"email": "Ada@example.com", "password": PASSWORD, "first_name": "<Ada>"}
        api.post("/api/user/", body)
        self.assertEqual(carry_out(), ["done"])
        (sent,) = mail.outbox
        self.assertEqual(sent.to, ["Ada@example.com"])
        self.assertEqual(sent.subject, "Film <Shop>: is this your address?")
        self.assertIn("Hello Ada@example.com,", sent.body)
        html, kind = sent.alternatives[0]
        self.assertEqual(kind, "text/html")
        self.assertIn("Hello Ada@example.com,", html)
        self.assertIn(f"<code>{self.token()}</code>", html)
        self.assertNotIn("href", html)
        answer = api.post("/api/user/verify/", {"token": self.token()})
        self.assertEqual(answer.status_code, 204)
        self.assertTrue(User.objects.get().is_email_verified)

    def test_a_name_is_written_as_it_is_to_an_address_that_is_proved(self) -> None:
        user = UserFactory(first_name="<Ada>", email_verified_at=timezone.now())
        request_password_reset(user.email)
        carry_out()
        (sent,) = mail.outbox
        self.assertIn("Hello <Ada>,", sent.body)
        self.assertIn("Hello &lt;Ada&gt;,", sent.alternatives[0][0])

    def test_nobody_s_words_are_sent_to_others_in_the_shop_s_name(self) -> None:
        lure = "your parcel waits at https://evil.example"
        user = UserFactory(email="ada@example.com", first_name=lure)
        request_verification(user.email)
        request_password_reset(user.email)
        start_erasure(user)
        request_email_change(user, current=PASSWORD, email="grace@example.com")
        carry_out()
        self.assertEqual(len(mail.outbox), 5)
        for sent in mail.outbox:
            self.assertNotIn("evil.example", sent.body + sent.alternatives[0][0])

    def test_nor_to_an_address_that_an_account_is_to_have(self) -> None:
        user = UserFactory(first_name="evil.example", email_verified_at=timezone.now())
        request_email_change(user, current=PASSWORD, email="grace@example.com")
        carry_out()
        sent = next(each for each in mail.outbox if each.to == ["grace@example.com"])
        self.assertNotIn("evil.example", sent.body + sent.alternatives[0][0])

    def test_a_forgotten_password_is_replaced(self) -> None:
        user = UserFactory(email="ada@example.com")
        request_password_reset("ada@example.com")
        self.assertEqual(carry_out(), ["done"])
        body = {"token": self.token(), "password": NEW}
        answer = APIClient().post("/api/user/password/reset/confirm/", body)
        self.assertEqual(answer.status_code, 204)
        user.refresh_from_db()
        self.assertTrue(user.check_password(NEW))

    def test_nobody_gets_no_mail(self) -> None:
        done = UserFactory(email="grace@example.com")
        User.objects.filter(pk=done.pk).update(email_verified_at=done.date_joined)
        for ask in (request_password_reset, request_verification):
            ask("nobody@example.com")
        request_verification("grace@example.com")
        self.assertEqual(carry_out(), ["done"] * 3)
        self.assertEqual(mail.outbox, [])

    def test_an_address_proved_meanwhile_gets_no_mail(self) -> None:
        user = UserFactory(email="ada@example.com")
        request_verification("ada@example.com")
        User.objects.update(email_verified_at=user.date_joined)
        self.assertEqual(carry_out(), ["done"])
        self.assertEqual(mail.outbox, [])

    @override_settings(PASSWORD_RESET_LINK="https://app.example/reset?t={token}&x=1")
    def test_a_link_takes_the_token_along(self) -> None:
        UserFactory(email="ada@example.com")
        request_password_reset("ada@example.com")
        carry_out()
        link = f"https://app.example/reset?t={self.token()}&x=1"
        (sent,) = mail.outbox
        self.assertIn(f"Choose a password: {link}\n", sent.body)
        self.assertIn(f'href="{link.replace("&", "&amp;")}"', sent.alternatives[0][0])

    def test_neither_message_nor_row_holds_the_token(self) -> None:
        UserFactory(email="ada@example.com")
        request_password_reset("ada@example.com")
        carry_out()
        stored = str(OutboxMessage.objects.values().get())
        self.assertNotIn(self.token(), stored)
        self.assertNotIn("ada@example.com", stored)


@override_settings(SHOP_NAME="Film Shop", API_KEY_PREFIX="shop_live_")
class KeyMailTests(TestCase):
    """What the owner of an account is told of its keys"""

    def setUp(self) -> None:
        self.owner = UserFactory(email="ada@example.com", is_staff=True)
        self.owner.user_permissions.set(
            Permission.objects.filter(codename__in=("view_product", "change_product"))
        )
        self.owner = User.objects.get(pk=self.owner.pk)

    def make(self) -> ApiKey:
        lure = "see https://evil.example"
        return make_key(self.owner, name=lure, scopes=["catalogue:read"]).key

    def sent(self) -> EmailMultiAlternatives:
        self.assertEqual(set(carry_out()), {"done"})
        sent = mail.outbox[-1]
        self.assertEqual(sent.to, ["ada@example.com"])
        self.assertIn("Hello ada@example.com,", sent.body)
        self.assertNotIn("evil.example", sent.body + sent.alternatives[0][0])
        return sent

    def test_one_that_was_made(self) -> None:
        key = self.make()
        sent = self.sent()
        self.assertEqual(sent.subject, "Film Shop: an API key was made")
        for text in (sent.body, sent.alternatives[0][0]):
            self.assertIn(f"It begins with {key.hint} and may do this:", text)
            self.assertIn("catalogue:read", text)
        self.assertIn("- catalogue:read\n", sent.body)

    def test_one_that_was_revoked_once(self) -> None:
        key = self.make()
        for expected in (True, False):
            self.assertEqual(revoke_key(key, actor=self.owner), expected)
        sent = self.sent()
        self.assertEqual(len(mail.outbox), 2)
        self.assertEqual(sent.subject, "Film Shop: an API key was revoked")
        for text in (sent.body, sent.alternatives[0][0]):
            self.assertIn(f"begins with {key.hint}.", text)

    def test_a_closed_account_is_not_told(self) -> None:
        self.make()
        User.objects.update(is_active=False)
        self.assertEqual(carry_out(), ["done"])
        self.assertEqual(mail.outbox, [])
