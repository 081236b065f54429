import time

import time_machine
from django.test import TransactionTestCase, override_settings
from rest_framework.response import Response
from rest_framework.test import APITestCase

from tests.custom.throttling.limits import FreshLimits, own_limits
from tests.processes import race
from tests.staff.codes import code_at, enrol, recovery_codes
from tests.users.factories import PASSWORD, UserFactory
from users.links import PASSWORD_RESET, UNLOCK
from users.models import AuthToken
from users.services import reset_password, unlock_sign_in

LOGIN = "/api/user/login/"


class ApiLoginTests(FreshLimits, APITestCase):
    """POST /api/user/login/ of an account with a second factor"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.staff = UserFactory(email="staff@example.com", is_staff=True)
        enrol(cls.staff)

    def log_in(self, **changes: str) -> Response:
        body = {"email": "staff@example.com", "password": PASSWORD} | changes
        return self.client.post(LOGIN, body)

    def assert_refused(self, answer: Response, code: str, status: int = 401) -> None:
        self.assertEqual(answer.status_code, status, answer.content)
        self.assertEqual(answer.json()["code"], code)
        self.assertEqual(AuthToken.objects.count(), 0)

    def test_a_code_is_wanted(self) -> None:
        for changes in ({}, {"otp": ""}):
            answer = self.log_in(**changes)
            self.assert_refused(answer, "second-factor-required")
            self.assertEqual(answer.headers["WWW-Authenticate"], "Token")

    def test_the_refusal_is_the_same_in_xml(self) -> None:
        answer = self.client.post(
            LOGIN,
            "<root><email>staff@example.com</email>"
            f"<password>{PASSWORD}</password></root>",
            content_type="application/xml",
            headers={"Accept": "application/xml"},
        )
        self.assertEqual(answer.status_code, 401)
        self.assertIn(b"<code>second-factor-required</code>", answer.content)

    def test_a_code_opens_once(self) -> None:
        with time_machine.travel(time.time(), tick=False):
            answer = self.log_in(otp=code_at())
            self.assertEqual(answer.status_code, 200, answer.content)
            AuthToken.objects.all().delete()
            self.assert_refused(self.log_in(otp=code_at()), "second-factor-wrong")

    def test_a_code_of_digits_stays_text_in_xml(self) -> None:
        with time_machine.travel(time.time(), tick=False):
            answer = self.client.post(
                LOGIN,
                "<root><email>staff@example.com</email>"
                f"<password>{PASSWORD}</password><otp>{code_at()}</otp></root>",
                content_type="application/xml",
            )
        self.assertEqual(answer.status_code, 200, answer.content)

    def test_a_recovery_code_opens_too(self) -> None:
        code = recovery_codes(self.staff)[0]
        self.assertEqual(self.log_in(otp=code).status_code, 200)
        AuthToken.objects.all().delete()
        self.assert_refused(self.log_in(otp=code), "second-factor-wrong")

    def test_a_wrong_password_tells_nothing_of_the_factor(self) -> None:
        for changes in ({}, {"otp": code_at()}):
            answer = self.log_in(password="wrong", **changes)
            self.assert_refused(answer, "credentials-invalid")

    def test_wrong_codes_are_refused_and_counted(self) -> None:
        with (
            override_settings(STAFF_MFA_RATE="2/hour"),
            time_machine.travel(time.time(), tick=False),
        ):
            for code in ("000000", "x" * 32):
                self.assert_refused(self.log_in(otp=code), "second-factor-wrong")
            answer = self.log_in(otp=code_at())
            self.assert_refused(answer, "sign-in-locked", 429)
            self.assertEqual(answer.headers["Retry-After"], "3600")
        too_long = self.log_in(otp="x" * 33)
        self.assertEqual(too_long.status_code, 400)
        self.assertEqual(too_long.json()["errors"][0]["pointer"], "#/otp")

    @override_settings(STAFF_MFA_RATE="2/hour")
    def test_they_are_counted_without_redis(self) -> None:
        with own_limits("redis://127.0.0.1:1/0"):  # nobody listens there
            for _ in range(2):
                self.assert_refused(self.log_in(otp="000000"), "second-factor-wrong")
            self.assert_refused(self.log_in(otp=code_at()), "sign-in-locked", 429)

    @override_settings(STAFF_MFA_RATE="2/hour")
    def test_neither_a_mail_nor_another_password_lets_more_be_tried(self) -> None:
        for _ in range(2):
            self.log_in(otp="000000")
        unlock_sign_in(UNLOCK.make(self.staff))
        reset_password(PASSWORD_RESET.make(self.staff), "another-way-home-88")
        answer = self.log_in(otp=code_at(), password="another-way-home-88")
        self.assert_refused(answer, "sign-in-locked", 429)

    @override_settings(STAFF_MFA_RATE="2/hour")
    def test_they_count_from_nothing_after_a_quiet_while(self) -> None:
        for _ in range(2):
            self.log_in(otp="000000")
        with time_machine.travel(time.time() + 3601):
            self.assertEqual(self.log_in(otp=code_at()).status_code, 200)

    def test_who_has_no_factor_is_not_asked(self) -> None:
        UserFactory(email="customer@example.com")
        with override_settings(STAFF_MFA_REQUIRED=True):
            answer = self.log_in(email="customer@example.com")
        self.assertEqual(answer.status_code, 200)

    def test_staff_without_one_wait_where_it_is_compulsory(self) -> None:
        UserFactory(email="new@example.com", is_staff=True)
        with override_settings(STAFF_MFA_REQUIRED=True):
            answer = self.log_in(email="new@example.com")
            self.assert_refused(answer, "second-factor-required")
        self.assertEqual(self.log_in(email="new@example.com").status_code, 200)


class ApiLoginRaceTests(TransactionTestCase):
    """One code, sent by many at once"""

    def test_it_opens_for_one(self) -> None:
        staff = UserFactory(email="staff@example.com", is_staff=True)
        enrol(staff)
        call = {"email": staff.email, "password": PASSWORD, "otp": code_at()}
        outcomes = race("tests.users.calls.sign_in_with", [call] * 6)
        codes = sorted(each.code or "" for each in outcomes)
        self.assertEqual(codes, [""] + ["second-factor-wrong"] * 5)
        self.assertEqual(AuthToken.objects.count(), 1)
