import unicodedata
from unittest import TestCase

from django import forms
from django.core.exceptions import ValidationError

from custom.codes import normalize_code, read_code
from custom.fields import CodeFormField

UNSEEN = (
    "\u200b",  # zero-width space
    "\u200d",  # zero-width joiner
    "\u2060",  # word joiner
    "\ufeff",  # byte order mark
    "\u00ad",  # soft hyphen
    "\u202e",  # right-to-left override
    "\u2067",  # right-to-left isolate
    "\u00a0",  # no-break space
    "\u2003",  # em space
    "\u3000",  # ideographic space
    "\u2028",  # line separator
    "\t",
    "\n",
    "\x00",
    "\x7f",
    "\ud800",  # half a character
    "\ue000",  # private use
    "\U000e0041",  # tag letter
    "\u034f",  # grapheme joiner
    "\u115f",  # Hangul filler
    "\u3164",
    "\u2800",  # blank Braille pattern
    "\ufe0f",  # variation selector
    "\U000e0100",
)


class ReadCodeTests(TestCase):
    """custom.codes"""

    def test_what_is_seen_is_taken_as_it_is(self) -> None:
        for code in ("A-1", "a 1/2", "№ 7", "Ä1", "サイズ", "א1", "कोड", "x_é.#%"):
            self.assertEqual(read_code(code), code)

    def test_what_is_not_seen_is_named(self) -> None:
        for each in UNSEEN:
            with self.subTest(f"U+{ord(each):04X}"):
                with self.assertRaises(ValidationError) as caught:
                    read_code(f"A{each}1")
                self.assertEqual(caught.exception.code, "invalid-character")
                self.assertIn(f"U+{ord(each):04X}.", caught.exception.message)

    def test_spaces_in_a_row_look_like_one(self) -> None:
        with self.assertRaises(ValidationError) as caught:
            read_code("A  1")
        self.assertEqual(caught.exception.code, "invalid-character")

    def test_blanks_around_it_do_not_count(self) -> None:
        self.assertEqual(read_code(" A 1\u00a0\n"), "A 1")

    def test_composed_and_decomposed_letters_are_one(self) -> None:
        apart = unicodedata.normalize("NFD", "É-1")
        self.assertNotEqual(apart, "É-1")
        self.assertEqual(read_code(apart), "É-1")
        self.assertEqual(normalize_code(apart), "É-1")

    def test_looking_up_refuses_nothing(self) -> None:
        self.assertEqual(normalize_code(" A\u200b1 "), "A\u200b1")


class Codes(forms.Form):
    code = CodeFormField(max_length=3, required=False)


class CodeFormFieldTests(TestCase):
    """custom.fields.CodeFormField"""

    def test_it_reads_codes(self) -> None:
        form = Codes({"code": " E\u0301-1 "})
        self.assertEqual(form.errors, {})
        self.assertEqual(form.cleaned_data, {"code": "É-1"})  # as long as it is kept
        form = Codes({"code": "A\u200b1"})
        self.assertEqual(form.errors.as_data()["code"][0].code, "invalid-character")
        self.assertTrue(Codes({"code": ""}).is_valid())

    def test_one_that_stays_is_not_read_again(self) -> None:
        stored = {"code": "A\u200b"}
        form = Codes({"code": "A\u200b"}, initial=stored)
        self.assertEqual(form.errors, {})
        self.assertEqual(form.cleaned_data, stored)
        self.assertFalse(Codes({"code": "B\u200b"}, initial=stored).is_valid())
