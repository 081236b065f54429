from unittest import mock

from django.test import SimpleTestCase, override_settings

from address.formats import format_of
from custom.api.xml import as_text, load_xml
from tests.custom.caching.kept import SHARED

URL = "/api/country/"
ALWAYS = ["last_name", "line1", "city", "country"]


@override_settings(SHOP_COUNTRIES=["US", "QA", "AT"])
class CountryTests(SimpleTestCase):
    """GET /api/country/"""

    def test_countries_shipped_to_by_name(self) -> None:
        answer = self.client.get(URL)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer["Cache-Control"], SHARED)
        self.assertEqual(
            answer.json(),
            {
                "count": 3,
                "next": None,
                "previous": None,
                "results": [
                    {
                        "code": "AT",
                        "name": "Austria",
                        "required_fields": [*ALWAYS[:3], "postcode", "country"],
                        "postcode_pattern": r"\d{4}",
                        "postcode_example": "1010",
                        "region_type": "province",
                        "regions": [],
                    },
                    {
                        "code": "QA",
                        "name": "Qatar",
                        "required_fields": ALWAYS,
                        "postcode_pattern": None,
                        "postcode_example": "",
                        "region_type": "province",
                        "regions": [],
                    },
                    {
                        "code": "US",
                        "name": "United States",
                        "required_fields": [
                            *ALWAYS[:3],
                            "region",
                            "postcode",
                            "country",
                        ],
                        "postcode_pattern": format_of("US").postcode,
                        "postcode_example": "95014",
                        "region_type": "state",
                        "regions": mock.ANY,
                    },
                ],
            },
        )

    def test_regions_are_listed(self) -> None:
        states = self.client.get(URL).json()["results"][-1]["regions"]
        self.assertEqual(states[0], {"code": "AL", "name": "Alabama"})
        self.assertEqual(len(states), 62)

    def test_is_the_same_in_xml(self) -> None:
        answer = self.client.get(URL, headers={"accept": "text/xml"})
        expected = as_text(self.client.get(URL).json())
        self.assertEqual(load_xml(answer.content), expected)

    def test_unknown_parameter(self) -> None:
        answer = self.client.get(f"{URL}?region=eu")
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(answer.json()["errors"][0]["pointer"], "#/query/region")
