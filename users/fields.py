"""Model fields of accounts."""

from typing import Any, cast

from django.db import models

from users.emails import normalize_email


class NormalizedEmailField(models.CharField[str, str]):
    """The normalised form of the row's ``email``, set whenever a row is written.

    Set by the field and not by ``save()``, so that ``bulk_create`` cannot skip it.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: FBT001 - Django's signature
        """Follow the typed address; called by ``save`` and ``bulk_create``."""
        value = normalize_email(cast("Any", model_instance).email)
        setattr(model_instance, self.attname, value)
        return value
