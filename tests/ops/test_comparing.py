"""What ``script/bench --compare`` reads out of two commits' numbers."""

from unittest import TestCase

from script.benches._comparing import compared, figures


class FiguresTests(TestCase):
    """Rows of a measurement become figures by name and column."""

    def test_the_first_text_names_a_row_and_numbers_are_figures(self) -> None:
        rows = [{"name": "check", "value": 2.5, "reach": "≤ 3", "is_reached": True}]
        self.assertEqual(figures(rows), {("check", "value"): 2.5})

    def test_rows_of_one_name_are_told_apart_by_their_order(self) -> None:
        rows = [{"name": "list", "ms": 1}, {"name": "list", "ms": 2}]
        self.assertEqual(figures(rows), {("list", "ms"): 1, ("list (2)", "ms"): 2})


class ComparedTests(TestCase):
    """The turns of both commits become one line a figure."""

    def test_the_ratio_is_the_median_of_the_turns_ratios(self) -> None:
        key = ("list", "ms")
        before = [{key: 1.0}, {key: 10.0}, {key: 2.0}]
        after = [{key: 2.0}, {key: 30.0}, {key: 2.0}]  # twice, thrice, as much
        self.assertEqual(
            list(compared(before, after)), [["list", "ms", 2.0, 2.0, "2.00"]]
        )

    def test_a_figure_of_one_commit_alone_is_left_out(self) -> None:
        both, old = ("list", "ms"), ("list", "sql")
        lines = list(compared([{both: 1, old: 3}], [{both: 2}]))
        self.assertEqual([line[:2] for line in lines], [["list", "ms"]])

    def test_a_figure_that_was_zero_has_no_ratio(self) -> None:
        key = ("restart", "lost")
        self.assertEqual(next(iter(compared([{key: 0}], [{key: 2}])))[-1], "")
