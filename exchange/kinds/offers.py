"""Stock and prices, by partner and the partner's SKU."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from import_export.fields import Field

from catalogue.models import Variant
from exchange.cells import Amount, Code, CodeName, Text, Whole
from exchange.kinds.base import Kind, Line, Outcome, RowError, Scope
from exchange.kinds.reading import in_chunks, products_in
from partner.models import Partner, StockRecord
from partner.services import StockRow, write_stock_rows

COLUMNS_OF = {"expected": "num_in_stock", "partner": "partner"}


@dataclass(slots=True)
class _Loaded:
    """What a chunk names."""

    partners: dict[str, Partner]  # by code, those the actor may write for
    variants: dict[str, int]  # SKU -> id


class OfferKind(Kind):
    """What partners offer; written by the service that their API uses."""

    keys = ("partner", "partner_sku")
    view = "partner.view_stockrecord"
    change = "partner.change_stockrecord"
    create = "partner.add_stockrecord"

    def load(self, lines: Sequence[Line], scope: Scope) -> _Loaded:
        """Read partners, offers and variants; 3 queries."""
        partners = Partner.objects.filter(
            code__in={line.values["partner"] for line in lines}
        )
        if scope.partner_ids is not None:
            partners = partners.filter(pk__in=scope.partner_ids)
        named = {each.code: each for each in partners}
        records = StockRecord.objects.filter(
            partner__in=named.values(),
            partner_sku__in={line.values["partner_sku"] for line in lines},
        ).select_related("partner", "variant", "level")
        found = {
            (record.partner.code, record.partner_sku): record for record in records
        }
        for line in lines:
            line.found = found.get((line.values["partner"], line.values["partner_sku"]))
        skus = [line.values["variant"] for line in lines if line.values.get("variant")]
        variants = Variant.objects.filter(sku__in=skus).order_by()
        return _Loaded(named, dict(variants.values_list("sku", "pk")))

    def judge_one(self, line: Line, loaded: _Loaded, scope: Scope) -> None:
        """Refuse a partner that is not the actor's; the service judges the rest."""
        if line.values["partner"] not in loaded.partners:
            detail = "There is no such partner."
            raise RowError(detail, "partner")
        sku = line.values.get("variant")
        if sku and sku not in loaded.variants:
            detail = "There is no such variant."
            raise RowError(detail, "variant")
        if line.found is not None and sku not in (None, "", line.found.variant.sku):
            detail = "This SKU stands for another variant."
            raise RowError(detail, "variant")
        self.compare(line, skip=("variant",))

    def judge(self, lines: Sequence[Line], scope: Scope) -> _Loaded:
        """Ask the service as well what it would do; 6 queries for each partner."""
        loaded: _Loaded = super().judge(lines, scope)
        self._write(lines, loaded, scope, is_dry_run=True)
        return loaded

    def store(self, lines: Sequence[Line], loaded: _Loaded, scope: Scope) -> None:
        """Have the service write the rows, partner by partner.

        What it refuses now, since somebody sold or counted meanwhile, is an error.
        """
        self._write(lines, loaded, scope, is_dry_run=False)

    def _write(
        self, lines: Sequence[Line], loaded: _Loaded, scope: Scope, *, is_dry_run: bool
    ) -> None:
        of_partner: defaultdict[str, list[Line]] = defaultdict(list)
        for line in lines:
            if line.is_wanted:
                of_partner[line.values["partner"]].append(line)
        ordered = sorted(of_partner, key=lambda code: loaded.partners[code].pk)
        for code in ordered:
            results = write_stock_rows(
                loaded.partners[code],
                {line.number: self._row(line, loaded) for line in of_partner[code]},
                source=scope.source,
                actor=scope.actor,
                is_dry_run=is_dry_run,
            )
            for line in of_partner[code]:
                for fault in results[line.number].faults:
                    name = str(fault.path[0])
                    line.refuse(COLUMNS_OF.get(name, name), fault.detail)

    def _row(self, line: Line, loaded: _Loaded) -> StockRow:
        """Return what the service is told of a row."""
        raise NotImplementedError

    def stored_rows(self, scope: Scope) -> Iterator[dict[str, Any]]:
        """Yield the offers the reader may see; a query for each 500."""
        rows = StockRecord.objects.select_related("partner", "variant", "level")
        if scope.partner_ids is not None:
            rows = rows.filter(partner__in=scope.partner_ids)
        if scope.category_id is not None:
            rows = rows.filter(variant__product__in=products_in(scope.category_id))
        yield from map(self.row_of, in_chunks(rows))


class StockKind(OfferKind):
    """How many units there are; promised units are never touched."""

    name = "stock"
    label = "Stock"

    partner = Field("partner__code", "partner", CodeName(64, is_required=True))
    partner_sku = Field("partner_sku", "partner_sku", Code(64, is_required=True))
    num_in_stock = Field("level__num_in_stock", "num_in_stock", Whole())

    def judge_one(self, line: Line, loaded: _Loaded, scope: Scope) -> None:
        """Refuse an offer that is not there: it begins with a price."""
        if line.found is None and line.values["partner"] in loaded.partners:
            detail = "There is no such offer. Import its price and variant first."
            raise RowError(detail, "partner_sku")
        if line.values.get("num_in_stock", ...) is None:
            detail = "A count was expected."
            raise RowError(detail, "num_in_stock")
        super().judge_one(line, loaded, scope)

    def _row(self, line: Line, loaded: _Loaded) -> StockRow:
        values: Mapping[str, Any] = line.values
        return StockRow(
            partner_sku=values["partner_sku"], num_in_stock=values.get("num_in_stock")
        )


class PriceKind(OfferKind):
    """What is asked; a new row makes an offer, with nothing in stock."""

    name = "prices"
    label = "Prices and offers"

    partner = Field("partner__code", "partner", CodeName(64, is_required=True))
    partner_sku = Field("partner_sku", "partner_sku", Code(64, is_required=True))
    variant = Field("variant__sku", "variant", CodeName(64))
    price = Field("price", "price", Amount())
    currency = Field("currency", "currency", Text(3))

    def judge_one(self, line: Line, loaded: _Loaded, scope: Scope) -> None:
        """Refuse another currency than the offer's, and a new offer without a price."""
        if line.values.get("price", ...) is None:
            detail = "A price was expected."
            raise RowError(detail, "price")
        currency = settings.SHOP_CURRENCY
        if line.found is not None:
            currency = line.found.currency
        if line.values.get("currency") not in (None, "", currency):
            msg = f"It is sold in {currency}."
            raise RowError(msg, "currency")
        line.values.pop("currency", None)
        super().judge_one(line, loaded, scope)
        if line.outcome == Outcome.CREATED and not line.values.get("variant"):
            detail = "A new offer needs a variant."
            raise RowError(detail, "variant")

    def _row(self, line: Line, loaded: _Loaded) -> StockRow:
        values: Mapping[str, Any] = line.values
        return StockRow(
            partner_sku=values["partner_sku"],
            price=values.get("price"),
            variant_id=loaded.variants.get(values.get("variant", "")),
        )
