"""Many changes of one partner's stock at once, each row on its own merits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.conf import settings

from catalogue.models import Variant
from custom.batching import batched
from custom.bulks import Outcome, RefusedRowError, RowFault, purge_answers
from custom.errors import DomainError
from custom.history import record_all, recorded
from custom.ids import new_public_id
from custom.transactions import transactional
from partner.errors import PriceError, StockChangedError
from partner.models import (
    Partner,
    StockImport,
    StockLevel,
    StockMovement,
    StockRecord,
)
from partner.services.counts import NewMovement, record_movements, refuse_unexpected
from partner.services.offers import (
    NewStockRecord,
    check_prices,
    lock_offers,
    renew_prices,
    store_stock_records,
)
from users.models import User

BATCH = 500  # rows of one UPDATE


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRow:
    """What a partner says of one of its SKUs; None says nothing.

    Attributes:
        expected: What ``num_in_stock`` must be, or the row is refused.
        variant_id: What to offer under a SKU that is new.
    """

    partner_sku: str
    num_in_stock: int | None = None
    price: Decimal | None = None
    expected: int | None = None
    variant_id: int | None = None


@dataclass(slots=True)
class RowResult:
    """What became of a row; ``faults`` are there only for errors."""

    outcome: Outcome
    stock_record_id: int | None = None
    faults: tuple[RowFault, ...] = ()


@dataclass(slots=True)
class _Batch:
    """What is stored, and what is to be; filled row by row."""

    partner: Partner
    source: str
    records: dict[str, StockRecord]  # by SKU
    levels: dict[int, StockLevel]
    variants: frozenset[int]  # that anyone may see, of those named
    offered: set[int]  # of the variants named
    seen: set[str] = field(default_factory=set)
    new: list[tuple[RowResult, NewStockRecord]] = field(default_factory=list)
    repriced: list[StockRecord] = field(default_factory=list)
    movements: list[NewMovement] = field(default_factory=list)


@transactional
def write_stock_rows(
    partner: Partner,
    rows: Mapping[int, StockRow],
    *,
    source: str,
    actor: User | None = None,
    is_dry_run: bool = False,
) -> dict[int, RowResult]:
    """Create and change stock records; a row that is refused stops no other.

    A fixed number of statements for each 500 rows. Locks the partner's offers, the
    records and their levels, in this order; a dry run locks and stores nothing.

    Args:
        partner: Whose stock it is.
        rows: Any key -> row.
        source: Names the movements, once for each record.
        actor: Who does it.
        is_dry_run: Only say what would happen.

    Returns:
        What became of each row, by its key.
    """
    batch = _load(partner, rows, source, is_dry_run=is_dry_run)
    results = {key: _judge(row, batch) for key, row in rows.items()}
    if not is_dry_run:
        _store(batch, actor)
    return results


def _load(
    partner: Partner, rows: Mapping[int, StockRow], source: str, *, is_dry_run: bool
) -> _Batch:
    """Read, and lock unless it is a dry run, all that the rows name; 5-6 queries."""
    if not is_dry_run:
        lock_offers(partner.pk)
    skus = {row.partner_sku for row in rows.values()}
    wanted = {row.variant_id for row in rows.values() if row.variant_id is not None}
    own = StockRecord.objects.filter(partner=partner)
    pks = own.filter(partner_sku__in=skus).values_list("pk", flat=True)
    if is_dry_run:
        records = list(StockRecord.objects.filter(pk__in=list(pks)))
        levels = list(StockLevel.objects.filter(pk__in=list(pks)))
    else:
        records = StockRecord.objects.lock(pks)
        levels = StockLevel.objects.lock(pks)
    public = Variant.objects.public().filter(pk__in=wanted)
    offered = own.filter(variant__in=wanted).values_list("variant", flat=True)
    return _Batch(
        partner=partner,
        source=source,
        records={record.partner_sku: record for record in records},
        levels={level.pk: level for level in levels},
        variants=frozenset(public.order_by().values_list("pk", flat=True)),
        offered=set(offered),
    )


def _judge(row: StockRow, batch: _Batch) -> RowResult:
    """Decide what becomes of a row, and note in the batch what to store."""
    if row.partner_sku in batch.seen:
        detail = "An earlier row has the same SKU."
        fault = RowFault(("partner_sku",), "duplicate-row", detail)
        return RowResult(Outcome.ERROR, faults=(fault,))
    batch.seen.add(row.partner_sku)
    record = batch.records.get(row.partner_sku)
    try:
        if record is None:
            return _create(row, batch)
        return _change(row, record, batch)
    except RefusedRowError as refusal:
        return RowResult(Outcome.ERROR, faults=refusal.faults)


def _create(row: StockRow, batch: _Batch) -> RowResult:
    """Plan a new record."""
    if row.variant_id is None:
        detail = "You have no such SKU. Name its variant and price to create it."
        raise RefusedRowError(RowFault(("partner_sku",), "unknown-sku", detail))
    if row.variant_id not in batch.variants:
        raise RefusedRowError(
            RowFault(("variant",), "does-not-exist", "There is no such variant.")
        )
    if row.variant_id in batch.offered:
        detail = "You offer this variant already, under another SKU of yours."
        raise RefusedRowError(RowFault(("variant",), "already-offered", detail))
    if row.price is None:
        detail = "A new stock record needs a price."
        raise RefusedRowError(RowFault(("price",), "required", detail))
    currency = settings.SHOP_CURRENCY
    _check(row, num_in_stock=0, compare_at=None, currency=currency)
    batch.offered.add(row.variant_id)
    result = RowResult(Outcome.CREATED)
    new = NewStockRecord(
        partner_id=batch.partner.pk,
        variant_id=row.variant_id,
        partner_sku=row.partner_sku,
        price=row.price,
        currency=currency,
        num_in_stock=row.num_in_stock or 0,
    )
    batch.new.append((result, new))
    return result


def _change(row: StockRow, record: StockRecord, batch: _Batch) -> RowResult:
    """Plan the change of a record that is there."""
    if row.variant_id not in (None, record.variant_id):
        detail = "This SKU of yours stands for another variant."
        raise RefusedRowError(RowFault(("variant",), "sku-taken", detail))
    level = batch.levels[record.pk]
    _check(
        row,
        num_in_stock=level.num_in_stock,
        compare_at=record.compare_at_price,
        currency=record.currency,
    )
    count = level.num_in_stock if row.num_in_stock is None else row.num_in_stock
    if count < level.num_allocated and not level.backorder:
        detail = f"{level.num_allocated} units are promised to orders."
        raise RefusedRowError(RowFault(("num_in_stock",), "below-allocated", detail))
    result = RowResult(Outcome.UNCHANGED, record.pk)
    if row.price not in (None, record.price):
        record.price = row.price
        batch.repriced.append(record)
        result.outcome = Outcome.UPDATED
    if count != level.num_in_stock:
        batch.movements.append(
            NewMovement(
                stock_record_id=record.pk,
                reason=StockMovement.Reason.COUNTED,
                source=batch.source,
                in_stock_delta=count - level.num_in_stock,
            )
        )
        result.outcome = Outcome.UPDATED
    return result


def _check(
    row: StockRow, *, num_in_stock: int, compare_at: Decimal | None, currency: str
) -> None:
    """Refuse an expectation that is wrong, or a price that cannot be."""
    try:
        refuse_unexpected(num_in_stock, row.expected)
        if row.price is not None:
            check_prices(row.price, compare_at, currency)
    except StockChangedError as error:
        raise RefusedRowError(_fault("expected", error)) from error
    except PriceError as error:
        raise RefusedRowError(_fault("price", error)) from error


def _fault(name: str, error: DomainError) -> RowFault:
    return RowFault((name,), error.code, error.detail)


def _store(batch: _Batch, actor: User | None) -> None:
    """Write what was planned, as one step of the history."""
    with recorded("Offers written in bulk.", actor=actor, batch=new_public_id()):
        _store_planned(batch, actor)


def _store_planned(batch: _Batch, actor: User | None) -> None:
    """Write what was planned, levels last but for the lists."""
    made = store_stock_records(
        [new for _, new in batch.new], source=batch.source, actor=actor
    )
    for (result, _), record in zip(batch.new, made, strict=True):
        result.stock_record_id = record.pk
    _reprice(batch.repriced)
    record_movements(
        batch.movements,
        actor=actor,
        reoffered=[record.pk for record in (*made, *batch.repriced)],
    )


def _reprice(records: list[StockRecord]) -> None:
    """Ask the new prices of the records; a statement for each 500."""
    for some in batched(records, BATCH):
        StockRecord.objects.reprice({record.pk: record.price for record in some})
    if records:
        renew_prices(records)
        stored = StockRecord.objects.filter(pk__in=[each.pk for each in records])
        record_all(list(stored))


def purge_imports() -> int:
    """Delete answers older than their idempotency keys, some at a time; count them."""
    return purge_answers(StockImport)
