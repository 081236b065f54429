from typing import Any

from django.test import SimpleTestCase
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from custom.api.output import OutputSerializer
from custom.api.problems import QueryParameterError
from custom.api.selecting import check_selection, read_selection, restricted, shape_of


class CitySerializer(OutputSerializer[Any]):
    """Has no objects."""

    name = serializers.CharField()
    facts = serializers.DictField()


class TownSerializer(OutputSerializer[Any]):
    """Has them in every form."""

    name = serializers.CharField()
    city = CitySerializer()
    cities = CitySerializer(many=True)
    capital = serializers.SerializerMethodField()
    secret = serializers.CharField(write_only=True)

    @extend_schema_field(CitySerializer)
    def get_capital(self, town: dict[str, Any]) -> dict[str, Any]:
        """Make what may not be made in vain."""
        return CitySerializer(town["capital"]).data


class ReadTests(SimpleTestCase):
    """What ?fields= names, as a tree"""

    def test_paths(self) -> None:
        wanted = read_selection("title, variants.sku ,variants.price,a.b.c.d.e")
        self.assertEqual(
            wanted,
            {
                "title": None,
                "variants": {"sku": None, "price": None},
                "a": {"b": {"c": {"d": {"e": None}}}},
            },
        )

    def test_a_whole_outranks_its_parts(self) -> None:
        for text in ("a,a.b", "a.b,a", "a.b,a,a.c"):
            self.assertEqual(read_selection(text), {"a": None})

    def test_a_path_has_an_end(self) -> None:
        for path in ("a.b.c.d.e.f", "." * 5_000):
            with self.assertRaises(QueryParameterError):
                read_selection(f"id,{path}")

    def test_touches(self) -> None:
        wanted = read_selection("a,b.c.d")
        for path, is_touched in (
            ("a", True),
            ("a.x.y", True),
            ("b", True),
            ("b.c", True),
            ("b.c.d", True),
            ("b.c.d.e", True),
            ("b.c.x", False),
            ("b.x", False),
            ("x", False),
        ):
            self.assertIs(wanted.touches(path), is_touched, path)


class ShapeTests(SimpleTestCase):
    """What can be named"""

    def test_shape(self) -> None:
        self.assertEqual(
            shape_of(TownSerializer),
            {
                "name": None,
                "city": CitySerializer,
                "cities": CitySerializer,
                "capital": CitySerializer,
            },
        )

    def faults(self, text: str) -> list[str]:
        try:
            check_selection(read_selection(text), shape_of(TownSerializer))
        except QueryParameterError as error:
            details: Any = error.detail
            self.assertEqual([*details], ["fields"])
            self.assertEqual({each.code for each in details["fields"]}, UNKNOWN)
            return [str(each) for each in details["fields"]]
        return []

    def test_what_is_there(self) -> None:
        self.assertEqual(self.faults("name,city,cities.name,capital.facts"), [])

    def test_what_is_not(self) -> None:
        known = "Choose of: name, city, cities, capital."
        of_city = "Choose of: name, facts."
        for text, told in (
            ("secret", [f'Unknown field: "secret". {known}']),
            ("b,,a", [f'Unknown field: "", "a", "b". {known}']),
            ("cities.a", [f'Unknown field: "cities.a". {of_city}']),
            ("cities.", [f'Unknown field: "cities.". {of_city}']),
            ("name.a", ['"name" has no members to choose of.']),
            ("city.facts.a", ['"city.facts" has no members to choose of.']),
            (
                "a,capital.b,city",
                [
                    f'Unknown field: "a". {known}',
                    f'Unknown field: "capital.b". {of_city}',
                ],
            ),
        ):
            self.assertEqual(self.faults(text), told, text)

    def test_few_of_many_are_told(self) -> None:
        (told,) = self.faults(",".join(f"n{number:05}" for number in range(10_000)))
        self.assertIn('"n00000", "n00001"', told)
        self.assertIn('"n00019" and 9980 more. Choose of', told)


class OutputTests(SimpleTestCase):
    """A serializer shows what is wanted, and makes nothing else"""

    city = {"name": "Wien", "facts": {"a": 1}}
    town = {"name": "X", "city": city, "cities": [city, city], "capital": city}

    def shown(self, text: str, town: dict[str, Any]) -> object:
        serializer = TownSerializer(town)
        serializer.selection = read_selection(text)
        return serializer.data

    def test_parts(self) -> None:
        for path in ("city.name", "cities.name,name", "capital.facts", "city,cities"):
            wanted = read_selection(path)
            self.assertEqual(
                self.shown(path, self.town), restricted(self.town, wanted), path
            )

    def test_null_stays(self) -> None:
        town = {"city": None}
        self.assertEqual(self.shown("city.name", town), {"city": None})

    def test_the_rest_is_not_even_read(self) -> None:
        town = {"cities": [{"name": "Wien"}]}  # anything else would be a KeyError
        self.assertEqual(self.shown("cities.name", town), town)


UNKNOWN = {"unknown-field"}
