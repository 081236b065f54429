"""What tests compare of a page that time changes."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from django.test import SimpleTestCase

from custom.api.renderers import dump_json
from custom.api.xml import dump_xml
from tests.formats import JSON, TRIES, read_in_both


class ReadTests(SimpleTestCase):
    """Reading one page in both formats"""

    def page(self, told: Callable[[str, int], int]) -> Callable[[str], Any]:
        """Return a page that tells a number of the format and the reads before."""
        self.asked: list[str] = []

        def read(accept: str) -> Any:  # noqa: ANN401
            value = {"seconds": told(accept, len(self.asked))}
            self.asked.append(accept)
            write = dump_json if accept == JSON else dump_xml
            return SimpleNamespace(content=write(value))

        return read

    def test_a_second_that_passes(self) -> None:
        page = self.page(lambda _, before: 54 if before == 0 else 53)
        in_json, in_xml = read_in_both(page)
        self.assertEqual(in_json.content, b'{"seconds":53}')
        self.assertIn(">53<", in_xml.content)

    def test_a_format_that_differs(self) -> None:
        page = self.page(lambda accept, _: 54 if accept == JSON else 53)
        in_json, in_xml = read_in_both(page)
        self.assertEqual(in_json.content, b'{"seconds":54}')
        self.assertIn(">53<", in_xml.content)
        self.assertEqual(len(self.asked), 3)

    def test_what_never_stays(self) -> None:
        read_in_both(self.page(lambda _, before: before))
        self.assertEqual(len(self.asked), 3 * TRIES)
