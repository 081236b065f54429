"""Writes to stock records: what partners ask for variants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import EllipsisType

from django.utils import timezone

from catalogue.models import Variant
from catalogue.services import announce_changes
from custom.history import record_all, record_deletions, recorded
from custom.locks import lock_named
from custom.money import places
from custom.transactions import transactional
from partner.errors import AlreadyOfferedError, PriceError, SkuTakenError
from partner.models import (
    Partner,
    StockLevel,
    StockMovement,
    StockPrice,
    StockRecord,
)
from partner.services.levels import refresh_lists
from partner.services.summaries import refresh_summaries
from users.models import User

BATCH = 1000  # rows of one INSERT
REWRITTEN = frozenset({"price", "compare_at_price", "low_stock_threshold"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStockRecord:
    """An offer to be made, with its first count."""

    partner_id: int
    variant_id: int
    partner_sku: str
    price: Decimal
    currency: str
    compare_at_price: Decimal | None = None
    low_stock_threshold: int | None = None
    num_in_stock: int = 0
    backorder: bool = False


@transactional
def create_stock_record(  # noqa: PLR0913 - keywords only
    *,
    partner: Partner,
    variant: Variant,
    partner_sku: str,
    price: Decimal,
    currency: str,
    source: str,
    compare_at_price: Decimal | None = None,
    low_stock_threshold: int | None = None,
    num_in_stock: int = 0,
    backorder: bool = False,
    actor: User | None = None,
    reason: str = "",
) -> StockRecord:
    """Offer a variant: the record, its level, its first movement and price.

    Raises:
        PriceError: The price breaks a rule.
        SkuTakenError: The partner has this SKU already.
        AlreadyOfferedError: The partner offers this variant already.

    Whatever is raised, nothing is stored.
    """
    lock_offers(partner.pk)
    _refuse_taken_sku(partner.pk, partner_sku)
    if StockRecord.objects.filter(partner=partner, variant=variant).exists():
        msg = "You offer this variant already, under another SKU of yours."
        raise AlreadyOfferedError(msg)
    new = NewStockRecord(
        partner_id=partner.pk,
        variant_id=variant.pk,
        partner_sku=partner_sku,
        price=price,
        currency=currency,
        compare_at_price=compare_at_price,
        low_stock_threshold=low_stock_threshold,
        num_in_stock=num_in_stock,
        backorder=backorder,
    )
    with recorded(reason or "Offer created.", actor=actor):
        (record,) = create_stock_records([new], source=source, actor=actor)
    return record


@transactional
def create_stock_records(
    rows: Sequence[NewStockRecord], *, source: str, actor: User | None = None
) -> list[StockRecord]:
    """Make many offers; a fixed number of statements for each 500.

    Versions are kept where the caller has opened ``history.recorded``.

    The caller vouches that no partner has any of the SKUs or variants yet.

    Returns:
        The records in the order of ``rows``.

    Raises:
        PriceError: A price breaks a rule; nothing is stored.
    """
    records = store_stock_records(rows, source=source, actor=actor)
    refresh_lists(record.pk for record in records)
    return records


def store_stock_records(
    rows: Sequence[NewStockRecord], *, source: str, actor: User | None
) -> list[StockRecord]:
    """Insert offers as ``create_stock_records`` does, and leave the lists alone."""
    records = [_new_record(row) for row in rows]
    StockRecord.objects.bulk_create(records, batch_size=BATCH)
    record_all(records, created=True)
    made = list(zip(rows, records, strict=True))
    StockLevel.objects.bulk_create(
        [
            StockLevel(
                stock_record=record,
                num_in_stock=row.num_in_stock,
                backorder=row.backorder,
            )
            for row, record in made
        ],
        batch_size=BATCH,
    )
    StockMovement.objects.bulk_create(
        [
            StockMovement(
                stock_record=record,
                in_stock_delta=row.num_in_stock,
                reason=StockMovement.Reason.INITIAL,
                source=source,
                actor=actor,
            )
            for row, record in made
        ],
        batch_size=BATCH,
    )
    now = timezone.now()
    StockPrice.objects.bulk_create(
        [_present_price(record, now) for record in records], batch_size=BATCH
    )
    return records


@transactional
def update_stock_record(
    stock_record_id: int,
    *,
    price: Decimal | None = None,
    compare_at_price: Decimal | EllipsisType | None = ...,
    partner_sku: str | None = None,
    low_stock_threshold: int | EllipsisType | None = ...,
) -> StockRecord:
    """Change what a record asks; what is left out stays. Locks the record.

    Raises:
        PriceError: The new prices break a rule; nothing is changed.
        SkuTakenError: The partner has another record under the new SKU; nothing is
            changed.
    """
    if partner_sku is not None:
        found = StockRecord.objects.get(pk=stock_record_id)
        if found.partner_sku != partner_sku:
            lock_offers(found.partner_id)
            _refuse_taken_sku(found.partner_id, partner_sku)
    record = StockRecord.objects.select_for_update().get(pk=stock_record_id)
    former = record.price
    if price is not None:
        record.price = price
    if not isinstance(compare_at_price, EllipsisType):
        record.compare_at_price = compare_at_price
    if partner_sku is not None:
        record.partner_sku = partner_sku
    if not isinstance(low_stock_threshold, EllipsisType):
        record.low_stock_threshold = low_stock_threshold
    check_prices(record.price, record.compare_at_price, record.currency)
    record.version += 1
    if record.price != former:
        renew_prices([record])
    with recorded("Offer changed."):
        record.save()  # its signal refreshes the product's summary
    return record


@transactional
def rewrite_stock_records(changes: Mapping[int, Mapping[str, object]]) -> None:
    """Change what many records ask; a fixed number of statements for each 1000.

    Locks the records. Versions are kept where the caller has opened
    ``history.recorded``.

    Args:
        changes: Id of a record -> ``price``, ``compare_at_price`` and
            ``low_stock_threshold``, as far as they change.

    Raises:
        PriceError: Prices break a rule; nothing is changed.
    """
    if not changes:
        return
    records = StockRecord.objects.lock(changes)
    former = {record.pk: record.price for record in records}
    now = timezone.now()
    for record in records:
        for name in REWRITTEN & changes[record.pk].keys():
            setattr(record, name, changes[record.pk][name])
        check_prices(record.price, record.compare_at_price, record.currency)
        record.version += 1
        record.updated_at = now
    StockRecord.objects.bulk_create(
        records,
        update_conflicts=True,
        update_fields=[*sorted(REWRITTEN), "version", "updated_at"],
        batch_size=BATCH,
    )
    repriced = [each for each in records if each.price != former[each.pk]]
    if repriced:
        renew_prices(repriced)
    record_all(records)
    refresh_lists(former)


@transactional
def take_back(stock_record_ids: Sequence[int]) -> None:
    """Delete locked offers of which nothing has moved but the first count.

    Recorded where the caller has opened ``history.recorded``.
    """
    records = StockRecord.objects.filter(pk__in=stock_record_ids)
    products = set(records.order_by().values_list("variant__product", flat=True))
    record_deletions(list(records))
    StockMovement.objects.filter(stock_record__in=records).delete()
    records.delete()
    refresh_summaries(products)
    announce_changes(products)


def renew_prices(records: Sequence[StockRecord]) -> None:
    """Close the records' open prices and open their present ones; 2 statements."""
    now = timezone.now()
    open_spans = StockPrice.objects.open().filter(stock_record__in=records)
    open_spans.update(valid_until=now)
    StockPrice.objects.bulk_create(
        [_present_price(record, now) for record in records], batch_size=BATCH
    )


