"""How partners and offers are put back: money and stock only ever move forwards."""

from collections.abc import Mapping
from typing import Any, ClassVar

from custom.history.rules import ModelRules, RevertRefusedError
from partner.models import Partner, StockMovement, StockRecord
from partner.services import offers, partners


class PartnerRules(ModelRules[Partner]):
    """Pausing and resuming rewrites lists; others know a partner by its code."""

    forward_only: ClassVar[frozenset[str]] = frozenset({"code"})

    def put_back(self, row: Partner, values: Mapping[str, Any]) -> None:
        """Let the service write the partner."""
        partners.update_partner(row.pk, **values)


class StockRecordRules(ModelRules[StockRecord]):
    """A former price is asked as a new one, with its own place in the history.

    The units in stock are no part of it: they move by the ledger alone.
    """

    forward_only: ClassVar[frozenset[str]] = frozenset(
        {"variant", "partner", "currency"}
    )

    def lock(self, pk: str) -> StockRecord | None:
        """Lock the partner's offers before the record, as the services do."""
        found = StockRecord.objects.filter(pk=pk).values_list("partner", flat=True)
        partner = found.first()
        if partner is None:
            return None
        offers.lock_offers(partner)
        return super().lock(pk)

    def put_back(self, row: StockRecord, values: Mapping[str, Any]) -> None:
        """Let the service ask the price."""
        offers.update_stock_record(row.pk, **values)

    def remove(self, row: StockRecord) -> None:
        """Take back an offer of which nothing has moved but the first count."""
        first = StockMovement.Reason.INITIAL
        if row.movements.exclude(reason=first).exists():
            msg = f"Units of the offer {row} have moved: its ledger tells of them."
            raise RevertRefusedError(msg)
        product = row.variant.product_id
        row.movements.all().delete()
        row.delete()
        offers.follow_removal(product)
