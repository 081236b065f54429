from typing import Any

from django.test import SimpleTestCase
from django.urls import path
from drf_spectacular.generators import SchemaGenerator

from tests.custom.api.views import FailingView, PriceViewSet, SessionViewSet


def describe(view: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the documented GET of a view."""
    generator = SchemaGenerator(patterns=[path("api/it/", view)], api_version="1")
    operation: dict[str, Any] = generator.get_schema()["paths"]["/api/it/"]["get"]
    return operation


class ApiSchemaTests(SimpleTestCase):
    """What the contract says of every view."""

    def list_parameters(self, view: Any) -> list[str]:  # noqa: ANN401
        """Name the parameters of a view's own, without those of every operation."""
        parameters = describe(view)["parameters"]
        return sorted(one["name"] for one in parameters if "name" in one)

    def test_parameters_of_a_list(self) -> None:
        self.assertEqual(
            self.list_parameters(PriceViewSet.as_view({"get": "list"})),
            ["depth", "fields", "format", "page", "page_size"],
        )

    def test_parameters_of_a_list_with_cursor(self) -> None:
        self.assertEqual(
            self.list_parameters(SessionViewSet.as_view({"get": "list"})),
            ["cursor", "fields", "format", "number", "page_size"],
        )

    def test_parameters_of_a_view_without_serializer(self) -> None:
        parameters = describe(FailingView.as_view())["parameters"]
        self.assertEqual([one.get("name") for one in parameters], ["format", None])
        self.assertEqual(parameters[0]["schema"]["enum"], ["json", "xml"])
        self.assertEqual(
            parameters[1], {"$ref": "#/components/parameters/X-Request-ID"}
        )

    def test_every_refusal_is_a_problem_of_its_status_and_codes(self) -> None:
        responses = describe(FailingView.as_view())["responses"]
        self.assertEqual(
            [*responses],
            [
                "200",
                "400",
                "401",
                "403",
                "406",
                "411",
                "412",
                "413",
                "415",
                "429",
                "500",
                "503",
            ],
        )
        for kind in ("application/problem+json", "application/problem+xml"):
            schema = responses["401"]["content"][kind]["schema"]
            self.assertEqual(
                schema,
                {
                    "allOf": [{"$ref": "#/components/schemas/Problem"}],
                    "properties": {
                        "status": {"const": 401},
                        "code": {"enum": ["token-expired", "token-invalid"]},
                    },
                },
            )

    def test_every_answer_tells_of_the_limit(self) -> None:
        names = {
            "X-RateLimit-Limit",
            "X-RateLimit-Remaining",
            "X-RateLimit-Reset",
            "RateLimit-Policy",
            "RateLimit",
        }
        schema = SchemaGenerator(api_version="1").get_schema(public=True)
        shared = schema["components"]["responses"]
        self.assertLessEqual(names, schema["components"]["headers"].keys())
        self.assertIn("Retry-After", shared["429_throttled"]["headers"])
        for operations in schema["paths"].values():
            for operation in operations.values():
                responses = operation["responses"]
                self.assertIn("429", responses)
                for response in responses.values():
                    name = response.get("$ref", "").rpartition("/")[2]
                    told = shared[name] if name else response
                    self.assertLessEqual(names, told["headers"].keys())

    def test_money_is_a_decimal_string(self) -> None:
        generator = SchemaGenerator(
            patterns=[path("api/it/", PriceViewSet.as_view({"get": "list"}))],
            api_version="1",
        )
        schemas = generator.get_schema()["components"]["schemas"]
        price = schemas["Price"]["properties"]["price"]
        self.assertEqual((price["type"], price["format"]), ("string", "decimal"))
