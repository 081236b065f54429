"""Answers are remembered as long as they are true, and no more of them than may be."""

from unittest import TestCase
from unittest.mock import Mock

from search.answers import Answers


class AnswerTests(TestCase):
    """What was asked before is known"""

    def setUp(self) -> None:
        self.state = Mock(return_value=1)
        self.answers: Answers[str] = Answers(lambda _asked, answer: len(answer), 10)
        self.search = Mock(side_effect=lambda: "ab")

    def ask(self, asked: str = "kong") -> str:
        return self.answers.get(self.state, asked, self.search)

    def test_once_for_each_question(self) -> None:
        for asked in ("kong", "ape", "kong"):
            self.assertEqual(self.ask(asked), "ab")
        self.assertEqual(self.search.call_count, 2)

    def test_anew_when_the_index_has_changed(self) -> None:
        self.ask()
        self.state.return_value = 2
        self.ask()
        self.assertEqual(self.search.call_count, 2)

    def test_not_what_was_found_while_it_changed(self) -> None:
        self.state.side_effect = [1, 2, 2, 2, 2]
        for _ in range(3):
            self.ask()
        self.assertEqual(self.search.call_count, 2)

    def test_never_where_nobody_knows_of_changes(self) -> None:
        self.state.return_value = None
        self.ask()
        self.ask()
        self.assertEqual(self.search.call_count, 2)

    def test_those_asked_for_last(self) -> None:
        for asked in ("1", "2", "3", "4", "5", "1", "6"):  # of two each: 2 must go
            self.ask(asked)
        self.search.reset_mock()
        for asked in ("1", "3", "4", "5", "6"):
            self.ask(asked)
        self.search.assert_not_called()
        self.ask("2")
        self.search.assert_called_once()

    def test_not_one_that_is_too_large(self) -> None:
        self.ask("ape")
        self.search.side_effect = lambda: "x" * 11
        self.ask()
        self.ask()
        self.ask("ape")
        self.assertEqual(self.search.call_count, 3)
