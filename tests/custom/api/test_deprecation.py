from datetime import UTC, datetime
from typing import Any

from django.test import SimpleTestCase, override_settings
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from custom.api.deprecation import Deprecation, deprecated
from custom.api.output import OutputSerializer
from custom.api.views import ApiView

OLD = Deprecation(
    since=datetime(2026, 1, 1, tzinfo=UTC),
    sunset=datetime(2027, 1, 1, tzinfo=UTC),
    link="https://shop.example.com/changes/",
)
OPEN = Deprecation(since=datetime(2026, 2, 1, tzinfo=UTC))
TOLD = {
    "Deprecation": "@1767225600",
    "Sunset": "Fri, 01 Jan 2027 00:00:00 GMT",
    "Link": '<https://shop.example.com/changes/>; rel="deprecation"',
}


class PlaceSerializer(OutputSerializer[Any]):
    """Has a member that will end."""

    town = serializers.CharField()
    city = serializers.CharField()
    deprecated_fields = {"town": OPEN}


class RegionSerializer(OutputSerializer[Any]):
    """Shows places, of which a member will end."""

    name = serializers.CharField()
    places = PlaceSerializer(many=True)


class RegionView(ApiView):
    """Shows what will end one step down."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = RegionSerializer

    @extend_schema(responses=RegionSerializer)
    def get(self, request: Request) -> Response:
        """Show a region."""
        places = [{"town": "Wien", "city": "Wien"}]
        region = {"name": "East", "places": places}
        return Response(self.get_serializer(region).data)


class PlaceView(ApiView):
    """One method will end; the other shows a member that will."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = PlaceSerializer

    @extend_schema(responses=PlaceSerializer)
    def get(self, request: Request) -> Response:
        """Show a place."""
        return Response(self.get_serializer({"town": "Wien", "city": "Wien"}).data)

    @deprecated(OLD)
    @extend_schema(request=None, responses={200: PlaceSerializer})
    def post(self, request: Request) -> Response:
        """Show nothing."""
        return Response({})


urlpatterns = [
    path("api/place/", PlaceView.as_view()),
    path("api/region/", RegionView.as_view()),
]


@override_settings(ROOT_URLCONF=__name__)
class DeprecationTests(SimpleTestCase):
    """What will end is announced"""

    def told(self, response: Any) -> dict[str, str]:  # noqa: ANN401
        return {name: response[name] for name in TOLD if name in response}

    def test_endpoint(self) -> None:
        self.assertEqual(self.told(self.client.post("/api/place/")), TOLD)
        faulty = self.client.post("/api/place/?nothing=1")
        self.assertEqual(faulty.status_code, 400)
        self.assertEqual(self.told(faulty), TOLD)

    def test_member(self) -> None:
        shown = self.client.get("/api/place/")
        self.assertEqual(self.told(shown), {"Deprecation": "@1769904000"})
        self.assertEqual(self.told(self.client.get("/api/place/?fields=city")), {})

    def test_member_of_a_member(self) -> None:
        for fields, is_told in (
            ("", True),
            ("places", True),
            ("name,places.town", True),
            ("name,places.city", False),
        ):
            query = {"fields": fields} if fields else {}
            shown = self.client.get("/api/region/", query)
            self.assertEqual("Deprecation" in shown, is_told, fields)

    def test_version(self) -> None:
        with override_settings(API_DEPRECATED_VERSIONS={"1": OLD}):
            self.assertEqual(self.told(self.client.get("/api/place/")), TOLD)
        with override_settings(API_DEPRECATED_VERSIONS={"2": OLD}):
            shown = self.client.get("/api/place/?fields=city")
            self.assertEqual(self.told(shown), {})

    def test_document(self) -> None:
        document = SchemaGenerator(patterns=urlpatterns, api_version="1").get_schema()
        operations = document["paths"]["/api/place/"]
        self.assertNotIn("deprecated", operations["get"])
        self.assertTrue(operations["post"]["deprecated"])
        headers = operations["post"]["responses"]["200"]["headers"]
        self.assertLessEqual(TOLD.keys(), headers.keys())
        members = document["components"]["schemas"]["Place"]["properties"]
        self.assertTrue(members["town"]["deprecated"])
        self.assertNotIn("deprecated", members["city"])
