"""What was asked before is found again without a search."""

from typing import Any
from unittest.mock import patch

from haystack import connections

from catalogue.services import announce_changes, update_product
from search import selectors
from search.matching import Found
from search.models import Synonym
from search.selectors import EMPTY_WEIGHT, suggest_titles
from search.services import follow_changes
from tests.search.index import KongTestCase, found


class RepeatTests(KongTestCase):
    """Until something changes"""

    def assert_searches(self, number: int, **wanted: Any) -> None:  # noqa: ANN401
        """Check how many searches a question takes."""
        backend = connections["default"].get_backend()
        with patch.object(backend, "search", wraps=backend.search) as search:
            found(**wanted)
        self.assertEqual(search.call_count, number)

    def test_until_the_index_changes(self) -> None:
        self.assert_searches(1, query="kong")
        self.assert_searches(0, query="kong")
        self.assert_searches(1, query="kong", facets=("partner",))
        announce_changes([self.kong.pk])
        follow_changes()
        self.assert_searches(1, query="kong")

    def test_until_a_product_is_hidden(self) -> None:
        self.assertEqual(found("kong"), [self.kong.pk])
        update_product(self.kong.pk, is_public=False)
        self.assertEqual(found("kong"), [])

    def test_until_there_are_other_synonyms(self) -> None:
        self.assertEqual(found("gorilla"), [])
        Synonym.objects.create(words="gorilla, king kong")
        self.assertEqual(found("gorilla"), [self.kong.pk])

    def test_of_a_bounded_number(self) -> None:
        for name, ask in (("_FOUND", found), ("_SUGGESTED", suggest_titles)):
            answers = getattr(selectors, name)
            with self.subTest(name), patch.object(answers, "_most", 3 * EMPTY_WEIGHT):
                for number in range(9):  # nothing is found, which weighs, too
                    ask(f"nobody{number}")
                self.assertLessEqual(len(answers._kept), 3)

    def test_what_is_hidden_weighs_too(self) -> None:
        nothing = Found(
            matches=[], count=0, facets={}, suggestion=None, is_fruitless=True
        )
        hidden = tuple(range(1000))
        self.assertGreater(selectors._weight(("kong", (), hidden), nothing), 1000)

    def test_suggestions(self) -> None:
        suggest_titles("ki")
        with patch("search.selectors.find_titles") as search:
            self.assertEqual(suggest_titles("ki"), [self.kong.pk])
        search.assert_not_called()
