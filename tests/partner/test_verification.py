from io import StringIO

from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings

from catalogue.models import ProductSummary
from partner import checks
from partner.models import StockLevel, StockMovement, StockRecord
from partner.selectors import claimed_units, find_discrepancies
from partner.services import take_stock, verify_stock
from tests.partner.factories import StockRecordFactory

WAITING: dict[int, int] = {}


def claims(_pks: object) -> dict[int, int]:
    return WAITING


@override_settings(STOCK_CLAIMS=(f"{__name__}.claims", f"{__name__}.claims"))
class VerifyTests(TestCase):
    """Levels, their movements, and who waits for units."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.right = StockRecordFactory(num_in_stock=10).pk
        cls.pk = StockRecordFactory(num_in_stock=10).pk
        take_stock({cls.right: 4, cls.pk: 4}, source="order:1")

    def setUp(self) -> None:
        WAITING.clear()
        WAITING.update({self.right: 2, self.pk: 2})  # told by two providers
        self.addCleanup(WAITING.clear)

    def verify(self, *options: str) -> str:
        out = StringIO()
        try:
            call_command("stock", "verify", *options, stdout=out)
        except CommandError as error:
            out.write(f"{error}\n")
        return out.getvalue()

    def spoil(self, **fields: object) -> None:
        StockLevel.objects.filter(pk=self.pk).update(**fields)

    def level(self) -> tuple[int, int]:
        level = StockLevel.objects.get(pk=self.pk)
        return level.num_in_stock, level.num_allocated

    def test_all_is_well(self) -> None:
        told = "Every level agrees with its movements and with open orders.\n"
        self.assertEqual(self.verify(), told)
        self.assertEqual(self.verify("--repair"), told)
        self.assertEqual(StockMovement.objects.count(), 4)

    def test_level_and_movements(self) -> None:
        self.spoil(num_in_stock=7)
        told = (
            f"stock record {self.pk}: 7 in stock and 4 promised; movements say 10"
            " and 4; open orders wait for 4"
        )
        failed = "1 levels disagree with their movements or with open orders.\n"
        self.assertEqual(self.verify(), f"{told}\n{failed}")
        self.assertEqual(self.verify(), f"{told}\n{failed}")  # and wrote nothing
        with self.assertLogs("partner.services.verification", "WARNING"):
            repaired = self.verify("--repair")
        self.assertIn(f"{told}; corrected to 7 and 4\n", repaired)
        self.assertEqual(self.level(), (7, 4))
        movement = StockMovement.objects.filter(stock_record=self.pk).first()
        self.assertEqual(
            (movement.reason, movement.in_stock_delta, movement.allocated_delta),
            ("correction", -3, 0),
        )
        self.assertEqual(find_discrepancies(), [])
        self.assertIn("Every level agrees", self.verify())

    def test_promises_and_orders(self) -> None:
        WAITING[self.pk] = 1
        self.assertIn("10 in stock and 4 promised", self.verify())
        with self.assertLogs("partner.services.verification", "WARNING"):
            self.verify("--repair")
        self.assertEqual(self.level(), (10, 2))
        self.assertEqual(find_discrepancies(), [])
        self.assertIn("Every level agrees", self.verify())

    def test_promises_nobody_waits_for_free_their_units(self) -> None:
        take_stock({self.pk: 6}, source="order:2")
        product = StockRecord.objects.get(pk=self.pk).variant.product
        self.assertFalse(ProductSummary.objects.get(product=product).in_stock)
        with self.assertLogs("partner.services.verification", "WARNING"):
            self.verify("--repair")
        self.assertTrue(ProductSummary.objects.get(product=product).in_stock)

    def test_an_oversold_level_is_left_to_people(self) -> None:
        WAITING[self.pk] = 6
        told = self.verify("--repair")
        self.assertIn("oversold: count it, allow backorders, or cancel orders", told)
        self.assertIn("1 levels disagree", told)
        self.assertEqual(self.level(), (10, 4))
        self.spoil(backorder=True)
        with self.assertLogs("partner.services.verification", "WARNING"):
            self.verify("--repair")
        self.assertEqual(self.level(), (10, 12))

    def test_statements_do_not_grow_with_findings(self) -> None:
        WAITING.clear()
        for number in (2, 10):
            pks = [StockRecordFactory().pk for _ in range(number)]
            take_stock(dict.fromkeys(pks, 1), source=f"order:{number}")
            # Levels and movements, promises; savepoint, locks, sums, release.
            with self.assertNumQueries(6):
                verify_stock()

    def test_claims_of_several_are_added(self) -> None:
        self.assertEqual(claimed_units([self.pk])[self.pk], 4)


class CheckTests(TestCase):
    """check_stock_claims"""

    def test_the_projects_own_settings_pass(self) -> None:
        self.assertEqual(checks.check_stock_claims(), [])

    @override_settings(STOCK_CLAIMS=("orders.nowhere.units",))
    def test_what_does_not_import_is_named(self) -> None:
        (error,) = checks.check_stock_claims()
        self.assertEqual(
            (error.id, error.hint),
            ("partner.E001", "STOCK_CLAIMS names 'orders.nowhere.units'"),
        )
