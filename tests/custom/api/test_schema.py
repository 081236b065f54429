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
        return sorted(one["name"] for one in describe(view)["parameters"])

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
        self.assertEqual([one["name"] for one in parameters], ["format"])
        self.assertEqual(parameters[0]["schema"]["enum"], ["json", "xml"])

    def test_any_failure_is_a_problem(self) -> None:
        responses = describe(FailingView.as_view())["responses"]
        problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
        self.assertEqual(
            responses["default"]["content"],
            {
                "application/problem+json": problem,
                "application/problem+xml": problem,
            },
        )

    def test_every_operation_tells_of_its_limit(self) -> None:
        names = {
            "X-RateLimit-Limit",
            "X-RateLimit-Remaining",
            "X-RateLimit-Reset",
            "RateLimit-Policy",
            "RateLimit",
        }
        schema = SchemaGenerator(api_version="1").get_schema(public=True)
        refused = schema["components"]["responses"]["Throttled"]
        self.assertEqual(refused["headers"].keys(), names | {"Retry-After"})
        self.assertEqual(schema["components"]["headers"].keys(), names)
        for operations in schema["paths"].values():
            for operation in operations.values():
                responses = operation["responses"]
                self.assertEqual(
                    responses["429"], {"$ref": "#/components/responses/Throttled"}
                )
                good = next(iter(responses.values()))
                self.assertLessEqual(names, good["headers"].keys())

    def test_money_is_a_decimal_string(self) -> None:
        generator = SchemaGenerator(
            patterns=[path("api/it/", PriceViewSet.as_view({"get": "list"}))],
            api_version="1",
        )
        schemas = generator.get_schema()["components"]["schemas"]
        price = schemas["Price"]["properties"]["price"]
        self.assertEqual((price["type"], price["format"]), ("string", "decimal"))
