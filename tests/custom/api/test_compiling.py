"""Each kind of field is shown by what is written of it as by the field itself."""

import linecache
import traceback
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, ClassVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.test import SimpleTestCase
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from custom.api import compiling
from custom.api.fields import MoneyField
from custom.api.output import OutputSerializer
from custom.api.selecting import read_selection
from tests.compiled import typed


class State(models.TextChoices):
    """Texts that are none exactly."""

    OPEN = "open"
    SHUT = "shut"


class Size(models.IntegerChoices):
    """Numbers that are none exactly."""

    SMALL = 1
    LARGE = 2


class Called:
    """May be called, but not by REST framework."""

    def __call__(self) -> int:
        """Return what nobody asks for."""
        return 1


def asks(value: object) -> object:
    return value


NOON = datetime(2026, 11, 26, 12, 0, 0, 999, tzinfo=UTC)
ELSEWHERE = timezone(timedelta(hours=5))
KEY = uuid.UUID(int=7)
CALLABLES = (lambda: "open", lambda: None, Called(), asks, len)
VALUES = (
    None,
    *("", "open", "other", "3", "1.5", "true", "null", mark_safe("<b>")),
    *(gettext_lazy("open"), State.OPEN, Size.LARGE),
    *(0, 1, 3, -(2**70), True, False, 1.0, 2.5),
    *(Decimal("3.45"), Decimal("3.456"), Decimal("3.4"), Decimal("-0.00")),
    *(Decimal("123.45"), Decimal("9.99"), Decimal("NaN"), Decimal("1E+3")),
    *(NOON, NOON.astimezone(ELSEWHERE), NOON.replace(tzinfo=None)),
    *(date(2026, 1, 1), time(1, 2), timedelta(hours=1), KEY),
    *(["a", None, 1], ("a",), {"a": 1, 2: None}, {"a": [KEY]}, []),
    *CALLABLES,
)
FIELDS: dict[str, Callable[..., Any]] = {
    "text": serializers.CharField,
    "address": serializers.URLField,
    "number": serializers.IntegerField,
    "big": serializers.BigIntegerField,
    "big as text": lambda **o: serializers.BigIntegerField(coerce_to_string=True, **o),
    "float": serializers.FloatField,
    "truth": serializers.BooleanField,
    "choice": lambda **o: serializers.ChoiceField(State.choices, **o),
    "choice of members": lambda **o: serializers.ChoiceField(list(State), **o),
    "choice of numbers": lambda **o: serializers.ChoiceField([1, 3], **o),
    "choice of both": lambda **o: serializers.ChoiceField(["open", 3], **o),
    "choices": lambda **o: serializers.MultipleChoiceField(choices=["a"], **o),
    "decimal": lambda **o: serializers.DecimalField(3, 2, **o),
    "any decimal": lambda **o: serializers.DecimalField(None, None, **o),
    "short": lambda **o: serializers.DecimalField(5, 2, normalize_output=True, **o),
    "no text": lambda **o: serializers.DecimalField(5, 2, coerce_to_string=False, **o),
    "moment": serializers.DateTimeField,
    "iso": lambda **o: serializers.DateTimeField(format="iso-8601", **o),
    "day": serializers.DateField,
    "time": serializers.TimeField,
    "duration": serializers.DurationField,
    "key": serializers.UUIDField,
    "hex": lambda **o: serializers.UUIDField(format="hex", **o),
    "list": serializers.ListField,
    "numbers": lambda **o: serializers.ListField(child=serializers.IntegerField(), **o),
    "object": serializers.DictField,
    "json": serializers.JSONField,
    "binary": lambda **o: serializers.JSONField(binary=True, **o),
    "file": serializers.FileField,
    "as it is": lambda **_options: serializers.ReadOnlyField(),
    "money": MoneyField,
}
LACKS: dict[str, dict[str, Any]] = {
    "needed": {},
    "not needed": {"required": False},
    "null": {"allow_null": True},
    "with a default": {"default": "open"},
    "with a default to call": {"default": lambda: 3},
    "only read": {"read_only": True},
}


