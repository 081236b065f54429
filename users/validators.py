"""Rules for passwords, beside those of Django."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from users.breaches import is_breached
from users.models import User


class BreachedPasswordValidator:
    """Refuses passwords that are known from breaches of other services."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Ask, where there is somebody to ask.

        Raises:
            ValidationError: With code ``password_breached``.
        """
        if is_breached(password):
            msg = _("This password is known from a breach of another service.")
            raise ValidationError(msg, code="password_breached")

    def get_help_text(self) -> str:
        """Tell the rule."""
        return _("Your password can't be one that is known from a breach.")
