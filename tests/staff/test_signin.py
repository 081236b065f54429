from datetime import UTC, datetime, timedelta

import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.http import HttpResponse
from django.test import Client, TestCase, override_settings
from django.urls import reverse

from staff.models import AccessEntry
from staff.urls import urlpatterns
from tests.staff.codes import SECRET, code_at, enrol, recovery_codes
from tests.users.factories import PASSWORD, UserFactory, create_token
from users.models import AuthToken, User

LOGIN = "/admin/login/"
CODE = "/admin/login/code/"
SECURITY = "/admin/security/"
APP = "/admin/security/app/"
INDEX = "/admin/"
NOW = datetime(2026, 11, 25, 12, 0, 10, tzinfo=UTC)
LATER = timedelta(minutes=1)


class SignInCase(TestCase):
    staff: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.staff = UserFactory(email="Staff@example.com", is_staff=True)

    def setUp(self) -> None:
        self.clock = self.enterContext(time_machine.travel(NOW, tick=False))

    def post_login(self, client: Client | None = None, **fields: str) -> HttpResponse:
        wanted = {"login": "staff@example.com", "password": PASSWORD} | fields
        return (client or self.client).post(LOGIN, wanted)

    def post_code(self, code: str, client: Client | None = None) -> HttpResponse:
        return (client or self.client).post(CODE, {"code": code})

    def is_signed_in(self, client: Client | None = None) -> bool:
        return (client or self.client).get(INDEX).status_code == 200


class LoginTests(SignInCase):
    """The first step"""

    def test_password_alone_opens_the_admin_without_a_factor(self) -> None:
        self.assertRedirects(self.post_login(), INDEX)
        self.assertTrue(self.is_signed_in())

    def test_the_address_may_be_spelt_in_another_way(self) -> None:
        self.post_login(login="STAFF@Example.com")
        self.assertTrue(self.is_signed_in())

    def test_it_leads_back_to_the_page_that_was_wanted(self) -> None:
        page = reverse("admin:password_change")
        response = self.client.get(page)
        self.assertRedirects(response, f"{LOGIN}?next={page}")
        response = self.client.post(
            response.url, {"login": self.staff.email, "password": PASSWORD}
        )
        self.assertRedirects(response, page)

    def test_it_leads_to_no_other_site(self) -> None:
        response = self.client.post(
            f"{LOGIN}?next=https://evil.example/",
            {"login": self.staff.email, "password": PASSWORD},
        )
        self.assertRedirects(response, INDEX)

    def test_every_refusal_is_the_same(self) -> None:
        UserFactory(email="customer@example.com")
        UserFactory(email="closed@example.com", is_staff=True, is_active=False)
        pages = set()
        for login, password in (
            ("nobody@example.com", PASSWORD),
            ("staff@example.com", "wrong"),
            ("customer@example.com", PASSWORD),
            ("closed@example.com", PASSWORD),
        ):
            response = self.post_login(login=login, password=password)
            self.assertEqual(response.status_code, 200)
            faults = response.context["form"].errors.as_json()
            pages.add(faults)
            self.assertNotIn(SESSION_KEY, self.client.session)
        self.assertEqual(len(pages), 1, pages)

    def test_the_session_is_another_one_afterwards(self) -> None:
        self.client.get(LOGIN)
        session = self.client.session
        session["kept"] = True
        session.save()
        before = self.client.cookies["sessionid"].value
        self.post_login()
        self.assertNotEqual(self.client.cookies["sessionid"].value, before)

    @override_settings(RATE_LOGIN="2/min,100/min")
    def test_tries_of_an_address_are_limited_known_or_not(self) -> None:
        for login in ("staff@example.com", "nobody@example.com"):
            for _ in range(2):
                response = self.post_login(login=login, password="wrong")
                self.assertNotContains(response, "Too many")
            response = self.post_login(login=login, password=PASSWORD)
            self.assertContains(response, "Too many")
        self.assertFalse(self.is_signed_in())

    def test_there_is_no_way_to_sign_up_or_ask_for_a_mail(self) -> None:
        for path in ("signup/", "password/reset/", "email/", "accounts/login/"):
            self.assertEqual(self.client.get(f"/admin/login/{path}").status_code, 302)
            self.assertEqual(self.client.get(f"/{path}").status_code, 404)
        self.assertNotContains(self.client.get(LOGIN), "signup")

    def test_who_is_no_longer_staff_sees_the_form_and_no_circle(self) -> None:
        self.post_login()
        User.objects.update(is_staff=False)
        self.assertRedirects(self.client.get(INDEX), f"{LOGIN}?next={INDEX}")
        self.assertContains(self.client.get(LOGIN), "may not open this page")


