import datetime as dt
from decimal import Decimal

from django.test import SimpleTestCase

from catalogue.attributes import clean_attributes, label_of
from catalogue.errors import InvalidAttributesError
from catalogue.models import AttributeDefinition
from tests.catalogue.factories import AttributeDefinitionFactory

Kind = AttributeDefinition.Kind
FORMATS = [{"value": "bd", "label": "Blu-ray"}, {"value": "dvd", "label": "DVD"}]


def definition(kind: Kind, **fields: object) -> AttributeDefinition:
    return AttributeDefinitionFactory.build(
        product_type=None, code="a", kind=kind, **fields
    )


class CleanAttributesTests(SimpleTestCase):
    """Values are checked and stored as their kind wants it."""

    def test_good_values(self) -> None:
        for kind, given, stored in (
            (Kind.TEXT, "Fritz Lang", "Fritz Lang"),
            (Kind.INTEGER, 153, 153),
            (Kind.INTEGER, "153", 153),
            (Kind.DECIMAL, "8.30", "8.30"),
            (Kind.DECIMAL, Decimal("8.3"), "8.3"),
            (Kind.DECIMAL, 8.3, "8.3"),
            (Kind.DECIMAL, "1e2", "100"),
            (Kind.BOOLEAN, False, False),
            (Kind.BOOLEAN, "true", True),
            (Kind.BOOLEAN, "false", False),
            (Kind.DATE, "1927-01-10", "1927-01-10"),
            (Kind.DATE, dt.date(1927, 1, 10), "1927-01-10"),
            (Kind.CHOICE, "dvd", "dvd"),
        ):
            with self.subTest(kind=kind, given=given):
                row = definition(kind, options=FORMATS)
                self.assertEqual(clean_attributes([row], {"a": given}), {"a": stored})

    def test_bad_values(self) -> None:
        for kind, given in (
            (Kind.TEXT, 5),
            (Kind.INTEGER, "1.5"),
            (Kind.INTEGER, True),
            (Kind.INTEGER, 2**53),
            (Kind.DECIMAL, "NaN"),
            (Kind.DECIMAL, "Infinity"),
            (Kind.DECIMAL, "eight"),
            (Kind.BOOLEAN, "yes"),
            (Kind.BOOLEAN, 1),
            (Kind.DATE, "1927-02-30"),
            (Kind.DATE, dt.datetime(1927, 1, 10, tzinfo=dt.UTC)),
            (Kind.CHOICE, "vhs"),
            (Kind.CHOICE, ["dvd"]),
        ):
            with self.subTest(kind=kind, given=given):
                row = definition(kind, options=FORMATS)
                with self.assertRaises(InvalidAttributesError) as caught:
                    clean_attributes([row], {"a": given})
                faults = caught.exception.extra["attributes"]
                self.assertEqual([fault["code"] for fault in faults], ["a"])

    def test_no_value_is_left_out(self) -> None:
        row = definition(Kind.TEXT)
        for given in ({}, {"a": None}, {"a": ""}):
            self.assertEqual(clean_attributes([row], given), {})

    def test_required_and_unknown_are_both_named(self) -> None:
        row = definition(Kind.TEXT, is_required=True)
        with self.assertRaises(InvalidAttributesError) as caught:
            clean_attributes([row], {"b": "x"})
        self.assertEqual(
            caught.exception.extra["attributes"],
            [
                {"code": "a", "detail": "Required."},
                {"code": "b", "detail": "Unknown attribute."},
            ],
        )


class LabelTests(SimpleTestCase):
    """What a page shows for a value."""

    def test_labels(self) -> None:
        for kind, value, label in (
            (Kind.CHOICE, "bd", "Blu-ray"),
            (Kind.CHOICE, "gone", "gone"),
            (Kind.BOOLEAN, True, "yes"),
            (Kind.INTEGER, 153, "153"),
        ):
            with self.subTest(value=value):
                row = definition(kind, options=FORMATS)
                self.assertEqual(label_of(row, value), label)


class DecimalLengthTests(SimpleTestCase):
    def test_a_number_longer_than_a_page_is_refused(self) -> None:
        score = AttributeDefinition(code="score", kind="decimal")
        for value in ("1E+1000000", "1E-1000000"):
            with self.assertRaises(InvalidAttributesError):
                clean_attributes([score], {"score": value})
        self.assertEqual(
            clean_attributes([score], {"score": "1E+3"}), {"score": "1000"}
        )
