import json
from collections.abc import Iterator
from typing import Any

from django.test import SimpleTestCase

from custom.api.schema_sharing import VALUE_NAMES
from shop.api.views import build_schema


class GeneratedClientTests(SimpleTestCase):
    """What makes clients that are generated from docs/openapi.yml pleasant, or not"""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.document = build_schema("1")
        cls.schemas = cls.document["components"]["schemas"]

    def operations(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield method and operation."""
        for operations in self.document["paths"].values():
            yield from operations.items()

    def choices(self) -> Iterator[dict[str, Any]]:
        """Yield the schemas of parameters with an enum of their own."""
        for _, operation in self.operations():
            for each in operation["parameters"]:
                schema = each.get("schema", {})
                schema = schema.get("items", schema)
                if "enum" in schema:
                    yield schema

    def test_what_acts_is_called_by_its_address(self) -> None:
        names = {}
        for method, operation in self.operations():
            names[operation["operationId"]] = method, "201" in operation["responses"]
        for name, (method, makes) in names.items():
            if method == "post":
                self.assertEqual(name.endswith("_create"), makes, name)
        self.assertLess({"user_login", "order_cancel", "order_create"}, names.keys())

    def test_changes_have_no_defaults(self) -> None:
        """A generated client would send them, and undo what it does not mean."""
        changes = [name for name in self.schemas if name.startswith("Patched")]
        self.assertGreater(len(changes), 5)
        for name in changes:
            for member, schema in self.schemas[name]["properties"].items():
                self.assertNotIn("default", schema, f"{name}.{member}")

    def test_answers_have_all_members_but_those_that_say_so(self) -> None:
        image = self.schemas["Image"]
        self.assertEqual({*image["required"]}, {*image["properties"]})
        order = self.schemas["PlacedOrder"]
        self.assertEqual({*order["properties"]} - {*order["required"]}, {"guest_token"})
        row = self.schemas["ProductRow"]
        self.assertEqual(
            {*row["properties"]} - {*row["required"]},
            {"categories", "partner", "reviews"},
        )

    def test_the_same_choices_are_one_schema(self) -> None:
        shared = [sorted(e["enum"]) for e in self.schemas.values() if "enum" in e]
        own = [sorted(each["enum"]) for each in self.choices()]
        self.assertGreater(len(own), 2)
        self.assertEqual([each for each in own if each in shared], [])
        self.assertEqual(len(own), len({json.dumps(each) for each in own}))
        self.assertIn("FormatEnum", self.schemas)

    def test_every_choice_has_a_name(self) -> None:
        for each in self.choices():
            names = each.get(VALUE_NAMES, each["enum"])
            self.assertEqual(len({*names}), len(each["enum"]))
            self.assertTrue(all(name.isidentifier() for name in names), names)

    def test_attributes_are_parameters_a_program_can_send(self) -> None:
        parameters = self.document["paths"]["/api/product/"]["get"]["parameters"]
        (told,) = [each for each in parameters if each.get("name") == "attributes"]
        self.assertEqual((told["style"], told["explode"]), ("form", True))
        self.assertEqual(told["schema"]["propertyNames"], {"pattern": r"^attr\."})
