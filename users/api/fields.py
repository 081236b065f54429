"""Fields of bodies that name accounts."""

from typing import Any

from rest_framework import serializers

from users.emails import (
    EMAIL_MAX_LENGTH,
    validate_mailbox,
    validate_normalized_length,
)


class MailboxField(serializers.EmailField):
    """An address that mails are to be sent to."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401
        checks = [validate_normalized_length, validate_mailbox]
        super().__init__(max_length=EMAIL_MAX_LENGTH, validators=checks, **options)
