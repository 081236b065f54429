from importlib import import_module

from django.apps import apps
from django.test import TestCase
from django.utils import timezone

from tests.users.factories import UserFactory, create_token
from users.models import AuthToken, User


class UsesTests(TestCase):
    """0019_note_uses"""

    def test_the_last_use_of_any_device_is_noted_once_or_more_often(self) -> None:
        migration = import_module("users.migrations.0019_note_uses")
        user, other = UserFactory.create_batch(2)
        first, _secret = create_token(user)
        create_token(user)
        now = timezone.now()
        AuthToken.objects.filter(pk=first.pk).update(last_used_at=now)
        for _ in range(2):
            migration.note_uses(apps, None)
            noted = dict(User.objects.values_list("pk", "used_at"))
            newest = AuthToken.objects.latest("last_used_at").last_used_at
            self.assertEqual(noted, {user.pk: newest, other.pk: None})
