from decimal import Decimal

from django.db import IntegrityError
from django.test import TestCase, TransactionTestCase

from tax.models import TaxClass, TaxRate
from tax.services import make_default
from tests.processes import race
from tests.tax.factories import make_tax_class


class MakeDefaultTests(TestCase):
    """tax.services.make_default"""

    def test_the_default_moves(self) -> None:
        first, second = make_tax_class("first"), make_tax_class("second")
        self.assertEqual(TaxClass.objects.get(is_default=True), first)
        make_default(second)
        make_default(second)
        self.assertEqual(TaxClass.objects.get(is_default=True), second)


class MakeDefaultRaceTests(TransactionTestCase):
    """make_default in four processes at once"""

    def test_one_default_is_left(self) -> None:
        classes = [make_tax_class(f"class-{number}") for number in range(4)]
        outcomes = race(
            "tests.tax.racers.take_over", [{"pk": each.pk} for each in classes]
        )
        self.assertEqual([outcome.error for outcome in outcomes], [None] * 4)
        self.assertEqual(TaxClass.objects.filter(is_default=True).count(), 1)


class TaxTableTests(TestCase):
    """What the database itself refuses"""

    def test_a_second_default(self) -> None:
        make_tax_class()
        with self.assertRaisesMessage(IntegrityError, "is_default"):
            TaxClass.objects.create(code="other", is_default=True)

    def test_a_default_that_is_false(self) -> None:
        with self.assertRaisesMessage(IntegrityError, "taxclass_default_true_or_null"):
            TaxClass.objects.create(code="other", is_default=False)

    def test_a_rate_twice_for_one_place(self) -> None:
        standard = make_tax_class(AT="20")
        with self.assertRaisesMessage(IntegrityError, "taxrate_place_once"):
            TaxRate.objects.create(tax_class=standard, country="AT", percent=10)

    def test_a_percentage_that_is_none(self) -> None:
        standard = make_tax_class()
        with self.assertRaisesMessage(IntegrityError, "taxrate_percent_0_to_100"):
            TaxRate.objects.create(tax_class=standard, percent=Decimal("100.001"))

    def test_a_region_of_no_country(self) -> None:
        standard = make_tax_class()
        with self.assertRaisesMessage(IntegrityError, "taxrate_region_of_a_country"):
            TaxRate.objects.create(tax_class=standard, region="Texas", percent=1)
