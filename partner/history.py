"""How partners and offers are put back: money and stock only ever move forwards."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from custom.history.rules import Change, ModelRules, RevertRefusedError
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
    together: ClassVar[frozenset[str]] = offers.REWRITTEN

    def lock_first(self, pks: Sequence[str]) -> None:
        """Lock partners' offers before the records, as the services do."""
        found = StockRecord.objects.filter(pk__in=pks).order_by()
        for partner in sorted(set(found.values_list("partner", flat=True))):
            offers.lock_offers(partner)

    def put_back(self, row: StockRecord, values: Mapping[str, Any]) -> None:
        """Let the service ask the price."""
        offers.update_stock_record(row.pk, **values)

    def put_back_together(self, changes: Sequence[Change[StockRecord]]) -> None:
        """Let the service ask many prices at once."""
        offers.rewrite_stock_records({row.pk: values for row, values in changes})

    def remove(self, row: StockRecord) -> None:
        """Take back an offer of which nothing has moved but the first count."""
        self.remove_all([row])

    def remove_all(self, rows: Sequence[StockRecord]) -> None:
        """Take back many, or none if units of one have moved."""
        first = StockMovement.Reason.INITIAL
        movements = StockMovement.objects.filter(stock_record__in=rows)
        moved = movements.exclude(reason=first).select_related("stock_record").first()
        if moved is not None:
            offer = moved.stock_record
            msg = f"Units of the offer {offer} have moved: its ledger tells of them."
            raise RevertRefusedError(msg)
        offers.take_back([row.pk for row in rows])