class SecondStepTests(SignInCase):
    """The code"""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        enrol(cls.staff)

    def test_password_alone_opens_nothing(self) -> None:
        self.assertRedirects(self.post_login(), CODE)
        self.assertFalse(self.is_signed_in())
        self.assertNotIn(SESSION_KEY, self.client.session)

    def test_a_code_opens_the_admin(self) -> None:
        self.post_login()
        self.assertRedirects(self.post_code(code_at()), INDEX)
        self.assertTrue(self.is_signed_in())

    def test_a_code_opens_nothing_without_the_password(self) -> None:
        self.assertRedirects(self.post_code(code_at()), LOGIN)
        self.assertFalse(self.is_signed_in())

    def test_a_wrong_code_opens_nothing(self) -> None:
        self.post_login()
        response = self.post_code("000000")
        self.assertContains(response, "Incorrect code")
        self.assertFalse(self.is_signed_in())

    def test_a_code_works_once(self) -> None:
        code = code_at()
        self.post_login()
        self.post_code(code)
        other = Client()
        self.post_login(other)
        self.assertContains(self.post_code(code, other), "Incorrect code")
        self.assertFalse(self.is_signed_in(other))

    def test_an_earlier_code_does_not_work_after_a_later_one(self) -> None:
        earlier = code_at()
        self.clock.shift(timedelta(seconds=30))
        self.post_login()
        self.post_code(code_at())
        other = Client()
        self.post_login(other)
        self.assertContains(self.post_code(earlier, other), "Incorrect code")

    def test_a_clock_may_be_one_step_wrong_and_not_two(self) -> None:
        for seconds, is_right in ((-60, False), (-30, True), (60, False), (30, True)):
            client = Client()
            self.post_login(client)
            self.post_code(code_at(NOW.timestamp() + seconds), client)
            self.assertEqual(self.is_signed_in(client), is_right, seconds)

    def test_a_recovery_code_works_once(self) -> None:
        code, *_ = recovery_codes(self.staff)
        self.post_login()
        self.assertRedirects(self.post_code(code), INDEX)
        other = Client()
        self.post_login(other)
        self.assertContains(self.post_code(code, other), "Incorrect code")

    @override_settings(STAFF_MFA_RATE="2/hour")
    def test_tries_are_limited_by_account(self) -> None:
        for client in (Client(), Client()):
            self.post_login(client)
            self.post_code("000000", client)
        other = Client()
        self.post_login(other)
        self.assertContains(self.post_code(code_at(), other), "Too many")
        self.assertFalse(self.is_signed_in(other))

    @override_settings(STAFF_MFA_RATE="3/hour")
    def test_a_right_code_begins_anew(self) -> None:
        for code in ("000000", "000000", code_at(), "000000", "000000"):
            client = Client()
            self.post_login(client)
            response = self.post_code(code, client)
            if code == "000000":
                self.assertContains(response, "Incorrect code")

    def test_the_secret_cannot_be_read_in_the_database(self) -> None:
        for factor in Authenticator.objects.all():
            self.assertNotIn(SECRET, str(factor.data))
        codes = recovery_codes(self.staff)
        recovery = Authenticator.objects.get(type="recovery_codes")
        for code in codes:
            self.assertNotIn(code, str(recovery.data))

    def test_a_former_key_still_opens(self) -> None:
        with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["tests-only"]):
            self.post_login()
            self.post_code(code_at())
            self.assertTrue(self.is_signed_in())


