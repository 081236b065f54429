from unittest import TestCase

from django.test import SimpleTestCase

from address.api.serializers import AddressSerializer, ShippingAddressSerializer
from address.formats import FORMATS, Fault, country_codes, find_faults

VIENNA = {
    "last_name": "Lovelace",
    "line1": "Stephansplatz 1",
    "city": "Wien",
    "postcode": "1010",
    "country": "AT",
}


class FindFaultsTests(TestCase):
    """address.formats"""

    def test_each_example_fits_its_own_country(self) -> None:
        for country, rules in FORMATS.items():
            address = {
                "country": country,
                "postcode": rules.example,
                "region": "Somewhere",
            }
            with self.subTest(country):
                self.assertIn(country, country_codes())
                self.assertEqual(find_faults(address), [])

    def test_what_a_country_needs(self) -> None:
        address = {"country": "US", "postcode": "", "region": ""}
        self.assertEqual(
            [(fault.part, fault.code) for fault in find_faults(address)],
            [("region", "required"), ("postcode", "required")],
        )
        address = {"country": "DE", "postcode": "1011", "region": ""}
        detail = "This is not a postcode of the country; one is 10115."
        expected = Fault("postcode", "invalid", detail)
        self.assertEqual(find_faults(address), [expected])

    def test_a_country_without_an_entry_takes_anything(self) -> None:
        address = {"country": "IE", "postcode": "", "region": ""}
        self.assertEqual(find_faults(address), [])

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
