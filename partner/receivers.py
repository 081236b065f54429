"""Keep summaries, pages and the table of rates in step, whoever saves a row."""

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from catalogue.models import Variant
from catalogue.services import announce_changes
from custom.caching.versions import EVERYTHING, announce
from custom.limits.overrides import publish_overrides
from partner.models import Partner, PartnerMember, PartnerRate, StockRecord
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
        product_id = instance.variant.product_id
        announce_changes({product_id} - refresh_summaries([product_id]))


@receiver((post_save, post_delete), sender=Partner)
def announce_partner(**_signal: object) -> None:
    """Any product's page may show the partner's name, or its offers no longer."""
    announce([EVERYTHING])


@receiver((post_save, post_delete), sender=PartnerRate)
@receiver((post_save, post_delete), sender=PartnerMember)
@receiver(post_save, sender=Partner)
def publish_rates_of_partners(*, raw: bool = False, **_signal: object) -> None:
    """A partner got a rate, or one more to have it; or was paused, and lost it."""
    if not raw:
        transaction.on_commit(publish_overrides, robust=True)
