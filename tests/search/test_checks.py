from django.test import SimpleTestCase, override_settings

from search.checks import check_search_url
from search.connection import NO_ENGINE, haystack_options, read_search_url


class SearchUrlTests(SimpleTestCase):
    """SEARCH_URL"""

    def test_xapian(self) -> None:
        options = read_search_url("xapian:///var/lib/my%20shop/search")
        self.assertEqual(options["ENGINE"], "search.engine.Engine")
        self.assertEqual(options["PATH"], "/var/lib/my shop/search")

    def test_elasticsearch(self) -> None:
        options = read_search_url("elasticsearch+https://me:pw@host:9200/shop")
        self.assertEqual(options["URL"], "https://me:pw@host:9200")
        self.assertEqual(options["INDEX_NAME"], "shop")
        self.assertIn("elasticsearch7", options["ENGINE"])

    def test_solr(self) -> None:
        options = read_search_url("solr://host:8983/solr/shop")
        self.assertEqual(options["URL"], "http://host:8983/solr/shop")

    def test_right_ones_pass(self) -> None:
        self.assertEqual(check_search_url(), [])

    def test_wrong_ones_are_told_and_the_shop_starts(self) -> None:
        for url in ("", "whoosh:///x", "xapian://", "xapian://x/y", "solr://host"):
            with self.subTest(url=url), override_settings(SEARCH_URL=url):
                (error,) = check_search_url()
                self.assertEqual(error.id, "search.E001")
                self.assertIn("xapian:///var/lib/shop/search", error.hint)
                self.assertEqual(haystack_options(url), {"ENGINE": NO_ENGINE})

    @override_settings(SEARCH_URL="solr://host:8983/solr/shop")
    def test_missing_library_is_told(self) -> None:
        (error,) = check_search_url()
        self.assertEqual((error.id, error.hint), ("search.E002", "pip install pysolr"))
