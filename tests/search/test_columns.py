"""Columns count exactly, as of the commit that an index is open at."""

import shutil
import tempfile
from pathlib import Path
from unittest import TestCase
from unittest.mock import Mock

import xapian

from search.columns import (
    BLOCK,
    Column,
    ColumnWriter,
    count_values,
    mask,
    pick_numbers,
)

COLOUR = "colour"


class ColumnTests(TestCase):
    """What is written can be counted"""

    def setUp(self) -> None:
        self.place = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.place)

    def write(
        self, values: dict[int, dict[str, list[str]]], name: str = "index"
    ) -> xapian.Database:
        """Commit products' values, and return the index as it is then."""
        path = str(Path(self.place) / name)
        database = xapian.WritableDatabase(path, xapian.DB_CREATE_OR_OPEN)
        columns = ColumnWriter(database)
        for pk, each in values.items():
            database.replace_document(pk, xapian.Document())
            columns.put(pk, each)
        columns.flush()
        database.commit()
        database.close()
        return xapian.Database(path)

    def test_values_of_all_and_of_some(self) -> None:
        index = self.write(
            {
                1: {COLOUR: ["red", "blue"]},
                2: {COLOUR: ["red"]},
                3: {COLOUR: []},
                4: {COLOUR: ["red", "blue"]},
            }
        )
        self.assertEqual(count_values(index, COLOUR, None), {"red": 3, "blue": 2})
        some = count_values(index, COLOUR, pick_numbers(index, COLOUR, [2, 4]))
        self.assertEqual(some, {"red": 2, "blue": 1})
        self.assertEqual(count_values(index, "shape", None), {})

    def test_what_fits(self) -> None:
        index = self.write({1: {COLOUR: ["red", "blue"]}, 2: {COLOUR: ["red"]}, 3: {}})
        numbers = pick_numbers(index, COLOUR, [3, 2, 1])
        for wanted, found in (("red", [0, 1, 1]), ("blue", [0, 0, 1]), ("", [0, 0, 0])):
            with self.subTest(wanted):
                told = mask(index, COLOUR, numbers, lambda values: wanted in values)  # noqa: B023
                self.assertEqual([*told], found)

    def test_more_combinations_than_a_byte_tells_apart(self) -> None:
        index = self.write({pk: {COLOUR: [f"colour {pk}"]} for pk in range(1, 300)})
        numbers = pick_numbers(index, COLOUR, [299, 1])
        counts = count_values(index, COLOUR, numbers)
        self.assertEqual(counts, {"colour 299": 1, "colour 1": 1})
        told = mask(index, COLOUR, numbers, lambda values: values == ["colour 1"])
        self.assertEqual([*told], [0, 1])
        self.assertEqual(count_values(index, COLOUR).total(), 299)

    def test_more_values_than_bytes_are_looked_through_for(self) -> None:
        index = self.write({pk: {COLOUR: [f"colour {pk}"]} for pk in range(1, 200)})
        numbers = pick_numbers(index, COLOUR, range(1, 200))
        self.assertEqual(set(count_values(index, COLOUR, numbers).values()), {1})

    def test_of_no_product(self) -> None:
        index = self.write({1: {COLOUR: ["red"]}})
        numbers = pick_numbers(index, COLOUR, [])
        self.assertEqual(count_values(index, COLOUR, numbers), {})

    def test_a_value_that_is_gone(self) -> None:
        self.write({1: {COLOUR: ["red"]}, 2: {COLOUR: ["red"], "shape": ["round"]}})
        index = self.write({2: {COLOUR: ["blue"]}})
        self.assertEqual(count_values(index, COLOUR, None), {"red": 1, "blue": 1})
        self.assertEqual(count_values(index, "shape", None), {})

    def test_ids_far_apart(self) -> None:
        far = 5 * BLOCK
        self.write({far: {COLOUR: ["red"]}})
        index = self.write({far + BLOCK: {"shape": ["round"]}})
        numbers = pick_numbers(index, COLOUR, [far + BLOCK])
        last = count_values(index, COLOUR, numbers)
        self.assertEqual(last, {})
        self.assertEqual(count_values(index, COLOUR, None), {"red": 1})
        self.assertEqual(count_values(index, "shape", None), {"round": 1})

    def test_a_combination_longer_than_a_key(self) -> None:
        many = [f"value {number}" for number in range(500)]
        index = self.write({1: {COLOUR: many}, 2: {COLOUR: many}})
        self.assertEqual(count_values(index, COLOUR, None), dict.fromkeys(many, 2))

    def test_an_older_commit_after_a_newer_one(self) -> None:
        older = self.write({1: {COLOUR: ["red"]}, BLOCK: {COLOUR: ["red"]}})
        newer = self.write({BLOCK: {COLOUR: ["blue"]}, 3 * BLOCK: {COLOUR: ["red"]}})
        for _ in range(2):
            self.assertEqual(count_values(older, COLOUR, None), {"red": 2})
            self.assertEqual(count_values(newer, COLOUR, None), {"red": 2, "blue": 1})

    def test_an_older_commit_with_smaller_numbers(self) -> None:
        older = self.write({1: {COLOUR: ["red"]}})
        many = {pk: {COLOUR: [f"colour {pk}"]} for pk in range(2, 300)}
        newer = self.write(many)
        self.assertEqual(len(count_values(newer, COLOUR, None)), 299)
        self.assertEqual(count_values(older, COLOUR, None), {"red": 1})

    def test_another_index(self) -> None:
        first = self.write({1: {COLOUR: ["red"]}})
        second = self.write({1: {COLOUR: ["blue"]}}, "second")
        self.assertEqual(count_values(first, COLOUR, None), {"red": 1})
        self.assertEqual(count_values(second, COLOUR, None), {"blue": 1})

    def test_only_blocks_that_have_changed_are_read(self) -> None:
        values = {place * BLOCK: {COLOUR: ["red"]} for place in range(1, 5)}
        column = Column().as_of(self.write(values), COLOUR)
        index = Mock(wraps=self.write({2 * BLOCK: {COLOUR: ["blue"]}}))
        again = column.as_of(index, COLOUR)
        read = [call.args[0] for call in index.get_metadata.call_args_list]
        self.assertEqual(read, ["stamps:colour", "last:colour", "block:colour:2"])
        self.assertNotEqual(again.numbers[2 * BLOCK], again.numbers[BLOCK])
        self.assertIs(again.as_of(index, COLOUR), again)

    def test_what_parts_have_numbered_for_themselves(self) -> None:
        parts = [
            self.write({1: {COLOUR: ["red"]}, 2: {COLOUR: ["blue"]}}, "one"),
            self.write({3: {COLOUR: ["blue"]}, 4: {"shape": ["round"]}}, "two"),
        ]
        path = str(Path(self.place) / "whole")
        database = xapian.WritableDatabase(path, xapian.DB_CREATE)
        columns = ColumnWriter(database)
        for pk in range(1, 5):
            database.replace_document(pk, xapian.Document())
        for part in parts:
            columns.add(part)
        columns.flush()
        database.commit()
        self.assertEqual(count_values(database, COLOUR, None), {"red": 1, "blue": 2})
        self.assertEqual(count_values(database, "shape", None), {"round": 1})