class EnrollingTests(SignInCase):
    """Setting a factor up, and taking it away"""

    def secret(self) -> str:
        response = self.client.get(APP)
        self.assertContains(response, "<svg")
        return response.context["form"].secret

    def test_a_fresh_sign_in_enrols_without_another_question(self) -> None:
        self.post_login()
        code = code_at(secret=self.secret())
        response = self.client.post(APP, {"code": code})
        self.assertRedirects(response, "/admin/security/codes/")
        factors = Authenticator.objects.filter(user=self.staff)
        self.assertEqual(
            sorted(factor.type for factor in factors), ["recovery_codes", "totp"]
        )

    def test_devices_that_came_without_it_end(self) -> None:
        create_token(self.staff)
        stranger, _ = create_token()
        self.post_login()
        self.client.post(APP, {"code": code_at(secret=self.secret())})
        self.assertEqual(AuthToken.objects.get(), stranger)
        self.assertTrue(self.is_signed_in())

    def test_recovery_codes_are_shown_once(self) -> None:
        self.post_login()
        self.client.post(APP, {"code": code_at(secret=self.secret())})
        page = "/admin/security/codes/"
        codes = recovery_codes(self.staff)
        self.assertEqual(len(codes), 10)
        first = self.client.get(page)
        for code in codes:
            self.assertContains(first, code)
        self.assertNotContains(self.client.get(page), codes[0])

    def test_the_code_that_enrolled_opens_nothing(self) -> None:
        self.post_login()
        code = code_at(secret=self.secret())
        self.client.post(APP, {"code": code})
        other = Client()
        self.post_login(other)
        self.assertContains(self.post_code(code, other), "Incorrect code")

    def test_a_wrong_code_enrols_nothing(self) -> None:
        self.post_login()
        self.secret()
        response = self.client.post(APP, {"code": "000000"})
        self.assertContains(response, "Incorrect code")
        self.assertFalse(Authenticator.objects.exists())

    def test_an_old_sign_in_is_asked_for_the_password(self) -> None:
        self.post_login()
        self.clock.shift(timedelta(minutes=6))
        confirm = reverse("account_reauthenticate")
        response = self.client.get(APP)
        self.assertRedirects(response, f"{confirm}?next={APP.replace('/', '%2F')}")
        refused = self.client.post(response.url, {"password": "wrong"})
        self.assertContains(refused, "Incorrect password")
        response = self.client.post(response.url, {"password": PASSWORD})
        self.assertRedirects(response, APP)

    def test_a_factor_is_asked_for_before_it_goes(self) -> None:
        enrol(self.staff)
        self.client.force_login(self.staff)
        remove = "/admin/security/app/remove/"
        response = self.client.get(remove)
        self.assertIn(reverse("mfa_reauthenticate"), response.url)
        response = self.client.post(response.url, {"code": code_at()})
        self.assertRedirects(response, remove)
        self.assertRedirects(self.client.post(remove), SECURITY)
        self.assertFalse(Authenticator.objects.exists())

    def test_the_password_alone_does_not_change_a_factor(self) -> None:
        enrol(self.staff)
        self.client.force_login(self.staff)
        confirm = reverse("account_reauthenticate")
        response = self.client.post(confirm, {"password": PASSWORD})
        self.assertRedirects(
            response, reverse("mfa_reauthenticate"), fetch_redirect_response=False
        )
        response = self.client.post("/admin/security/app/remove/")
        self.assertEqual(response.status_code, 302)
        self.assertTrue(Authenticator.objects.exists())

    def test_new_recovery_codes_replace_the_old(self) -> None:
        enrol(self.staff)
        old = recovery_codes(self.staff)
        self.post_login()
        self.post_code(code_at())
        self.client.post("/admin/security/codes/new/")
        self.assertEqual(set(old) & set(recovery_codes(self.staff)), set())

    def test_sessions_without_the_factor_end(self) -> None:
        other = Client()
        self.post_login(other)
        self.post_login()
        self.client.post(APP, {"code": code_at(secret=self.secret())})
        self.assertFalse(self.is_signed_in(other))
        self.assertTrue(self.is_signed_in())

    def test_customers_see_none_of_it(self) -> None:
        self.client.force_login(UserFactory())
        entrances = {"account_login", "mfa_authenticate"}
        names = {entry.name for entry in urlpatterns} - entrances
        self.assertEqual(len(names), len(urlpatterns) - len(entrances))
        for name in names:
            path = reverse(name)
            response = self.client.get(path)
            self.assertRedirects(
                response, f"{LOGIN}?next={path}", fetch_redirect_response=False
            )


