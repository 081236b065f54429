from django.contrib.auth.models import Permission
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from tests.pages import save_page
from tests.users.factories import PASSWORD, UserFactory, create_token
from users.models import AuthToken, User

NEW = "quite-another-way-78"


class PasswordAdminTests(TestCase):
    """Passwords of others, and one's own, on the admin's pages"""

    def setUp(self) -> None:
        self.root = User.objects.create_superuser("root@example.com", PASSWORD)
        self.client.force_login(self.root)
        self.customer = UserFactory(email_verified_at=timezone.now())
        self.page = reverse("admin:users_user_change", args=[self.customer.pk])

    def save(self, **changes: object) -> None:
        body = {
            "email": self.customer.email,
            "is_active": "on",
            "rates-TOTAL_FORMS": 0,
            "rates-INITIAL_FORMS": 0,
        }
        done = save_page(self.client, self.page, body | changes)
        self.assertEqual(done.status_code, 302)

    def test_another_password_ends_devices_and_sessions(self) -> None:
        create_token(self.customer)
        theirs = self.client_class()
        theirs.force_login(self.customer)
        url = reverse("admin:auth_user_password_change", args=[self.customer.pk])
        body = {"password1": NEW, "password2": NEW, "usable_password": "true"}
        self.assertRedirects(self.client.post(url, body), self.page)
        self.customer.refresh_from_db()
        self.assertTrue(self.customer.check_password(NEW))
        self.assertEqual(self.customer.session_epoch, 1)
        self.assertFalse(AuthToken.objects.exists())
        self.assertEqual(theirs.get("/api/user/me/").status_code, 401)
        self.assertEqual(self.client.get(self.page).status_code, 200)

    def test_taking_the_password_away_ends_them_too(self) -> None:
        create_token(self.customer)
        url = reverse("admin:auth_user_password_change", args=[self.customer.pk])
        body = {"usable_password": "false", "unset-password": "1"}
        self.assertRedirects(self.client.post(url, body), self.page)
        self.customer.refresh_from_db()
        self.assertFalse(self.customer.has_usable_password())
        self.assertFalse(AuthToken.objects.exists())

    def test_ones_own_ends_devices_and_leaves_the_session_in_hand(self) -> None:
        create_token(self.root)
        elsewhere = self.client_class()
        elsewhere.force_login(self.root)
        body = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
        done = self.client.post(reverse("admin:password_change"), body)
        self.assertRedirects(done, reverse("admin:password_change_done"))
        self.assertFalse(AuthToken.objects.exists())
        self.assertEqual(elsewhere.get(self.page).status_code, 302)

    def test_who_may_only_look_sees_nothing_of_the_digest(self) -> None:
        clerk = UserFactory(is_staff=True)
        clerk.user_permissions.add(Permission.objects.get(codename="view_user"))
        self.client.force_login(clerk)
        page = self.client.get(self.page)
        self.assertContains(page, self.customer.email)
        shown = ("algorithm", "Reset password", "field-password")
        for word in shown:
            self.assertNotContains(page, word)
        self.client.force_login(self.root)
        for word in shown:
            self.assertContains(self.client.get(self.page), word)

    def test_an_address_that_staff_typed_is_proved_by_nobody(self) -> None:
        self.save(first_name="Grace")
        self.customer.refresh_from_db()
        self.assertEqual(self.customer.first_name, "Grace")
        self.assertIsNotNone(self.customer.email_verified_at)
        self.save(email="grace@example.com")
        self.customer.refresh_from_db()
        self.assertEqual(self.customer.email, "grace@example.com")
        self.assertIsNone(self.customer.email_verified_at)
