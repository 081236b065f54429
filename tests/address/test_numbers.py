from django.test import SimpleTestCase

from address.numbers import UnreadableNumberError, read_numbers, read_phone, read_vat_id


class PhoneTests(SimpleTestCase):
    """address.numbers.read_phone"""

    def test_every_way_of_writing_is_kept_in_one_form(self) -> None:
        for text, country in (
            ("0664 1234567", "AT"),
            ("(0664) 123-45-67", "AT"),
            ("+43 664 1234567", "AT"),
            ("0043 664 1234567", "DE"),
            ("+43 664 1234567", "US"),
            ("tel:+43-664-1234567", "AT"),
            ("+43 (0) 664 1234567", "AT"),
            ("\uff0b\uff14\uff13 664 1234567", "AT"),  # full-width
        ):
            with self.subTest(text, country=country):
                self.assertEqual(read_phone(text, country), "+436641234567")

    def test_others_are_refused(self) -> None:
        for text, country in (
            ("no number", "AT"),
            ("123", "AT"),
            ("+999 664 1234567", "AT"),
            ("555-0100", "US"),
            ("0664 1234567 ext. 12", "AT"),
            ("0664 1234567;ext=12", "AT"),
            ("112", "DE"),  # everybody's, and nobody's
            ("911", "US"),
            ("06641234567", "AQ"),  # no plan is known
            ("٠٦٦٤", "AT"),
            ("1" * 32, "AT"),
        ):
            with self.subTest(text), self.assertRaises(UnreadableNumberError):
                read_phone(text, country)


class VatIdTests(SimpleTestCase):
    """address.numbers.read_vat_id"""

    def test_ids_are_kept_in_their_countrys_form(self) -> None:
        for text, country, kept in (
            ("ATU13585627", "AT", "ATU13585627"),
            ("at u1358 5627", "AT", "ATU13585627"),
            ("U13585627", "AT", "ATU13585627"),
            ("DE136695976", "DE", "DE136695976"),
            ("Fr 40 303 265 045", "FR", "FR40303265045"),
            ("EL 094259216", "GR", "EL094259216"),
            ("094259216", "GR", "EL094259216"),
            ("GB 980 7806 84", "GB", "980780684"),
            ("XI 980 7806 84", "GB", "XI980780684"),
            ("CHE-107.787.577 IVA", "CH", "CHE107787577IVA"),
            ("gr 094259216", "GR", "EL094259216"),
            ("FR 40 303265045", "MC", "FR40303265045"),
            ("40303265045", "RE", "FR40303265045"),
            ("gb 980 7806 84", "IM", "980780684"),
            ("CHE-107.787.577 MWST", "LI", "CHE107787577MWST"),
            ("es b-58378431", "ES", "ESB58378431"),
            ("nl 4495445B01", "NL", "NL004495445B01"),
            ("be0428759497", "BE", "BE0428759497"),
        ):
            with self.subTest(text):
                self.assertEqual(read_vat_id(text, country), kept)

    def test_others_are_refused(self) -> None:
        for text, country in (
            ("ATU13585626", "AT"),  # check digit
            ("ATU1358562", "AT"),
            ("DE136695976", "AT"),  # of another country
            ("ATU13585627", "DE"),
            ("CHE-107.787.578 MWST", "CH"),
            ("GB 980 7806 85", "GB"),
            ("GB 980 7806 84", "JE"),  # has none
            ("ELGR094259216", "GR"),
            ("x", "AT"),
            ("12-3456789", "US"),  # has none
            ("1", "AQ"),
            ("ATÜ13585627", "AT"),
        ):
            with self.subTest(text), self.assertRaises(UnreadableNumberError):
                read_vat_id(text, country)


class ReadNumbersTests(SimpleTestCase):
    """address.numbers.read_numbers"""

    def test_what_is_right_is_returned_and_what_is_wrong_named(self) -> None:
        read, faults = read_numbers({"phone": "0664 1234567", "vat_id": "x"}, "AT")
        self.assertEqual(read, {"phone": "+436641234567"})
        self.assertEqual(
            [(each.part, each.code) for each in faults], [("vat_id", "invalid")]
        )

    def test_nothing_is_read_of_nothing(self) -> None:
        self.assertEqual(
            read_numbers({"phone": "", "vat_id": ""}, "AT"),
            ({"phone": "", "vat_id": ""}, []),
        )
