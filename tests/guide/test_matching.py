from django.test import SimpleTestCase

from tests.guide.matching import find_difference, read_shown


class DifferenceTests(SimpleTestCase):
    """What is shown, and what was printed instead"""

    def test_ellipses_stand_for_values_members_and_items(self) -> None:
        shown = '{"a": …, "b": [1, …], "c": {"d": "x…", …}, …}'
        self.assertEqual(
            read_shown(shown),
            {"a": "…", "b": [1, "…"], "c": {"d": "x…", "…": ""}, "…": ""},
        )
        real = '{"a": {"z": 1}, "b": [1, 2, 3], "c": {"d": "xyz", "e": 1}, "f": 2}'
        self.assertEqual(find_difference("json", shown, real), "")

    def test_json_that_is_not_as_shown(self) -> None:
        for shown, real, told in (
            ('{"a": 1}', '{"a": 2}', "#/a is 2"),
            ('{"a": 1}', '{"a": true}', "#/a is True"),
            ('{"a": "1"}', '{"a": 1}', "#/a is 1"),
            ('{"a": 1}', '{"a": 1, "b": 2}', "# has b too"),
            ('{"a": 1, …}', '{"b": 2}', "# has no a"),
            ("[1]", "[1, 2]", "# has 2 items"),
            ("[1, 2, …]", "[1]", "# has 1 items"),
            ('["a…"]', '["ba"]', "#/0 is 'ba'"),
            ('["2026-01-01T00:00:00Z"]', '["soon"]', "#/0 is 'soon'"),
            ('["SO-DTCM8D2K1G5QZ"]', '["17"]', "#/0 is '17'"),
            ("{}", "<html>", "it is no JSON"),
        ):
            with self.subTest(shown=shown, real=real):
                self.assertEqual(find_difference("json", shown, real), told)

    def test_moments_ids_and_numbers_are_examples(self) -> None:
        shown = '["2026-01-01T00:00:00Z", "SO-DTCM8D2K1G5QZ"]'
        real = '["2026-11-26T04:40:00Z", "SO-R3XN6BF2ATCKS"]'
        self.assertEqual(find_difference("json", shown, real), "")

    def test_messages_by_status_headers_and_body(self) -> None:
        real = (
            "HTTP/1.1 200 OK\r\netag: W/1\r\nContent-Type: application/json\r\n\r\n"
            '{"a": 1}'
        )
        for shown, told in (
            ('HTTP/1.1 200 OK\nETag: …\n\n{"a": 1}', ""),
            ("HTTP/1.1 201 Created\n", "the status is HTTP/1.1 200 OK"),
            ("HTTP/1.1 200 OK\nETag: W/2\n", "the header ETag is W/1"),
            ("HTTP/1.1 200 OK\nAge: …\n", "the header Age is None"),
            ('HTTP/1.1 200 OK\n\n{"a": 2}', "#/a is 1"),
        ):
            with self.subTest(shown=shown):
                self.assertEqual(find_difference("http", shown, real), told)

    def test_texts_and_xml(self) -> None:
        self.assertEqual(find_difference("text", "200\n…\nend\n", "200\na\nb\nend"), "")
        self.assertEqual(find_difference("xml", "<a>\n  <b/>\n</a>", "<a><b/></a>"), "")
        self.assertEqual(find_difference("text", "200", "2000"), "it is another text")
