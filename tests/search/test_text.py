from django.test import SimpleTestCase

from search.text import Clause, fold, normalise, read_clauses, split_words


class TextTests(SimpleTestCase):
    """Words as search compares them"""

    def test_fold(self) -> None:
        for text, folded in (
            ("Amélie", "amelie"),
            ("ÅNGSTRÖM", "angstrom"),
            ("Straße", "strasse"),
            ("Łódź", "lodz"),
            ("Smørrebrød", "smorrebrod"),
            ("ﬃ", "ffi"),
            ("İstanbul", "istanbul"),
            ("東京", "東京"),
        ):
            self.assertEqual(fold(text), folded)

    def test_words(self) -> None:
        for text, words in (
            ("Ocean's Eleven", ["oceans", "eleven"]),
            ("L'Atalante", ["l", "atalante"]),
            ("Spider-Man_2: (2004)", ["spider", "man", "2", "2004"]),
            ("", []),
            ("x" * 99, ["x" * 60]),
        ):
            self.assertEqual(split_words(text), words)

    def test_clauses(self) -> None:
        self.assertEqual(
            read_clauses('king "Star  Wars" -ape -"planet of" "open end'),
            [
                Clause(("king",)),
                Clause(("star", "wars")),
                Clause(("ape",), is_unwanted=True),
                Clause(("planet", "of"), is_unwanted=True),
                Clause(("open",)),
                Clause(("end",)),
            ],
        )

    def test_only_the_first_words_count(self) -> None:
        self.assertEqual(len(read_clauses("word " * 99)), 16)

    def test_normalise(self) -> None:
        self.assertEqual(normalise('  KING "Köng" - ?'), "king kong")
