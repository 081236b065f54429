import io
import zipfile
from unittest import mock

from django.test import SimpleTestCase

from exchange.errors import FileRefusedError
from exchange.files import reading
from exchange.files.formulas import shield, unshield
from exchange.files.writing import XLSX_CELL
from tests.exchange.files import file_of, rows_of

NASTY = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "'=1+1",
    "''@x",
    "'tis",
    "plain",
    'a,b;c\n"d"',
    "",
    "Łódź",
)


class FormulaTests(SimpleTestCase):
    """No text is a formula in a file, and every text comes back"""

    def test_what_is_shielded_is_no_formula_and_comes_back(self) -> None:
        for text in NASTY:
            with self.subTest(text=text):
                self.assertFalse(shield(text).startswith(reading_dangers()))
                self.assertEqual(unshield(shield(text)), text)

    def test_every_format_brings_every_text_back(self) -> None:
        rows = [{"slug": f"s{n}", "title": text} for n, text in enumerate(NASTY)]
        for file_format in ("csv", "json"):
            with self.subTest(file_format=file_format):
                content = file_of(["slug", "title"], rows, file_format)
                self.assertEqual(rows_of(content, file_format), rows)

    def test_a_sheet_brings_texts_back_but_for_carriage_returns(self) -> None:
        texts = [text for text in NASTY if "\r" not in text]
        rows = [{"slug": f"s{n}", "title": text} for n, text in enumerate(texts)]
        content = file_of(["slug", "title"], rows, "xlsx")
        self.assertEqual(rows_of(content, "xlsx"), rows)

    def test_no_cell_of_a_csv_begins_as_a_formula(self) -> None:
        content = file_of(["title"], [{"title": "=cmd|' /C calc'!A0"}], "csv").decode()
        self.assertEqual(content.splitlines()[1], "'=cmd|' /C calc'!A0")


def reading_dangers() -> tuple[str, ...]:
    return ("=", "+", "-", "@", "\t", "\r", "\n")


class ReadingTests(SimpleTestCase):
    """Files that cannot be read say why"""

    def refused(self, content: bytes, file_format: str = "csv") -> str:
        with self.assertRaises(FileRefusedError) as caught:
            rows_of(content, file_format)
        return caught.exception.detail

    def test_semicolons_and_a_byte_order_mark(self) -> None:
        content = "\ufeffslug;title\r\na;Łódź, 1\r\n".encode()
        self.assertEqual(rows_of(content, "csv"), [{"slug": "a", "title": "Łódź, 1"}])

    def test_another_encoding(self) -> None:
        self.assertIn("UTF-8", self.refused("slug,title\na,Äpfel".encode("latin-1")))

    def test_columns_without_a_name_or_with_the_same(self) -> None:
        self.assertIn("name of its own", self.refused(b"slug,,title\na,b,c"))
        self.assertIn("name of its own", self.refused(b"slug,Slug\na,b"))
        self.assertIn("empty", self.refused(b""))

    def test_too_many_or_too_few_cells(self) -> None:
        self.assertIn("Row 1 has 3 cells", self.refused(b"slug,title\na,b,c"))
        self.assertIn("Row 1 has 1 cells", self.refused(b"slug,title\na"))

    def test_a_row_without_an_end(self) -> None:
        self.assertIn("no CSV", self.refused(b'slug\n"' + b"x" * 2_000_000))

    def test_json_as_lines_and_as_an_array_of_lines(self) -> None:
        rows = [{"slug": "a"}, {"slug": "b"}]
        for text in ('{"slug":"a"}\n{"slug":"b"}', '[\n{"slug":"a"},\n{"slug":"b"}\n]'):
            self.assertEqual(rows_of(text.encode(), "json"), rows)

    def test_json_that_is_none(self) -> None:
        for text in ("[1]", "nonsense", '{"a":NaN}', '{"a":1e999}', '{"a":"\\ud800"}'):
            with self.subTest(text=text):
                self.assertIn("Row 1", self.refused(text.encode(), "json"))
        self.assertIn("too long", self.refused(b" " * 2_000_000, "json"))

    def test_a_sheet_that_is_none(self) -> None:
        self.assertIn("damaged", self.refused(b"slug,title", "xlsx"))
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a", "b")
        self.assertIn("damaged", self.refused(file.getvalue(), "xlsx"))

    def test_a_bomb(self) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(3):
                archive.writestr(f"xl/{number}.xml", b"0" * 1_000_000)
        with mock.patch.object(reading, "MAX_UNZIPPED", 2_000_000):
            self.assertIn("unfolds", self.refused(file.getvalue(), "xlsx"))

    def test_a_text_too_long_for_a_sheet(self) -> None:
        rows = [{"slug": "x" * (XLSX_CELL + 1)}]
        with self.assertRaises(FileRefusedError):
            file_of(["slug"], rows, "xlsx")
