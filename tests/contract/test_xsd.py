from typing import Any

from django.test import SimpleTestCase
from lxml import etree

from custom.api.xml import dump_xml
from custom.api.xsd import SchemaWriter
from shop.api.views import build_schema

URL = "/api/schema.xsd"
MEMBERS = {
    "id": {"type": "integer", "minimum": 1},
    "name": {"type": ["string", "null"], "maxLength": 5},
    "kind": {"type": "string", "enum": ["a", "b"]},
    "is_new": {"type": "boolean"},
    "price": {"type": "string", "format": "decimal"},
    "at": {"type": "string", "format": "date-time"},
    "key": {"type": "string", "format": "uuid"},
    "slug": {"type": "string", "pattern": "^[-a-z]+$"},
    "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
    "inner": {"oneOf": [{"$ref": "#/components/schemas/Inner"}, {"type": "null"}]},
    "either": {"oneOf": [{"type": "integer"}, {"type": "boolean"}]},
    "place": {"oneOf": [{"type": "string"}, {"$ref": "#/components/schemas/Inner"}]},
    "map": {"type": "object", "additionalProperties": {"type": "string"}},
    "secret": {"type": "string", "writeOnly": True},
}
THING = {"type": "object", "required": ["id"], "properties": MEMBERS}
INNER = {
    "type": "object",
    "properties": {"again": {"$ref": "#/components/schemas/Inner"}},
}
SCHEMAS = {"Thing": THING, "Inner": INNER}
REFERENCE = {"$ref": "#/components/schemas/Thing"}


def compiled(text: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(text.encode()))


class WriterTests(SimpleTestCase):
    """A schema takes what JSON Schema takes, in the XML form, and nothing else"""

    def takes(self, value: dict[str, Any], **options: bool) -> bool:
        schema = compiled(SchemaWriter(SCHEMAS, **options).write(REFERENCE))
        return bool(schema.validate(etree.fromstring(dump_xml(value).encode())))

    def assert_takes(self, **members: object) -> None:
        self.assertTrue(self.takes({"id": 1} | members), members)

    def assert_refuses(self, **members: object) -> None:
        self.assertFalse(self.takes({"id": 1} | members), members)

    def test_scalars(self) -> None:
        for name, good, bad in (
            ("id", 7, 0),
            ("id", 7, "seven"),
            ("name", "abcde", "abcdef"),
            ("kind", "b", "c"),
            ("is_new", True, 1),
            ("price", "9.90", "cheap"),
            ("at", "2026-01-01T00:00:00Z", "today"),
            ("key", "0197f3a2-5c1e-7a40-9b8d-3f6f0c2d1e55", "0197"),
            ("slug", "king-kong", "King Kong"),
            ("either", 5, "five"),
        ):
            self.assert_takes(**{name: good})
            self.assert_refuses(**{name: bad})

    def test_null_only_where_it_is_allowed(self) -> None:
        self.assert_takes(name=None, inner=None)
        self.assert_refuses(kind=None)
        self.assert_refuses(tags=None)

    def test_lists(self) -> None:
        self.assert_takes(tags=[])
        self.assert_takes(tags=["a", "b"])
        self.assert_refuses(tags=["a", "b", "c"])
        self.assert_refuses(tags={})

    def test_objects_in_any_order_and_closed(self) -> None:
        self.assertTrue(self.takes({"kind": "a", "name": "x", "id": 1}))
        self.assertFalse(self.takes({"id": 1, "other": 1}))
        self.assertFalse(self.takes({"name": "x"}))
        self.assertTrue(self.takes({"name": "x"}, is_sparse=True))
        self.assert_takes(inner={"again": {"again": {}}})
        self.assert_refuses(inner={"once": {}})

    def test_text_or_object_and_any_members(self) -> None:
        self.assert_takes(place="here", map={"a": "b", "c d": "e"})
        self.assert_takes(place={"again": {}})
        self.assert_refuses(place={"once": {}})

    def test_direction(self) -> None:
        secret = {"id": 1, "secret": "x"}
        self.assertFalse(self.takes(secret))
        self.assertTrue(self.takes(secret, is_request=True))


class XsdTests(SimpleTestCase):
    """GET /api/schema.xsd"""

    def fetch(self, **query: str) -> str:
        answer = self.client.get(URL, query)
        self.assertEqual(answer.status_code, 200, answer.content)
        self.assertEqual(answer["Content-Type"], "application/xml; charset=utf-8")
        return answer.content.decode()

    def test_index(self) -> None:
        text = self.fetch()
        compiled(text)
        self.assertIn("?operation= one of:", text)
        self.assertIn("order_create", text)
        self.assertIn('<xs:complexType name="PlaceOrderInput">', text)

    def test_every_example_is_valid(self) -> None:
        document = build_schema("1")
        examples = document["components"]["examples"]
        checked = 0
        for operations in document["paths"].values():
            for operation in operations.values():
                good = next(s for s in operation["responses"] if s.startswith("2"))
                for body, told in (
                    ("request", operation.get("requestBody", {})),
                    ("answer", operation["responses"][good]),
                ):
                    media = told.get("content", {}).get("application/xml")
                    if not media or media["schema"].get("type") == "string":
                        continue
                    name = operation["operationId"]
                    schema = compiled(self.fetch(operation=name, body=body))
                    for each in media["examples"].values():
                        value = examples[each["$ref"].rpartition("/")[2]]["value"]
                        schema.assertValid(etree.fromstring(value.encode()))
                        checked += 1
        self.assertGreater(checked, 70)

    def test_problem(self) -> None:
        schema = compiled(self.fetch(operation="order_create", body="problem"))
        answer = self.client.get("/api/shop/?nothing=1&format=xml")
        self.assertEqual(answer.status_code, 400)
        schema.assertValid(etree.fromstring(answer.content))
        faulty = answer.content.replace(b"<pointer>", b"<place>").replace(
            b"</pointer>", b"</place>"
        )
        self.assertFalse(schema.validate(etree.fromstring(faulty)))

    def test_sparse(self) -> None:
        answer = self.client.get("/api/shop/?fields=name&format=xml")
        document = etree.fromstring(answer.content)
        whole = compiled(self.fetch(operation="shop_retrieve"))
        sparse = compiled(self.fetch(operation="shop_retrieve", sparse="true"))
        self.assertFalse(whole.validate(document))
        sparse.assertValid(document)

    def test_what_there_is_not(self) -> None:
        for query, code in (
            ({"operation": "nothing"}, "does-not-exist"),
            ({"operation": "shop_retrieve", "body": "request"}, "does-not-exist"),
            ({"operation": "shop_retrieve", "body": "soul"}, "invalid-choice"),
            ({"operation": "user_logout"}, "does-not-exist"),
            ({"unknown": "1"}, "unknown-parameter"),
        ):
            with self.subTest(query=query):
                answer = self.client.get(URL, query, headers={"accept": "text/xml"})
                self.assertEqual(answer.status_code, 400)
                self.assertEqual(answer["Content-Type"].split(";")[0], PROBLEM)
                self.assertIn(f"<code>{code}</code>", answer.content.decode())

    def test_it_is_xml_alone(self) -> None:
        answer = self.client.get(URL, headers={"accept": "application/json"})
        self.assertEqual(answer.status_code, 406)
        self.assertIn("<code>not-acceptable</code>", answer.content.decode())


PROBLEM = "application/problem+xml"
