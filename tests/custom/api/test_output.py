import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unittest import mock

from django.test import SimpleTestCase
from rest_framework import serializers

from custom.api.fields import MoneyField
from custom.api.output import OutputSerializer
from custom.api.selecting import read_selection


@dataclass
class Author:
    name: str | None = "Ada"

    def shout(self) -> str:
        return f"{self.name}!"


@dataclass
class Book:
    """Something with a value of every kind."""

    title: str = "Sketch"
    pages: int = 3
    weight: float = 1.5
    is_new: bool = True
    price: Decimal | None = Decimal("9.9")
    currency: str = "EUR"
    mean: Decimal = Decimal("3.456")
    at: datetime = datetime(2026, 1, 1, 12, 30, 15, 999, tzinfo=UTC)
    key: uuid.UUID = field(default_factory=lambda: uuid.UUID(int=7))
    state: str = "open"
    shelf: dict[str, int] = field(default_factory=lambda: {"row": 4})
    author: Author | None = field(default_factory=Author)
    readers: list[Author] = field(default_factory=lambda: [Author("Eva"), Author()])


class PlainAuthorSerializer(serializers.Serializer[Any]):
    """As REST framework does it."""

    name = serializers.CharField()
    greeting = serializers.SerializerMethodField()

    def get_greeting(self, author: Author | dict[str, str]) -> str:
        name = author["name"] if isinstance(author, dict) else author.name
        return f"{self.context['word']} {name}"


class PlainBookSerializer(serializers.Serializer[Any]):
    """As REST framework does it."""

    title = serializers.CharField()
    pages = serializers.IntegerField()
    weight = serializers.FloatField()
    is_new = serializers.BooleanField()
    price = MoneyField()
    mean = serializers.DecimalField(max_digits=5, decimal_places=2)
    at = serializers.DateTimeField()
    key = serializers.UUIDField()
    state = serializers.ChoiceField(choices=["open", "shut"])
    row = serializers.IntegerField(source="shelf.row")
    shelf = serializers.DictField()
    writer = serializers.CharField(source="author.name", allow_null=True)
    shouted = serializers.CharField(source="author.shout", read_only=True)
    missing = serializers.CharField(source="author.nothing", read_only=True)
    absent = serializers.IntegerField(source="nothing.at.all", allow_null=True)
    secret = serializers.CharField(write_only=True)
    author = PlainAuthorSerializer(allow_null=True)
    readers = PlainAuthorSerializer(many=True)
    itself = PlainAuthorSerializer(source="author")


class AuthorSerializer(PlainAuthorSerializer, OutputSerializer[Any]):
    """Compiled."""

    to_representation = OutputSerializer.to_representation


class BookSerializer(PlainBookSerializer, OutputSerializer[Any]):
    """Compiled, with the same fields."""

    to_representation = OutputSerializer.to_representation
    author = AuthorSerializer(allow_null=True)
    readers = AuthorSerializer(many=True)
    itself = AuthorSerializer(source="author")


CONTEXT = {"word": "Hello"}
BOOKS = {
    "as it is": Book(),
    "without an author": Book(author=None),
    "without a price": Book(price=None),
    "with a nameless author": Book(author=Author(None), readers=[]),
}


class OutputTests(SimpleTestCase):
    """Compiled serializers show what REST framework's own show."""

    def shown(
        self,
        kind: type[serializers.Serializer[Any]],
        value: object,
        **options: bool,
    ) -> object:
        return kind(value, context=CONTEXT, **options).data

    def test_objects(self) -> None:
        for name, book in BOOKS.items():
            with self.subTest(name):
                expected = self.shown(PlainBookSerializer, book)
                self.assertEqual(self.shown(BookSerializer, book), expected)
                self.assertEqual(list(self.shown(BookSerializer, book)), list(expected))

    def test_lists(self) -> None:
        books = list(BOOKS.values())
        self.assertEqual(
            self.shown(BookSerializer, books, many=True),
            self.shown(PlainBookSerializer, books, many=True),
        )

    def test_dictionaries(self) -> None:
        for name, book in BOOKS.items():
            with self.subTest(name):
                value = vars(book) | {"author": book.author and vars(book.author)}
                self.assertEqual(
                    self.shown(BookSerializer, value),
                    self.shown(PlainBookSerializer, value),
                )

    def test_a_field_that_must_be_there_fails_alike(self) -> None:
        told = "attempting to get a value for field `name`"
        for kind in (PlainAuthorSerializer, AuthorSerializer):
            with self.assertRaisesMessage(AttributeError, told):
                self.shown(kind, object())

    def test_what_is_not_selected_is_not_shown(self) -> None:
        serializer = BookSerializer(Book(), context=CONTEXT)
        serializer.selection = read_selection("title, pages")
        self.assertEqual(serializer.data, {"title": "Sketch", "pages": 3})

    def test_each_serializer_has_its_own_context(self) -> None:
        for word in ("Hello", "Bye"):
            shown = AuthorSerializer(Author(), context={"word": word}).data
            self.assertEqual(shown["greeting"], f"{word} Ada")

    def test_no_fields_are_built_for_a_second_instance(self) -> None:
        self.shown(AuthorSerializer, Author())
        with mock.patch.object(AuthorSerializer, "get_fields") as built:
            self.shown(AuthorSerializer, Author())
        built.assert_not_called()