@override_settings(STAFF_MFA_REQUIRED=True)
class CompulsoryTests(SignInCase):
    """Staff who must have a factor"""

    def test_who_has_none_is_led_to_enrol_wherever_they_go(self) -> None:
        self.post_login()
        for path in (
            INDEX,
            reverse("admin:users_user_changelist"),
            reverse("admin:password_change"),
            reverse("admin:autocomplete"),
        ):
            self.assertRedirects(
                self.client.get(path), APP, fetch_redirect_response=False
            )

    def test_they_may_leave(self) -> None:
        self.post_login()
        response = self.client.post(reverse("admin:logout"))
        self.assertEqual(response.status_code, 200)
        self.assertNotIn(SESSION_KEY, self.client.session)

    def test_who_has_one_goes_on(self) -> None:
        enrol(self.staff)
        self.post_login()
        self.post_code(code_at())
        # Account, factor, two of rights, recent actions; the session is in Redis.
        with self.assertNumQueries(5):
            self.assertTrue(self.is_signed_in())

    def test_strangers_are_led_to_the_login(self) -> None:
        self.assertRedirects(self.client.get(INDEX), f"{LOGIN}?next={INDEX}")


class ResettingTests(SignInCase):
    """A lost factor"""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        enrol(cls.staff)
        cls.root = User.objects.create_superuser("root@example.com", PASSWORD)

    def reset(self, *users: User) -> HttpResponse:
        factors = Authenticator.objects.filter(user__in=users, type="totp")
        return self.client.post(
            reverse("admin:staff_secondfactor_changelist"),
            {
                "action": "reset",
                "_selected_action": [factor.pk for factor in factors],
            },
        )

    def test_another_superuser_resets_it_and_is_on_record(self) -> None:
        lost = Client()
        self.post_login(lost)
        self.post_code(code_at(), lost)
        self.client.force_login(self.root)
        self.reset(self.staff)
        self.assertFalse(Authenticator.objects.filter(user=self.staff).exists())
        self.assertFalse(self.is_signed_in(lost))
        entry = AccessEntry.objects.get(action="reset second factor")
        self.assertEqual(entry.user, self.root)
        self.assertEqual(
            (entry.model, entry.object_pk), ("users.user", str(self.staff.pk))
        )

    def test_nobody_resets_their_own(self) -> None:
        enrol(self.root)
        self.client.force_login(self.root)
        self.reset(self.root)
        self.assertTrue(Authenticator.objects.filter(user=self.root).exists())

    def test_other_staff_reset_nothing(self) -> None:
        self.client.force_login(self.staff)
        self.reset(self.staff)
        self.assertTrue(Authenticator.objects.filter(user=self.staff).exists())

    def test_its_secret_is_on_no_page(self) -> None:
        self.client.force_login(self.root)
        factor = Authenticator.objects.get(user=self.staff, type="totp")
        for path in (
            reverse("admin:staff_secondfactor_changelist"),
            reverse("admin:staff_secondfactor_change", args=[factor.pk]),
        ):
            response = self.client.get(path)
            self.assertContains(response, self.staff.email)
            self.assertNotContains(response, factor.data["secret"])


class SignOutTests(SignInCase):
    """Every session and device"""

    def test_all_but_the_one_in_hand_end(self) -> None:
        create_token(self.staff)
        other = Client()
        for client in (self.client, other):
            self.post_login(client)
        response = self.client.post("/admin/security/logout/")
        self.assertRedirects(response, SECURITY)
        self.assertFalse(self.is_signed_in(other))
        self.assertTrue(self.is_signed_in())
        self.assertFalse(AuthToken.objects.filter(user=self.staff).exists())

    def test_others_stay(self) -> None:
        other = Client()
        other.force_login(UserFactory(is_staff=True))
        self.post_login()
        self.client.post("/admin/security/logout/")
        self.assertTrue(self.is_signed_in(other))

    def test_a_link_does_nothing(self) -> None:
        self.post_login()
        response = self.client.get("/admin/security/logout/")
        self.assertEqual(response.status_code, 405)
