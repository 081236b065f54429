"""System checks of partners and stock."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, register

from custom.importing import check_paths


@register()
def check_stock_claims(
    app_configs: Sequence[AppConfig] | None = None, **options: object
) -> list[CheckMessage]:
    """Every path in ``STOCK_CLAIMS`` must import."""
    paths = ((path, f"STOCK_CLAIMS names {path!r}") for path in settings.STOCK_CLAIMS)
    return check_paths(paths, check_id="partner.E001")
