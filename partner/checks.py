"""System checks of partners and stock."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string


@register()
def check_stock_claims(
    app_configs: Sequence[AppConfig] | None = None, **options: object
) -> list[CheckMessage]:
    """Every path in ``STOCK_CLAIMS`` must import."""
    errors: list[CheckMessage] = []
    for path in settings.STOCK_CLAIMS:
        try:
            import_string(path)
        except ImportError as error:
            hint = f"STOCK_CLAIMS names {path!r}"
            errors.append(Error(str(error), hint=hint, id="partner.E001"))
    return errors
