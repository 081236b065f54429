from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import TestCase, override_settings
from django.urls import reverse

from staff.models import AccessEntry
from staff.services import keep_groups
from tests.users.factories import PASSWORD, UserFactory
from users.models import SignInTries, User

WRONG = "not-the-one"


@override_settings(SIGN_IN_LOCK="2/hour", STAFF_MFA_REQUIRED=False)
class UnlockButtonTests(TestCase):
    """The button on a customer's page that ends a lock"""

    def setUp(self) -> None:
        keep_groups()
        self.clerk = UserFactory(is_staff=True, email="clerk@example.com")
        self.clerk.groups.set(Group.objects.filter(name="Customer service"))
        self.customer = UserFactory(email="ada@example.com")
        self.client.force_login(self.clerk)

    def log_in(self, password: str = WRONG, email: str = "ada@example.com") -> int:
        body = {"email": email, "password": password}
        path = "/api/user/login/"
        return self.client.post(path, body, content_type="application/json").status_code

    def press(self, user: User) -> str:
        url = reverse("admin:users_user_press", args=[user.pk, "unlock"])
        return self.client.post(url, follow=True).content.decode()

    def test_passwords_may_be_tried_again_and_it_is_noted(self) -> None:
        self.assertEqual([self.log_in() for _ in range(3)], [401, 401, 429])
        page = self.client.get(
            reverse("admin:users_user_change", args=[self.customer.pk])
        )
        self.assertContains(page, "Let passwords be tried again")
        self.assertIn("Passwords may be tried again.", self.press(self.customer))
        self.assertEqual(self.log_in(PASSWORD), 200)
        looks = AccessEntry.objects.filter(user=self.clerk, action="unlock sign-in")
        self.assertEqual(looks.get().object_pk, str(self.customer.pk))
        entry = LogEntry.objects.latest("pk")
        self.assertEqual(entry.change_message, "Let passwords be tried again")

    def test_nothing_to_unlock(self) -> None:
        self.assertIn("None had been tried.", self.press(self.customer))

    def test_the_staff_are_unlocked_by_superusers_alone(self) -> None:
        boss = UserFactory(is_staff=True, email="boss@example.com")
        for _ in range(2):
            self.log_in(email="boss@example.com")
        before = list(SignInTries.objects.values())
        self.assertIn("Only a superuser unlocks", self.press(boss))
        self.assertEqual(list(SignInTries.objects.values()), before)
        self.assertFalse(AccessEntry.objects.filter(action="unlock sign-in").exists())
        User.objects.filter(pk=self.clerk.pk).update(is_superuser=True)
        self.assertIn("Passwords may be tried again.", self.press(boss))
