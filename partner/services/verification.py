"""Whether levels, ledger and orders agree, and what to do where they do not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import structlog

from custom.batching import batched
from custom.ids import new_public_id
from custom.transactions import transactional
from partner.models import StockLevel, StockMovement
from partner.selectors import claimed_units, find_discrepancies, ledger_sums
from partner.services.levels import follow_levels

BATCH = 500  # levels locked at a time

logger = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Finding:
    """A level that disagrees with its movements or with those who wait for units.

    Attributes:
        moved_in_stock: What the movements say is in stock.
        moved_allocated: What the movements say is promised.
        claimed: What is waited for.
        is_repaired: All of them agree now.
    """

    stock_record_id: int
    num_in_stock: int
    num_allocated: int
    moved_in_stock: int
    moved_allocated: int
    claimed: int
    may_oversell: bool
    is_repaired: bool = False

    @property
    def is_right(self) -> bool:
        """Tell whether there is nothing to find."""
        return (
            self.num_in_stock == self.moved_in_stock
            and self.num_allocated == self.moved_allocated == self.claimed
        )

    @property
    def is_oversold(self) -> bool:
        """Tell whether more is waited for than may be promised."""
        return self.claimed > self.num_in_stock and not self.may_oversell


def verify_stock(*, repair: bool = False) -> list[Finding]:
    """Compare every level with its movements and with what is waited for.

    Safe beside a running shop: what looks wrong is looked at again under its lock,
    so that an order in between is no finding.

    Args:
        repair: Write a correcting movement for each finding. The units in stock
            stay, as what is on the shelf is known to whoever counts it; promised is
            what is waited for. An oversold level is left for people to settle.
    """
    findings: list[Finding] = []
    for suspects in batched(sorted(_suspects()), BATCH):
        findings += _verify(suspects, repair=repair)
    return findings


def _suspects() -> set[int]:
    """Return the levels that may be wrong; 3 queries or more."""
    suspects = {row.stock_record_id for row in find_discrepancies()}
    claimed = claimed_units()
    promised = dict(StockLevel.objects.values_list("pk", "num_allocated"))
    return suspects | {pk for pk in promised if promised[pk] != claimed[pk]}


@transactional
def _verify(pks: Sequence[int], *, repair: bool) -> list[Finding]:
    """Look at levels under their locks, and repair them if that is wanted."""
    levels = {level.pk: level for level in StockLevel.objects.lock(pks)}
    findings = [each for each in _look(levels) if not each.is_right]
    if repair:
        source = f"repair:{new_public_id()}"
        mendable = [each for each in findings if not each.is_oversold]
        _repair(levels, mendable, source)
    return findings


def _look(levels: dict[int, StockLevel]) -> Iterator[Finding]:
    """Compare levels that are locked with what there is of them elsewhere."""
    sums, claimed = ledger_sums(list(levels)), claimed_units(list(levels))
    for pk, level in levels.items():
        moved_in_stock, moved_allocated = sums[pk]
        yield Finding(
            stock_record_id=pk,
            num_in_stock=level.num_in_stock,
            num_allocated=level.num_allocated,
            moved_in_stock=moved_in_stock,
            moved_allocated=moved_allocated,
            claimed=claimed[pk],
            may_oversell=level.backorder,
        )


def _repair(
    levels: dict[int, StockLevel], findings: Sequence[Finding], source: str
) -> None:
    """Write what makes ledger and levels agree, and tell the log of each."""
    StockMovement.objects.bulk_create(
        StockMovement(
            stock_record_id=found.stock_record_id,
            in_stock_delta=found.num_in_stock - found.moved_in_stock,
            allocated_delta=found.claimed - found.moved_allocated,
            reason=StockMovement.Reason.CORRECTION,
            source=source,
        )
        for found in findings
    )
    for found in findings:
        level = levels[found.stock_record_id]
        level.num_allocated = found.claimed
        level.version += 1
        level.save()
        found.is_repaired = True
        logger.warning(
            "stock_repaired", stock_record_id=found.stock_record_id, source=source
        )
    follow_levels({f.stock_record_id: f.num_allocated - f.claimed for f in findings})