def lock_offers(partner_id: int) -> None:
    """Let nobody else give out this partner's SKUs until the transaction ends."""
    lock_named(f"partner-offers:{partner_id}")


def _refuse_taken_sku(partner_id: int, partner_sku: str) -> None:
    """Raise if the partner has a record under the SKU; 1 query."""
    if StockRecord.objects.filter(partner=partner_id, partner_sku=partner_sku).exists():
        msg = f"You have a stock record {partner_sku} already."
        raise SkuTakenError(msg)


def check_prices(price: Decimal, compare_at: Decimal | None, currency: str) -> None:
    """Refuse prices that cannot be shown or paid.

    Raises:
        PriceError: See the class.
    """
    for amount in (price, compare_at):
        if amount is not None and amount < 0:
            msg = "A price cannot be below 0."
            raise PriceError(msg)
        if amount is not None and amount != round(amount, places(currency)):
            msg = f"A price in {currency} has at most {places(currency)} places."
            raise PriceError(msg)
    if compare_at is not None and compare_at < price:
        msg = "The price before a reduction cannot be below the price."
        raise PriceError(msg)


def _new_record(row: NewStockRecord) -> StockRecord:
    """Check a row and return its record, still to be stored."""
    check_prices(row.price, row.compare_at_price, row.currency)
    return StockRecord(
        partner_id=row.partner_id,
        variant_id=row.variant_id,
        partner_sku=row.partner_sku,
        price=row.price,
        compare_at_price=row.compare_at_price,
        currency=row.currency,
        low_stock_threshold=row.low_stock_threshold,
    )


def _present_price(record: StockRecord, since: datetime) -> StockPrice:
    """Return the span that begins with a record's price, still to be stored."""
    return StockPrice(
        stock_record=record,
        price=record.price,
        currency=record.currency,
        valid_from=since,
    )
