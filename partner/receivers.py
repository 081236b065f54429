"""Keep product summaries in step, whoever saves an offer or a variant."""

from django.db.models.signals import post_save
from django.dispatch import receiver

from catalogue.models import Variant
from partner.models import StockRecord
from partner.services import refresh_summaries


@receiver(post_save, sender=Variant)
def refresh_of_variant(
    *, instance: Variant, created: bool, raw: bool, **_signal: object
) -> None:
    """A variant was hidden or shown; a new one has no offers."""
    if not (created or raw):
        refresh_summaries([instance.product_id])


@receiver(post_save, sender=StockRecord)
def refresh_of_stock_record(
    *, instance: StockRecord, raw: bool, **_signal: object
) -> None:
    """A partner asks another price; records are never deleted: they have a ledger."""
    if not raw:
        refresh_summaries([instance.variant.product_id])
