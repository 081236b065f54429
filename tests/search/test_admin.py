from datetime import timedelta
from unittest.mock import patch

from django.test import TestCase
from django.utils import timezone
from reversion.models import Version

from search.models import FruitlessQuery, Synonym
from search.services import count_fruitless, purge_fruitless
from tests.users.factories import UserFactory


class SynonymAdminTests(TestCase):
    """/admin/search/synonym/"""

    def setUp(self) -> None:
        self.client.force_login(UserFactory(is_staff=True, is_superuser=True))

    def post(self, words: str) -> int:
        body = {"words": words, "is_active": "on"}
        return self.client.post("/admin/search/synonym/add/", body).status_code

    def test_each_save_is_a_version(self) -> None:
        self.assertEqual(self.post("sci-fi, science fiction"), 302)
        group = Synonym.objects.get()
        self.assertEqual(Version.objects.get_for_object(group).count(), 1)

    def test_a_list_that_says_nothing_is_refused(self) -> None:
        for words in ("alone", "Same, same!", ", ,"):
            self.assertEqual(self.post(words), 200)
        self.assertEqual(Synonym.objects.count(), 0)


class FruitlessQueryTests(TestCase):
    """/admin/search/fruitlessquery/ and its pruning"""

    def test_staff_read_and_nobody_writes(self) -> None:
        count_fruitless("Blade Runner")
        url = "/admin/search/fruitlessquery/"
        self.assertEqual(self.client.get(url).status_code, 302)
        self.client.force_login(UserFactory(is_staff=True, is_superuser=True))
        self.assertContains(self.client.get(url), "blade runner")
        self.assertEqual(self.client.get(f"{url}add/").status_code, 403)

    def test_long_queries_are_cut(self) -> None:
        count_fruitless("abcdefghi " * 20)
        self.assertEqual(len(FruitlessQuery.objects.get().query), 100)

    def test_old_ones_go(self) -> None:
        count_fruitless("old")
        count_fruitless("new")
        old = timezone.now() - timedelta(days=91)
        FruitlessQuery.objects.filter(query="old").update(last_at=old)
        self.assertEqual(purge_fruitless(), 1)
        self.assertEqual(FruitlessQuery.objects.get().query, "new")

    def test_beyond_a_number_the_rarest_go(self) -> None:
        for query in ("rare", "asked", "asked", "often", "often", "often"):
            count_fruitless(query)
        with patch("search.services.MOST_QUERIES", 2):
            self.assertEqual(purge_fruitless(), 1)
        left = set(FruitlessQuery.objects.values_list("query", flat=True))
        self.assertEqual(left, {"asked", "often"})
