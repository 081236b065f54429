from django.contrib.auth.hashers import MD5PasswordHasher

from users.models import User


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password was worked on."""

    runs = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).runs += 1
        return super().encode(password, salt)


class ClosingHasher(MD5PasswordHasher):
    """Closes every account while its password is being checked."""

    def verify(self, password: str, encoded: str) -> bool:
        User.objects.update(is_active=False)
        return super().verify(password, encoded)


class ReplacingHasher(MD5PasswordHasher):
    """Gives every account another password while its own is being checked."""

    def verify(self, password: str, encoded: str) -> bool:
        User.objects.update(password="!replaced")
        return super().verify(password, encoded)
