import copy
from typing import Any

from django.test import SimpleTestCase

from script.lib.breaking import find_breaks, is_meant
from shop.api.views import build_schema

THING = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string", "maxLength": 10},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "inner": {"$ref": "#/components/schemas/Thing"},
    },
}
CODES = {"properties": {"code": {"enum": ["gone-away", "not-there"]}}}
REFUSED = {"application/problem+json": {"schema": CODES}}
JSON = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
DOCUMENT = {
    "paths": {
        "/thing/{id}/": {
            "put": {
                "operationId": "thing_update",
                "security": [{"token": []}, {}],
                "parameters": [
                    {"in": "path", "name": "id", "schema": {"type": "integer"}},
                    {"in": "query", "name": "depth", "schema": {"type": "integer"}},
                ],
                "requestBody": {"content": JSON},
                "responses": {
                    "200": {"headers": {"ETag": {}}, "content": JSON},
                    "404": {"content": REFUSED},
                },
            }
        }
    },
    "components": {"schemas": {"Thing": THING}},
}


class BreakingTests(SimpleTestCase):
    """What would break clients is named; what would not is left alone"""

    def setUp(self) -> None:
        self.new: Any = copy.deepcopy(DOCUMENT)
        self.put = self.new["paths"]["/thing/{id}/"]["put"]
        self.thing = self.new["components"]["schemas"]["Thing"]
        refused = self.put["responses"]["404"]["content"]["application/problem+json"]
        self.codes = refused["schema"]["properties"]["code"]["enum"]
        self.old_put = DOCUMENT["paths"]["/thing/{id}/"]["put"]

    def assert_breaks(self, *told: str) -> None:
        found = find_breaks(DOCUMENT, self.new)
        self.assertEqual(found, [f"PUT /thing/{{id}}/: {each}" for each in told])

    def test_the_same(self) -> None:
        self.assert_breaks()
        schema = build_schema("1")
        self.assertEqual(find_breaks(schema, schema), [])

    def test_more_of_everything(self) -> None:
        self.thing["properties"]["name"]["maxLength"] = 20
        self.thing["properties"]["more"] = {"type": "string"}
        self.thing["properties"]["kind"]["enum"].append("c")
        self.put["parameters"].append(
            {"in": "query", "name": "more", "schema": {"type": "string"}}
        )
        self.put["responses"]["202"] = {"description": ""}
        self.codes.append("brand-new")
        self.assert_breaks()

    def test_codes(self) -> None:
        self.codes.remove("not-there")
        self.codes.append("not-here")
        told = "any operation: the code not-there is gone"
        self.assertEqual(find_breaks(DOCUMENT, self.new), [told])
        self.new["paths"]["/other/"] = {"put": copy.deepcopy(self.old_put)}
        self.assert_breaks()  # another still has it
        self.put["responses"]["410"] = self.put["responses"].pop("404")
        self.assert_breaks("gone-away is not 404")

    def test_path_and_operation(self) -> None:
        self.new["paths"]["/thing/{key}/"] = self.new["paths"].pop("/thing/{id}/")
        self.assert_breaks()
        self.new["paths"] = {"/other/": {"put": self.old_put | {"parameters": []}}}
        self.assert_breaks("the operation is gone")

    def test_name_and_credentials(self) -> None:
        self.put["operationId"] = "thing_put"
        self.put["security"] = [{"token": []}]
        self.assert_breaks("it was called thing_update", "it asks for credentials")

    def test_parameters(self) -> None:
        self.put["parameters"][1:] = [
            {
                "in": "header",
                "name": "Key",
                "required": True,
                "schema": {"type": "string"},
            }
        ]
        self.assert_breaks("header Key is required", "query depth is gone")

    def test_parameter_of_another_type(self) -> None:
        self.put["parameters"][1]["schema"] = {"type": "string"}
        self.assert_breaks("query depth is not integer")

    def test_response_and_headers(self) -> None:
        self.put["responses"]["200"]["headers"] = {}
        self.assert_breaks("200 has no header ETag")
        refused = self.put["responses"]["404"]
        self.put["responses"] = {"204": {}, "404": refused}
        self.assert_breaks("it does not answer 200")

    def test_media_type(self) -> None:
        content = {"application/xml": JSON["application/json"]}
        self.put["responses"]["200"]["content"] = content
        self.assert_breaks("200 is not application/json")

    def test_property_is_gone(self) -> None:
        del self.thing["properties"]["name"]
        self.assert_breaks("the body, name is gone", "200, name is gone")

    def test_property_is_required_or_no_longer(self) -> None:
        self.thing["required"] = ["name"]
        self.assert_breaks("the body, name is required", "200, id may be missing")

    def test_null_where_there_was_none(self) -> None:
        self.thing["properties"]["name"]["type"] = ["string", "null"]
        self.assert_breaks("200, name may be null")

    def test_meant_so(self) -> None:
        told = "PUT /thing/{id}/: 200, name is gone"
        self.assertTrue(is_meant(told, ["GET /", told]))
        self.assertTrue(is_meant(told, ["PUT *: 200, name is gone"]))
        self.assertFalse(is_meant(told, ["PUT /thing/: 200, name is gone", "PUT"]))

    def test_narrower_values(self) -> None:
        self.thing["properties"]["name"] |= {"maxLength": 5, "pattern": "^a"}
        self.thing["properties"]["kind"]["enum"] = ["a"]
        self.thing["properties"]["id"]["minimum"] = 1
        self.assert_breaks(
            "the body, id has minimum 1",
            "the body, name has maxLength 5",
            "the body, name has pattern ^a",
            "the body, kind is not b",
        )
