"""Steps as imports leave them, and a process that undoes one of them.

python -m script.benches._undo_steps BATCH
"""

import json
import resource
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial

import django

if __name__ == "__main__":
    django.setup()

from decimal import Decimal

from catalogue.models import Product, ProductType, Variant
from catalogue.services import NewProduct, NewVariant, create_category, create_products
from catalogue.services.rows import (
    ProductChange,
    VariantChange,
    rewrite_products,
    rewrite_variants,
)
from custom.batching import batched
from custom.history import recorded
from custom.history.undoing import advance_undo, start_undo
from custom.models import HistoryUndo
from custom.transactions import run_in_transaction
from partner.models import Partner, StockRecord
from partner.services.offers import (
    NewStockRecord,
    create_stock_records,
    rewrite_stock_records,
)

CHUNK = 500


class Shop:
    """Products in a category, each with a variant that a partner offers."""

    def __init__(self, count: int) -> None:
        self.type = ProductType.objects.create(name="Film", code="film")
        self.category = create_category(name="Film")
        self.partner = Partner.objects.create(name="One", code="one")
        self._steps: dict[str, Callable[..., object]] = {
            "products": self._retitle,
            "variants": self._rename,
            "prices": self._reprice,
            "new products": self._make,
        }
        self._run(None, range(count), self._make_offered)
        self._products = list(Product.objects.values_list("pk", flat=True))

    def change(self, what: str, count: int) -> str:
        """Carry out a step of so many rows; return its batch."""
        batch = uuid.uuid4()
        self._run(
            batch, self._products[:count], partial(self._steps[what], told=batch.hex)
        )
        return str(batch)

    def _run(
        self,
        batch: uuid.UUID | None,
        keys: Sequence[int],
        work: Callable[[Sequence[int]], object],
    ) -> None:
        def carry_out(some: Sequence[int]) -> None:
            with recorded("Import.", batch=batch):
                work(some)

        for some in batched(list(keys), CHUNK):
            run_in_transaction(partial(carry_out, some))

    def _make(self, keys: Sequence[int], told: str) -> list[Product]:
        new = [
            NewProduct(
                title=f"Film {key}",
                variants=[NewVariant(sku=f"{told[:12]}-{key}")],
                categories=[self.category],
            )
            for key in keys
        ]
        slugs = [f"film-{told[:12]}-{key}" for key in keys]
        return create_products(new, product_type=self.type, slugs=slugs)

    def _make_offered(self, keys: Sequence[int]) -> None:
        made = self._make(keys, "first")
        variants = Variant.objects.filter(product__in=made)
        rows = [
            NewStockRecord(
                partner_id=self.partner.pk,
                variant_id=variant.pk,
                partner_sku=variant.sku,
                price=Decimal(10),
                currency="EUR",
                num_in_stock=5,
            )
            for variant in variants
        ]
        create_stock_records(rows, source="bench")

    def _retitle(self, keys: Sequence[int], told: str) -> None:
        rewrite_products(
            [
                ProductChange(
                    product_id=key,
                    values={
                        "title": f"Changed {key}",
                        "description": f"In step {told}.",
                    },
                )
                for key in keys
            ]
        )

    def _rename(self, keys: Sequence[int], told: str) -> None:
        found = Variant.objects.filter(product__in=keys)
        rewrite_variants(
            [],
            [
                VariantChange(variant_id=pk, values={"title": told})
                for pk in found.values_list("pk", flat=True)
            ],
        )

    def _reprice(self, keys: Sequence[int], told: str) -> None:
        found = StockRecord.objects.filter(variant__product__in=keys)
        pks = found.values_list("pk", flat=True)
        rewrite_stock_records({pk: {"price": Decimal(20)} for pk in pks})


def undo(batch: uuid.UUID) -> dict[str, float]:
    """Undo a step; tell how many rows, seconds, and the most memory in KB."""
    start, spent = time.perf_counter(), time.process_time()
    start_undo(batch)
    advance_undo(batch, seconds=3600)
    found = HistoryUndo.objects.get(batch=batch)
    return {
        "rows": found.num_rows,
        "restored": found.num_restored,
        "seconds": time.perf_counter() - start,
        "python": time.process_time() - spent,
        "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }


if __name__ == "__main__":
    print(json.dumps(undo(uuid.UUID(sys.argv[1]))))
