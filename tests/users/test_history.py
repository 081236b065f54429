from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import TestCase

from custom.history import recorded
from custom.history.reading import versions_of
from custom.history.reverting import deleted_of, recover, revert
from tests.users.factories import UserFactory
from users.models import User
from users.services import update_profile


class AccountTests(TestCase):
    """users.history"""

    def setUp(self) -> None:
        admin.autodiscover()
        with recorded("Made."):
            self.user = UserFactory(is_staff=True, is_superuser=True)

    def test_names_go_back_and_permissions_never(self) -> None:
        first = versions_of(User, self.user.pk).get()
        update_profile(self.user, first_name="Grace")
        User.objects.filter(pk=self.user.pk).update(is_staff=False, is_superuser=False)
        revert(first)
        self.user.refresh_from_db()
        self.assertEqual(self.user.first_name, "Ada")
        self.assertFalse(self.user.is_staff or self.user.is_superuser)

    def test_no_version_holds_a_password(self) -> None:
        held = versions_of(User, self.user.pk).get().serialized_data
        self.assertNotIn("password", held)
        self.assertNotIn("last_login", held)

    def test_a_deleted_account_comes_back_and_opens_nothing(self) -> None:
        pk = self.user.pk
        with recorded("Gone."):
            self.user.delete()
        recover(deleted_of(User).get())
        user = User.objects.get(pk=pk)
        self.assertFalse(user.is_staff or user.is_superuser)
        self.assertFalse(user.has_usable_password())

    def test_a_group_gets_its_name_back_and_no_permission(self) -> None:
        with recorded("Made."):
            group = Group.objects.create(name="Editors")
            group.permissions.set(Permission.objects.all()[:3])
        first = versions_of(Group, group.pk).get()
        with recorded("Renamed."):
            group.name = "Others"
            group.save()
            group.permissions.clear()
        revert(first)
        group.refresh_from_db()
        self.assertEqual((group.name, group.permissions.count()), ("Editors", 0))
