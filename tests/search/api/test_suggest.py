"""GET /api/search/suggest/"""

from rest_framework.test import APITestCase

from catalogue.services import update_product
from tests.catalogue.factories import CategoryFactory
from tests.search.index import film, film_type, fresh_index


class SuggestTests(APITestCase):
    """Titles and categories while somebody types"""

    @classmethod
    def setUpTestData(cls) -> None:
        kind = film_type()
        cls.category = CategoryFactory(name="Été de Kings")
        CategoryFactory(name="King's secret", is_public=False)
        cls.kong = film("King Kong", kind)
        cls.return_ = film("Return of the King", kind)
        cls.amelie = film("Amélie", kind)
        film("Kingdom hidden", kind, is_public=False)
        cls.kind = kind

    def setUp(self) -> None:
        fresh_index()

    def suggest(self, start: str, status: int = 200) -> list[dict[str, object]]:
        answer = self.client.get("/api/search/suggest/", {"q": start})
        self.assertEqual(answer.status_code, status, answer.content)
        return answer.json().get("results") or answer.json().get("errors", [])

    def titles(self, start: str) -> list[object]:
        return [row["title"] for row in self.suggest(start)]

    def test_whole_answer(self) -> None:
        self.assertEqual(
            self.suggest("ki"),
            [
                {
                    "type": "category",
                    "id": self.category.pk,
                    "slug": "ete-de-kings",
                    "title": "Été de Kings",
                },
                {
                    "type": "product",
                    "id": self.kong.pk,
                    "slug": "king-kong",
                    "title": "King Kong",
                },
                {
                    "type": "product",
                    "id": self.return_.pk,
                    "slug": "return-of-the-king",
                    "title": "Return of the King",
                },
            ],
        )

    def test_accents_and_case_do_not_matter(self) -> None:
        self.assertEqual(self.titles("AME"), ["Amélie"])
        self.assertEqual(self.titles("amé"), ["Amélie"])
        self.assertEqual(self.titles("ete"), ["Été de Kings"])

    def test_every_word_is_a_beginning(self) -> None:
        self.assertEqual(self.titles("ret ki"), ["Return of the King"])
        self.assertEqual(self.titles("ing"), [])

    def test_at_most_ten(self) -> None:
        for number in range(12):
            film(f"King {number:02}", self.kind)
        fresh_index()
        self.assertEqual(len(self.titles("king")), 10)

    def test_hidden_products_never_appear(self) -> None:
        update_product(self.kong.pk, is_public=False)  # the index does not know yet
        self.assertEqual(self.titles("kong"), [])

    def test_two_queries(self) -> None:
        with self.assertNumQueries(2):
            self.titles("king")

    def test_too_short_or_too_long(self) -> None:
        for start in ("", "k", " k ", "k" * 201):
            (fault,) = self.suggest(start, 400)
            self.assertEqual(fault["pointer"], "#/query/q")

    def test_without_letters_nothing(self) -> None:
        self.assertEqual(self.titles("!?"), [])