def outcome(show: Callable[[], object]) -> object:
    """Return what is shown, with all types, or how that fails."""
    try:
        return typed(show())
    except Exception as error:  # noqa: BLE001 - whatever it is, both have to do it
        return type(error), str(error)


def both(**members: Callable[[], Any]) -> tuple[Any, Any]:
    """Return REST framework's serializer of such members, and the compiled one."""
    kinds = (serializers.Serializer, OutputSerializer)
    plain, compiled = (
        type("Shown", (kind,), {name: make() for name, make in members.items()})
        for kind in kinds
    )
    return plain, compiled


def shapes_of(value: object) -> Iterator[Any]:
    """Yield an instance of each kind that has a value."""
    members = {"value": value, "currency": "EUR", "inner": {"value": value}}
    yield SimpleNamespace(**members)
    yield members
    yield OrderedDict(members)
    yield SimpleNamespace(**members | {"inner": SimpleNamespace(value=value)})


class Broken:
    """Fails for what it is asked."""

    faults: ClassVar = {
        "attribute": AttributeError("attribute"),
        "key": KeyError("key"),
        "kind": TypeError("kind"),
        "row": ObjectDoesNotExist("row"),
        "other": RuntimeError("other"),
    }

    def __init__(self, fault: str) -> None:
        self.fault = self.faults[fault]

    @property
    def value(self) -> object:
        """Fail."""
        raise self.fault


class FieldTests(SimpleTestCase):
    """Beside REST framework's own serializers"""

    def same(self, kinds: tuple[Any, Any], instance: object) -> None:
        plain, compiled = (
            outcome(lambda kind=kind: kind(context={}).to_representation(instance))
            for kind in kinds
        )
        self.assertEqual(str(compiled), str(plain))  # NaN is equal to nothing

    def test_values(self) -> None:
        for name, make in FIELDS.items():
            kinds = both(value=make)
            for value in VALUES:
                with self.subTest(name, value=value):
                    for instance in shapes_of(value):
                        self.same(kinds, instance)

    def test_paths(self) -> None:
        text = serializers.CharField
        for source in ("inner.value", "value.inner", "*"):
            kinds = both(shown=lambda source=source: text(source=source))
            for value in VALUES:
                with self.subTest(source, value=value):
                    for instance in shapes_of(value):
                        self.same(kinds, instance)

    def test_nested_serializers(self) -> None:
        plain, compiled = both(value=serializers.CharField)
        inner = SimpleNamespace(value="a")
        rows = [inner, {"value": None}, OrderedDict(value=3)]
        for many in (False, True):
            for lack, options in LACKS.items():
                kinds = tuple(
                    type(
                        "Outer",
                        (base,),
                        {
                            "value": kind(many=many, **options),
                            "inner": kind(source="*", required=False),
                            "deep": kind(source="inner.rows", many=True, default=()),
                        },
                    )
                    for base, kind in (
                        (serializers.Serializer, plain),
                        (OutputSerializer, compiled),
                    )
                )
                for value in (
                    *(None, inner, *rows, rows, tuple(rows), [], {}, "text", 3),
                    *(lambda: inner, lambda: rows, lambda: None, *CALLABLES),
                ):
                    with self.subTest(lack, many=many, value=value):
                        self.same(kinds, {"value": value, "inner": {"rows": rows}})
                        self.same(kinds, SimpleNamespace(value=value))
                self.same(kinds, {})
                self.same(kinds, SimpleNamespace())

    def test_names_that_are_no_identifiers(self) -> None:
        names = ("class", "@id", "a b", "it's", "None", "ﬁ", "value1")
        kinds = both(**dict.fromkeys(names, serializers.CharField))
        instance = dict.fromkeys(names, "x")
        self.same(kinds, instance)
        self.same(kinds, SimpleNamespace(**instance))
        self.same(kinds, SimpleNamespace(**instance | {"ﬁ": "y", "fi": "z"}))

    def test_what_is_not_there(self) -> None:
        for name, make in FIELDS.items():
            for lack, options in LACKS.items():
                if name == "money" and "default" in options:
                    continue  # it is only read
                kinds = both(
                    before=serializers.CharField,
                    value=lambda make=make, options=options: make(**options),
                    after=serializers.CharField,
                )
                with self.subTest(name, lack=lack):
                    there = {"before": "a", "after": "b"}
                    self.same(kinds, there)
                    self.same(kinds, SimpleNamespace(**there))
                    self.same(kinds, SimpleNamespace(**there, value=None))

    def test_properties_that_fail(self) -> None:
        for fault in Broken.faults:
            for lack, options in LACKS.items():
                with self.subTest(fault, lack=lack):
                    kinds = both(value=lambda o=options: serializers.CharField(**o))
                    self.same(kinds, Broken(fault))

    def test_currencies(self) -> None:
        for currency in ("EUR", "JPY", "KWD", "eur", "", None, 3, lambda: "JPY", len):
            for amount in (Decimal("9.995"), Decimal("-0.001"), 3, None):
                with self.subTest(currency=currency, amount=amount):
                    row = {"value": amount, "currency": currency}
                    kinds = both(value=MoneyField)
                    self.same(kinds, row)
                    self.same(kinds, SimpleNamespace(**row))
                    self.same(kinds, SimpleNamespace(value=amount))


