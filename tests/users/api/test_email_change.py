import re
from datetime import timedelta

import time_machine
from django.core import mail
from django.test import TransactionTestCase, override_settings
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APITestCase
from reversion.models import Version

from custom.models import OutboxMessage
from custom.outbox import consume
from tests.custom.throttling.limits import FreshLimits
from tests.processes import race
from tests.users.factories import PASSWORD, UserFactory, create_key, create_token
from users.errors import PasswordWrongError
from users.links import EMAIL_CHANGE, EMAIL_CHANGE_STOP, PASSWORD_RESET
from users.models import ApiKey, AuthToken, EmailChange, User
from users.services import (
    request_email_change,
    reset_password,
    start_erasure,
    stop_email_change,
)
from users.services.emails import purge_email_changes

CHANGE = "/api/user/email/change/"
TOKEN = re.compile(r"^[0-9a-f]{32}\.\S+$", re.MULTILINE)
NEW = "ada@new.example"


class EmailChangeTestCase(FreshLimits, APITestCase):
    """An account with a device"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = UserFactory(email="ada@old.example")
        cls.token, cls.secret = create_token(cls.user)

    def ask(self, **changes: object) -> Response:
        body = {"email": NEW, "current_password": PASSWORD} | changes
        return self.client.post(
            CHANGE, body, headers={"Authorization": f"Token {self.secret}"}
        )

    def confirm(self, token: str) -> Response:
        return self.client.post(f"{CHANGE}confirm/", {"token": token})

    def stop(self, token: str) -> Response:
        return self.client.post(f"{CHANGE}stop/", {"token": token})

    def sent(self) -> dict[str, str]:
        """Carry out what is to be mailed; return address -> token."""
        for message in OutboxMessage.objects.filter(topic__startswith="user.email"):
            consume(message.pk)
        mails, mail.outbox[:] = [*mail.outbox], []
        return {one.to[0]: TOKEN.findall(one.body)[0] for one in mails}

    def address(self) -> str:
        self.user.refresh_from_db()
        return self.user.email


class AskTests(EmailChangeTestCase):
    """POST /api/user/email/change/"""

    def test_both_addresses_are_told_and_nothing_is_changed(self) -> None:
        answer = self.ask()
        self.assertEqual((answer.status_code, answer.content), (204, b""))
        self.assertEqual(set(self.sent()), {NEW, "ada@old.example"})
        self.assertEqual(self.address(), "ada@old.example")

    def test_a_taken_address_is_not_told_apart(self) -> None:
        UserFactory(email=NEW)
        self.client.get("/api/")  # what is read once in a process
        with self.assertNumQueries(15):  # token; a try, 5; right, 3; the wish, 6
            free = self.ask(email="free@new.example")
        with self.assertNumQueries(15):
            taken = self.ask()
        self.assertEqual(taken.status_code, free.status_code)
        self.assertEqual(taken.content, free.content)
        self.assertEqual(set(self.sent()), {NEW, "ada@old.example"})

    def test_the_present_password_is_wanted(self) -> None:
        answer = self.ask(current_password="wrong")
        self.assertEqual(answer.status_code, 422)
        self.assertEqual(answer.json()["code"], "password-wrong")
        self.assertEqual(answer.json()["errors"][0]["pointer"], "#/current_password")
        self.assertEqual(EmailChange.objects.count(), 0)
        self.assertEqual(OutboxMessage.objects.count(), 0)

    def test_bad_input_is_pointed_at(self) -> None:
        for changes, pointer in (
            ({"email": "nobody"}, "#/email"),
            ({"email": ""}, "#/email"),
            ({"email": "ß" * 240 + "@new.example"}, "#/email"),
            ({"current_password": 5.5}, "#/current_password"),
            ({"mail": NEW}, "#/mail"),
        ):
            answer = self.ask(**changes)
            if pointer == "#/current_password":
                self.assertEqual(answer.status_code, 422)
                continue
            self.assertEqual(answer.status_code, 400)
            self.assertEqual(answer.json()["errors"][0]["pointer"], pointer)
        self.assertEqual(EmailChange.objects.count(), 0)

    def test_a_password_that_was_replaced_while_it_was_checked_asks_nothing(
        self,
    ) -> None:
        before = User.objects.get()  # as read before the other request's UPDATE
        User.objects.update(password="!")
        with self.assertRaises(PasswordWrongError):
            request_email_change(before, current=PASSWORD, email=NEW)
        self.assertFalse(EmailChange.objects.exists())

    def test_xml_is_read_too(self) -> None:
        answer = self.client.post(
            CHANGE,
            f"<root><email>{NEW}</email>"
            f"<current_password>{PASSWORD}</current_password></root>",
            content_type="application/xml",
            headers={
                "Authorization": f"Token {self.secret}",
                "Accept": "application/xml",
            },
        )
        self.assertEqual(answer.status_code, 204)
        self.assertEqual(EmailChange.objects.get().email, NEW)

    def test_anonymous_callers_and_keys_are_refused(self) -> None:
        self.assertEqual(self.client.post(CHANGE, {}).status_code, 401)
        _, key = create_key(self.user)
        header = {"Authorization": f"Token {key}"}
        answer = self.client.post(CHANGE, {}, headers=header)
        self.assertEqual(answer.json()["code"], "scope-missing")

    @override_settings(RATE_PASSWORD_RESET="5/hour,60/hour")
    def test_asking_is_limited_by_the_address_that_is_mailed(self) -> None:
        answers = [self.ask().status_code for _ in range(6)]
        self.assertEqual(answers, [204] * 5 + [429])


class ConfirmTests(EmailChangeTestCase):
    """POST /api/user/email/change/confirm/"""

    def test_the_token_of_the_mail_works_once(self) -> None:
        self.ask(email="Ada@New.example")
        token = self.sent()["Ada@New.example"]
        answer = self.confirm(token)
        self.assertEqual((answer.status_code, answer.content), (204, b""))
        self.assertEqual(self.address(), "Ada@New.example")
        self.assertEqual(self.user.email_normalized, "ada@new.example")
        self.assertTrue(self.user.is_email_verified)
        again = self.confirm(token)
        self.assertEqual(again.status_code, 422)
        self.assertEqual(again.json()["code"], "link-invalid")
        self.assertEqual(again.json()["errors"][0]["pointer"], "#/token")

    def test_devices_stay_and_the_former_address_is_told(self) -> None:
        self.ask()
        self.confirm(self.sent()[NEW])
        self.assertEqual(AuthToken.objects.get(), self.token)
        self.assertEqual(set(self.sent()), {"ada@old.example"})
        topics = OutboxMessage.objects.values_list("topic", flat=True)
        self.assertIn("user.address_proved", topics)
        version = Version.objects.get_for_object(self.user).first()
        self.assertEqual(version.revision.comment, "E-mail address changed.")
        self.assertEqual(version.revision.user, self.user)

    def test_tokens_mailed_to_the_former_address_end(self) -> None:
        reset = PASSWORD_RESET.make(self.user)
        self.ask()
        self.confirm(self.sent()[NEW])
        body = {"token": reset, "password": "another-way-home-88"}
        answer = self.client.post("/api/user/password/reset/confirm/", body)
        self.assertEqual(answer.json()["code"], "link-invalid")

    def test_an_address_taken_meanwhile_changes_nothing(self) -> None:
        self.ask()
        token = self.sent()[NEW]
        UserFactory(email=NEW.upper())
        answer = self.confirm(token)
        self.assertEqual(answer.status_code, 409)
        self.assertEqual(answer.json()["code"], "email-taken")
        self.assertEqual(self.address(), "ada@old.example")
        self.assertIsNone(EmailChange.objects.get().confirmed_at)
        self.assertEqual(User.objects.count(), 2)

    def test_another_spelling_of_ones_own_is_fine(self) -> None:
        self.ask(email="ADA@old.example")
        self.confirm(self.sent()["ADA@old.example"])
        self.assertEqual(self.address(), "ADA@old.example")

    def test_only_the_last_wish_counts(self) -> None:
        self.ask(email="first@new.example")
        first = self.sent()["first@new.example"]
        self.ask()
        self.assertEqual(self.confirm(first).json()["code"], "link-invalid")
        self.assertEqual(self.confirm(self.sent()[NEW]).status_code, 204)

    def test_a_token_ends_with_its_day_and_with_the_account(self) -> None:
        self.ask()
        token = self.sent()[NEW]
        with time_machine.travel(timezone.now() + timedelta(days=1, seconds=2)):
            self.assertEqual(self.confirm(token).json()["code"], "link-invalid")
        User.objects.update(is_active=False)
        self.assertEqual(self.confirm(token).json()["code"], "link-invalid")

    def test_another_password_ends_a_wish_and_leaves_the_way_to_stop_it(self) -> None:
        self.ask()
        sent = self.sent()
        reset_password(PASSWORD_RESET.make(self.user), "another-way-home-78")
        self.assertEqual(self.confirm(sent[NEW]).json()["code"], "link-invalid")
        self.assertEqual(self.address(), "ada@old.example")
        self.assertEqual(self.stop(sent["ada@old.example"]).status_code, 204)

    def test_whatever_is_no_token_is_refused(self) -> None:
        self.ask()
        sent = self.sent()
        change = EmailChange.objects.get()
        for token in (
            "x",
            sent["ada@old.example"],
            f"{change.public_id.hex}.x",
            PASSWORD_RESET.make(self.user),
        ):
            answer = self.confirm(token)
            self.assertEqual(answer.json()["code"], "link-invalid", token)
        self.assertEqual(self.confirm("").status_code, 400)
        self.assertEqual(self.address(), "ada@old.example")


class StopTests(EmailChangeTestCase):
    """POST /api/user/email/change/stop/"""

    def assert_cut_off(self) -> None:
        """Nothing that the stranger had opens the account; its owner is mailed."""
        self.assertEqual(self.address(), "ada@old.example")
        self.assertFalse(self.user.has_usable_password())
        self.assertEqual(AuthToken.objects.count(), 0)
        self.assertIsNotNone(ApiKey.objects.get().revoked_at)
        self.assertEqual(self.user.session_epoch, 1)
        wanted = OutboxMessage.objects.get(topic="user.password_reset_wanted")
        self.assertEqual(wanted.payload, {"user": str(self.user.public_id)})

    def test_a_pending_change_ends(self) -> None:
        create_key(self.user)
        self.ask()
        sent = self.sent()
        answer = self.stop(sent["ada@old.example"])
        self.assertEqual((answer.status_code, answer.content), (204, b""))
        self.assert_cut_off()
        self.assertEqual(self.confirm(sent[NEW]).json()["code"], "link-invalid")
        again = self.stop(sent["ada@old.example"])
        self.assertEqual(again.json()["code"], "link-invalid")

    def test_a_confirmed_change_is_undone_with_those_after_it(self) -> None:
        create_key(self.user)
        self.ask()
        sent = self.sent()
        self.confirm(sent[NEW])
        self.ask(email="third@new.example")
        later = self.sent()
        self.confirm(later["third@new.example"])
        self.assertEqual(self.address(), "third@new.example")
        self.assertEqual(self.stop(sent["ada@old.example"]).status_code, 204)
        self.assert_cut_off()
        self.assertEqual(self.stop(later[NEW]).json()["code"], "link-invalid")

    def test_an_erasure_that_was_asked_for_since_is_withdrawn(self) -> None:
        self.ask()
        sent = self.sent()
        self.confirm(sent[NEW])
        self.user.refresh_from_db()
        erasure = start_erasure(self.user)
        self.stop(sent["ada@old.example"])
        erasure.refresh_from_db()
        self.assertEqual((erasure.state, erasure.is_open), ("withdrawn", None))

    def test_an_erasure_of_before_and_one_of_the_staff_s_go_on(self) -> None:
        earlier = start_erasure(self.user)
        other = UserFactory()
        by_staff = start_erasure(other, actor=UserFactory(is_staff=True))
        self.ask()
        self.stop(self.sent()["ada@old.example"])
        change = EmailChange.objects.create(
            user=other, former_email=other.email, email="x@example.com"
        )
        EmailChange.objects.update(requested_at=by_staff.asked_at - timedelta(hours=1))
        self.stop(EMAIL_CHANGE_STOP.make(EmailChange.objects.get(pk=change.pk)))
        for erasure in (earlier, by_staff):
            erasure.refresh_from_db()
            self.assertEqual(erasure.state, "asked")

    def test_an_account_with_the_former_address_unproved_makes_way(self) -> None:
        """Else the stranger makes one, and cannot be stopped."""
        create_key(self.user)
        self.ask()
        sent = self.sent()
        self.confirm(sent[NEW])
        squatter = UserFactory(email="Ada@old.example")
        create_token(squatter)
        self.assertEqual(self.stop(sent["ada@old.example"]).status_code, 204)
        self.assert_cut_off()
        squatter.refresh_from_db()
        self.assertFalse(squatter.is_active)
        self.assertEqual(squatter.email.partition("@")[2], "closed.invalid")
        self.assertEqual(squatter.email_normalized, squatter.email)

    def test_a_former_address_proved_by_another_meanwhile_changes_nothing(self) -> None:
        self.ask()
        sent = self.sent()
        self.confirm(sent[NEW])
        UserFactory(email="ada@old.example", email_verified_at=timezone.now())
        answer = self.stop(sent["ada@old.example"])
        self.assertEqual(answer.status_code, 409)
        self.assertEqual(answer.json()["code"], "email-taken")
        self.assertEqual(self.address(), NEW)
        self.assertTrue(self.user.has_usable_password())
        self.assertEqual(AuthToken.objects.count(), 1)

    def test_the_other_token_stops_nothing(self) -> None:
        self.ask()
        answer = self.stop(self.sent()[NEW])
        self.assertEqual(answer.json()["code"], "link-invalid")


class PurgeTests(EmailChangeTestCase):
    """users.services.emails.purge_email_changes"""

    def test_changes_go_once_their_mails_have_ended(self) -> None:
        self.ask()
        end = EmailChange.objects.get().requested_at + timedelta(days=2)
        with time_machine.travel(end, tick=False):
            self.assertEqual(purge_email_changes(), 0)
        with time_machine.travel(end + timedelta(seconds=1), tick=False):
            self.assertEqual(purge_email_changes(), 1)
        self.assertEqual(EmailChange.objects.count(), 0)


class EmailChangeRaceTests(TransactionTestCase):
    """Changes of addresses, by many at once"""

    def make_change(self, user: User) -> EmailChange:
        return EmailChange.objects.create(user=user, former_email=user.email, email=NEW)

    def test_one_of_many_accounts_gets_an_address(self) -> None:
        changes = [self.make_change(UserFactory()) for _ in range(6)]
        calls = [{"token": EMAIL_CHANGE.make(each)} for each in changes]
        outcomes = race("tests.users.calls.confirm_address", calls)
        codes = sorted(each.code or "" for each in outcomes)
        self.assertEqual(codes, [""] + ["email-taken"] * 5)
        self.assertEqual(User.objects.with_email(NEW).count(), 1)
        self.assertEqual(User.objects.count(), 6)
        confirmed = EmailChange.objects.filter(confirmed_at__isnull=False).get()
        self.assertEqual(confirmed.user, User.objects.with_email(NEW).get())

    def test_a_token_works_once_however_often_it_is_sent(self) -> None:
        token = EMAIL_CHANGE.make(self.make_change(UserFactory()))
        outcomes = race("tests.users.calls.confirm_address", [{"token": token}] * 6)
        codes = sorted(each.code or "" for each in outcomes)
        self.assertEqual(codes, [""] + ["link-invalid"] * 5)
        topics = OutboxMessage.objects.filter(topic="user.email_changed")
        self.assertEqual(topics.count(), 1)

    def test_stopping_wins_over_confirming(self) -> None:
        user = UserFactory()
        former = user.email
        change = self.make_change(user)
        confirming = EMAIL_CHANGE.make(change)
        stop_email_change(EMAIL_CHANGE_STOP.make(change))
        outcomes = race("tests.users.calls.confirm_address", [{"token": confirming}])
        self.assertEqual(outcomes[0].code, "link-invalid")
        user.refresh_from_db()
        self.assertEqual(user.email, former)
