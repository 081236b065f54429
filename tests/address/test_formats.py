from unittest import TestCase

from django.test import SimpleTestCase

from address.api.serializers import AddressSerializer, ShippingAddressSerializer
from address.formats import (
    Fault,
    country_codes,
    find_faults,
    format_of,
    region_key,
    tidy_parts,
)

VIENNA = {
    "last_name": "Lovelace",
    "line1": "Stephansplatz 1",
    "city": "Wien",
    "postcode": "1010",
    "country": "AT",
}


def place(country: str, **parts: str) -> dict[str, str]:
    return {"country": country, "city": "", "region": "", "postcode": ""} | parts


def _parts(address: dict[str, str]) -> dict[str, str]:
    return {name: address[name] for name in ("city", "region", "postcode")}


class FindFaultsTests(TestCase):
    """address.formats"""

    def test_each_example_fits_its_own_country(self) -> None:
        for country in country_codes():
            rules = format_of(country)
            regions = [each.code for each in rules.regions] or ["Somewhere"]
            with self.subTest(country):
                for region in regions:
                    address = place(
                        country, city="X", postcode=rules.example, region=region
                    )
                    self.assertEqual(find_faults(address), [])
                    self.assertEqual(tidy_parts(address)["region"], region)

    def test_what_a_country_needs(self) -> None:
        self.assertEqual(
            [(fault.part, fault.code) for fault in find_faults(place("US"))],
            [("city", "required"), ("region", "required"), ("postcode", "required")],
        )
        address = place("DE", city="Berlin", postcode="1011")
        detail = "This is not a postcode of the country; one is 26133."
        expected = Fault("postcode", "invalid", detail)
        self.assertEqual(find_faults(address), [expected])
        self.assertEqual(find_faults(place("SG", postcode="018956")), [])

    def test_a_country_without_postcodes_takes_any(self) -> None:
        self.assertEqual(format_of("QA").postcode, None)
        for postcode in ("", "0000"):
            address = place("QA", city="Doha", postcode=postcode)
            self.assertEqual(find_faults(address), [])

    def test_a_postcode_that_may_be_left_out_is_checked_if_it_is_there(self) -> None:
        self.assertEqual(find_faults(place("IE", city="Cork")), [])
        faults = find_faults(place("IE", city="Cork", postcode="12"))
        self.assertEqual([fault.code for fault in faults], ["invalid"])

    def test_regions_with_short_codes_are_checked(self) -> None:
        for country, region, is_one in (
            ("US", "CA", True),
            ("US", "california", True),
            ("US", "Somewhere", False),
            ("AU", "new south wales", True),
            ("AU", "Bavaria", False),
            ("IT", "Lombardia", True),  # the postcode tells
            ("JP", "Somewhere", True),  # written in too many ways
            ("AT", "Somewhere", True),
        ):
            rules = format_of(country)
            address = place(country, city="X", postcode=rules.example, region=region)
            with self.subTest(country, region=region):
                found = [fault.part for fault in find_faults(address)]
                self.assertEqual(found, [] if is_one else ["region"])

    def test_parts_are_written_as_their_country_does(self) -> None:
        for country, part, typed, kept in (
            ("US", "region", "new york", "NY"),
            ("US", "region", "N.Y.", "N.Y."),
            ("CA", "region", "Québec", "QC"),
            ("ES", "region", "Araba", "VI"),
            ("JP", "region", "tokyo", "Tokyo"),
            ("JP", "region", "東京都", "東京都"),
            ("HK", "region", "九龍", "Kowloon"),
            ("AT", "region", "Wien", "Wien"),
            ("CH", "postcode", "CH-8001", "8001"),
            ("LU", "postcode", "L-1111", "1111"),
            ("PL", "postcode", "00-950", "00-950"),
            ("LV", "postcode", "LV-1010", "LV-1010"),
        ):
            with self.subTest(country, typed=typed):
                address = place(country) | {part: typed}
                self.assertEqual(tidy_parts(address), _parts(address) | {part: kept})

    def test_a_region_is_one_by_all_its_names(self) -> None:
        self.assertEqual(region_key("US", "California"), region_key("US", "ca"))
        self.assertEqual(region_key("JP", "Tokyo"), region_key("JP", "東京都"))
        self.assertEqual(region_key("AT", "Tirol"), "TIROL")
        self.assertEqual(region_key("US", ""), "")

    def test_codes_are_those_of_countries(self) -> None:
        codes = country_codes()
        self.assertLessEqual({"AT", "GB", "US", "TW"}, codes)
        self.assertEqual(codes & {"EU", "UN", "ZZ", "XK", "UK", "419"}, set())
        self.assertEqual(len(codes), 249)


class AddressSerializerTests(SimpleTestCase):
    """address.api.serializers"""

    def faults(self, **changes: object) -> dict[str, list[str]]:
        address = AddressSerializer(data=VIENNA | changes)
        self.assertIs(address.is_valid(), False)
        return {
            name: [error.code for error in errors]
            for name, errors in address.errors.items()
        }

    def test_spelling_is_tidied_and_what_is_left_out_is_empty(self) -> None:
        body = VIENNA | {"country": "gb", "postcode": " sw1a  1aa ", "city": "🏙 London"}
        address = AddressSerializer(data=body)
        self.assertIs(address.is_valid(), True)
        self.assertEqual(
            address.validated_data,
            {
                "first_name": "",
                "last_name": "Lovelace",
                "company": "",
                "line1": "Stephansplatz 1",
                "line2": "",
                "city": "🏙 London",
                "region": "",
                "postcode": "SW1A 1AA",
                "country": "GB",
                "phone": "",
                "vat_id": "",
            },
        )
        self.assertEqual(
            AddressSerializer(address.validated_data).data, address.validated_data
        )

    def test_faults_are_named(self) -> None:
        self.assertEqual(self.faults(country="UK"), {"country": ["unknown-country"]})
        self.assertEqual(self.faults(country="A"), {"country": ["min_length"]})
        self.assertEqual(self.faults(postcode="10115"), {"postcode": ["invalid"]})
        self.assertEqual(self.faults(planet="Mars"), {"planet": ["unknown-field"]})
        self.assertEqual(self.faults(city=" "), {"city": ["blank"]})

    def test_the_shop_ships_to_its_countries_only(self) -> None:
        body = VIENNA | {"country": "JP", "postcode": "100-0001"}
        self.assertIs(AddressSerializer(data=body).is_valid(), True)
        address = ShippingAddressSerializer(data=body)
        self.assertIs(address.is_valid(), False)
        self.assertEqual(address.errors["country"][0].code, "not-shipped-to")
