from django.core.exceptions import ValidationError
from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from users.emails import is_same_mailbox, normalize_email, validate_normalized_length


class NormalizeEmailTests(SimpleTestCase):
    """users.emails.normalize_email"""

    def test_spellings_of_one_address_are_equal(self) -> None:
        for spelling in (
            "Ada@Example.com",
            " ada@example.com ",
            "ADA@EXAMPLE.COM",
            "ada@ｅｘａｍｐｌｅ.com",  # noqa: RUF001 - full-width letters
        ):
            with self.subTest(spelling):
                self.assertEqual(normalize_email(spelling), "ada@example.com")

    def test_composed_and_decomposed_letters_are_equal(self) -> None:
        self.assertEqual(
            normalize_email("a@mu\u0308nchen.de"), normalize_email("a@M\u00dcNCHEN.de")
        )

    def test_different_addresses_stay_different(self) -> None:
        self.assertEqual(normalize_email("a@münchen.de"), "a@münchen.de")
        self.assertNotEqual(
            normalize_email("a@münchen.de"), normalize_email("a@munchen.de")
        )

    @given(st.text())
    def test_normalising_twice_changes_nothing(self, text: str) -> None:
        once = normalize_email(text)
        self.assertEqual(normalize_email(once), once)


class NormalizedLengthTests(SimpleTestCase):
    """users.emails.validate_normalized_length"""

    def test_the_longest_address_fits(self) -> None:
        self.assertIsNone(validate_normalized_length("a@" + "b" * 252))

    def test_an_address_that_grows_when_normalised_is_refused(self) -> None:
        address = "a@" + "ß" * 127  # 129 characters typed, 256 normalised
        with self.assertRaises(ValidationError) as caught:
            validate_normalized_length(address)
        self.assertEqual(caught.exception.code, "max_length")


class MailboxTests(SimpleTestCase):
    """users.emails.is_same_mailbox"""

    def test_only_the_case_of_ascii_letters_may_differ(self) -> None:
        self.assertTrue(is_same_mailbox(" Ada@Example.com", "ada@example.COM "))
        for other in (
            "ada@exämple.com",
            "ada@\uff45xample.com",  # normalised, the same
            "\u212aada@example.com",
            "ada@example.com.au",
            "",
        ):
            self.assertFalse(is_same_mailbox("ada@example.com", other), other)
        self.assertFalse(is_same_mailbox("a@straße.de", "a@strasse.de"))
