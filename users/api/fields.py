"""Fields of bodies that name accounts."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers
from rest_framework.fields import get_error_detail

from users.emails import (
    EMAIL_MAX_LENGTH,
    validate_mailbox,
    validate_normalized_length,
)


class MailboxField(serializers.EmailField):
    """An address that mails are to be sent to."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401
        checks = [validate_normalized_length]
        super().__init__(max_length=EMAIL_MAX_LENGTH, validators=checks, **options)

    def run_validators(self, value: Any) -> None:  # noqa: ANN401
        """Ask the last question of what Django takes for an address: one fault each."""
        super().run_validators(value)
        try:
            validate_mailbox(value)
        except DjangoValidationError as error:
            raise serializers.ValidationError(get_error_detail(error)) from error
