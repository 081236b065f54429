import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
from django.conf import settings
from django.test import SimpleTestCase
from django.urls import get_resolver
from openapi_spec_validator import OpenAPIV31SpecValidator

from custom.api.schema_parts import (
    COMMON_HEADERS,
    MEDIA_TYPES,
    PROBLEM_MEDIA_TYPES,
    REFUSAL_HEADERS,
)
from custom.api.xml import as_text, load_xml
from script.lib.console import ROOT
from shop.api.views import build_schema
from tests.contract.checker import PLACEHOLDER, UNDESCRIBED
from tests.processes import race

FILES = {"/api/schema.xsd", "/api/user/me/export/", "/api/order/guest/data/export/"}
UPLOAD = "multipart/form-data"
METHODS = {"get", "post", "put", "patch", "delete"}


class DocumentTests(SimpleTestCase):
    """docs/openapi.yml, as the code writes it"""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.document = build_schema("1")
        cls.schemas = {"components": {"schemas": cls.document["components"]["schemas"]}}

    def test_threads_may_ask_for_it_at_once(self) -> None:
        (outcome,) = race("tests.contract.readers.read_at_once", [{"readers": 4}])
        self.assertEqual(outcome.value, [len(self.document["paths"])] * 4)

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield path, method and operation."""
        for path, operations in self.document["paths"].items():
            for method, operation in operations.items():
                yield path, method, operation

    def resolve(self, part: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in part and len(part) == 1:
            found: Any = self.document
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            part = found
        return part

    def bodies(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield name, media type and media object of every body."""
        for path, method, operation in self.operations():
            name = f"{method} {path}"
            for kind, media in operation.get("requestBody", {"content": {}})[
                "content"
            ].items():
                yield f"{name} body", kind, media
            for status, response in operation["responses"].items():
                for kind, media in self.resolve(response).get("content", {}).items():
                    yield f"{name} {status}", kind, media

    def test_it_is_openapi_3_1(self) -> None:
        OpenAPIV31SpecValidator(json.loads(json.dumps(self.document))).validate()

    def test_it_is_not_empty(self) -> None:
        """Without a default version every path is left out, in silence."""
        self.assertEqual(settings.REST_FRAMEWORK["DEFAULT_VERSION"], "1")
        self.assertGreater(len(self.document["paths"]), 40)
        committed = (ROOT / "docs" / "openapi.yml").read_text()
        self.assertGreater(committed.count("operationId:"), 50)

    def test_every_address_of_the_api_is_in_it(self) -> None:
        described = {PLACEHOLDER.sub("{}", path) for path in self.document["paths"]}
        routes = {
            PLACEHOLDER.sub("{}", f"/{route}")
            for route in _routes(get_resolver("shop.urls"))
            if f"/{route}".startswith("/api/")
        }
        self.assertEqual(routes - described, UNDESCRIBED)
        self.assertEqual(described - routes, set())

    def test_operations_have_names_of_their_own_and_say_what_they_do(self) -> None:
        names = [operation["operationId"] for _, _, operation in self.operations()]
        self.assertEqual(len(names), len(set(names)))
        for path, method, operation in self.operations():
            with self.subTest(path=path, method=method):
                self.assertIn(method, METHODS)
                self.assertTrue(operation.get("description"))
                good = [s for s in operation["responses"] if s.startswith("2")]
                self.assertTrue(good)
                self.assertNotIn("default", operation["responses"])

    def test_parameters_say_what_they_are_for(self) -> None:
        for path, method, operation in self.operations():
            for each in map(self.resolve, operation["parameters"]):
                with self.subTest(path=path, method=method, name=each["name"]):
                    self.assertTrue(each.get("description"))

    def test_answers_tell_the_headers_that_all_have(self) -> None:
        for path, method, operation in self.operations():
            for status, response in operation["responses"].items():
                with self.subTest(path=path, method=method, status=status):
                    whole = self.resolve(response)
                    further = {*REFUSAL_HEADERS.get(int(status), ())}
                    told = whole["headers"].keys()
                    self.assertLessEqual({*COMMON_HEADERS, *further}, told)
                    self.assertTrue(whole["description"])

    def test_refusals_tell_their_codes_in_both_formats(self) -> None:
        every = {*self.document["components"]["schemas"]["ProblemCode"]["enum"]}
        for path, method, operation in self.operations():
            statuses = {"400", "406", "429", "500", "503"} - {*operation["responses"]}
            self.assertEqual(statuses, set(), f"{method} {path}")
            for status, response in operation["responses"].items():
                content = self.resolve(response).get("content", {})
                if status < "300" or status == "304":
                    continue
                with self.subTest(path=path, method=method, status=status):
                    self.assertEqual(tuple(content), PROBLEM_MEDIA_TYPES)
                    for media in content.values():
                        codes = media["schema"]["properties"]["code"]["enum"]
                        self.assertLessEqual({*codes}, every)
                        self.assertEqual({*media["examples"]}, {*codes})

    def test_bodies_are_json_and_xml_both_ways(self) -> None:
        for path, method, operation in self.operations():
            with self.subTest(path=path, method=method):
                sent = operation.get("requestBody")
                if sent and UPLOAD not in sent["content"]:
                    self.assertEqual(tuple(sent["content"]), MEDIA_TYPES)
                for status, response in operation["responses"].items():
                    content = self.resolve(response).get("content")
                    if content and status.startswith("2") and path not in FILES:
                        self.assertEqual(tuple(content), MEDIA_TYPES)

    def test_every_body_has_an_example_that_its_schema_takes(self) -> None:
        for name, kind, media in self.bodies():
            with self.subTest(name=name, kind=kind):
                validator = jsonschema_rs.Draft202012Validator(
                    media["schema"] | self.schemas, validate_formats=True
                )
                self.assertTrue(media["examples"])
                for each in media["examples"].values():
                    value = self.resolve(each)["value"]
                    if kind.endswith("json"):
                        faults = [
                            error.message for error in validator.iter_errors(value)
                        ]
                        self.assertEqual(faults, [])

    def test_examples_in_xml_are_those_in_json(self) -> None:
        examples = self.document["components"]["examples"]
        written = [name for name in examples if name.endswith(".xml")]
        self.assertGreater(len(written), 100)
        for name in written:
            with self.subTest(name=name):
                if name == "xsd_retrieve_200.xml":
                    continue  # there is none
                twin = examples[f"{name.removesuffix('.xml')}.json"]["value"]
                text = examples[name]["value"]
                self.assertEqual(load_xml(text.encode()), as_text(twin))


def _routes(resolver: Any, before: str = "") -> Iterator[str]:  # noqa: ANN401
    """Yield every route of the shop."""
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _routes(pattern, route)
        else:
            yield route