class SourceTests(SimpleTestCase):
    """What is written"""

    def test_the_example_is_what_is_written(self) -> None:
        class ExampleSerializer(OutputSerializer[Any]):
            title = serializers.CharField()
            shelf = serializers.IntegerField(source="shelf.number")

        row = {"title": "Sketch", "shelf": {"number": 1}}
        ExampleSerializer(context={}).to_representation(row)
        (file,) = (e for e in linecache.cache if e.endswith("ExampleSerializer>"))
        written = "".join(linecache.getlines(file))
        example = str(compiling.__doc__).split("::\n\n")[1].split("\n\n")[0]
        self.assertEqual(
            written.rstrip(), "\n".join(line[4:] for line in example.splitlines())
        )

    def test_tracebacks_show_the_source(self) -> None:
        class FailingSerializer(OutputSerializer[Any]):
            fails = serializers.SerializerMethodField()

            def get_fails(self, _row: object) -> None:
                raise ZeroDivisionError

        try:
            FailingSerializer(context={}).to_representation(object())
        except ZeroDivisionError as error:
            lines = [each.line for each in traceback.extract_tb(error.__traceback__)]
        self.assertIn("'fails': other1(serializer, row),", lines)

    def test_a_method_that_fails_is_asked_once(self) -> None:
        asked: list[object] = []

        class FailingSerializer(OutputSerializer[Any]):
            fails = serializers.SerializerMethodField()

            def get_fails(self, row: object) -> None:
                asked.append(row)
                raise AttributeError

        with self.assertRaises(AttributeError):
            FailingSerializer(context={}).to_representation(object())
        self.assertEqual(len(asked), 1)

    def test_nothing_is_written_of_what_is_chosen(self) -> None:
        class ChosenSerializer(OutputSerializer[Any]):
            a = serializers.CharField()
            b = serializers.CharField()

        written = set()
        for text in ("a", "b", "a,b", "b,a"):
            serializer = ChosenSerializer(context={})
            serializer.selection = read_selection(text)
            shown = serializer.to_representation({"a": "1", "b": "2"})
            self.assertEqual(shown.keys(), set(text.split(",")))
            mine = {each for each in linecache.cache if "ChosenSerializer" in each}
            written.add(len(mine))
        self.assertEqual(max(written), 2)  # one a member
