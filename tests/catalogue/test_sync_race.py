from django.test import TransactionTestCase
from django.urls import reverse

from catalogue.services import number_changes, update_product
from tests.catalogue.factories import ProductFactory, VariantFactory
from tests.catalogue.racers import LAST_TITLE
from tests.partner.factories import StockRecordFactory
from tests.processes import Running, race

WRITERS = 4
UNLIMITED = {"RATE_PER_MINUTE": "65535/min"}


class SyncRaceTests(TransactionTestCase):
    """A client keeps a copy while processes commit in any order."""

    def test_the_copy_is_the_list_in_the_end(self) -> None:
        marker = ProductFactory(title="Marker").pk
        own = [
            [row.pk for row in ProductFactory.create_batch(8)] for _ in range(WRITERS)
        ]
        records = [
            StockRecordFactory(variant=VariantFactory(), price=1).pk for _ in range(4)
        ]
        held = StockRecordFactory(variant=VariantFactory(), price=1)
        number_changes()
        package = "tests.catalogue.racers"
        reading = Running(f"{package}.keep_copy", [{"marker": marker}], extra=UNLIMITED)
        holding = Running(f"{package}.hold_change", [{"record": held.pk}])
        with reading, holding:
            reading.wait_for("syncing")
            holding.wait_for("holding")
            calls = [
                {"seed": seed, "own": own[seed], "records": records}
                for seed in range(WRITERS)
            ]
            written = race(f"{package}.change_products", calls)
            (passed,) = holding.outcomes()
            update_product(marker, title=LAST_TITLE)
            number_changes()
            (copy,) = reading.outcomes()

        errors = [each.error for each in (*written, passed, copy)]
        self.assertEqual(errors, [None] * (WRITERS + 2))
        self.assertGreaterEqual(passed.value, 10)  # numbers given out meanwhile
        url = reverse("catalogue:product-list")
        listed = self.client.get(url, {"page_size": 100}).json()["results"]
        rows = {str(row["id"]): row for row in listed}
        self.assertEqual(rows[str(held.variant.product_id)]["price_from"], "12.34")
        self.maxDiff = None
        self.assertEqual(copy.value, rows)
