from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext

from custom.api.xml import load_xml
from tests.catalogue.factories import ProductFactory
from tests.custom.caching.kept import SHARED, KeptPages, remembering
from tests.custom.throttling.limits import FreshLimits
from tests.users.factories import UserFactory, create_token

LIST = "/api/product/"
XML = {"Accept": "application/xml"}


class AnswerTestCase(KeptPages, TestCase):
    """One product, and requests for it."""

    def setUp(self) -> None:
        super().setUp()
        self.product = ProductFactory(title="Amélie")
        self.page = f"/api/product/{self.product.pk}/"

    def ask(self, path: str = LIST, **options: Any) -> tuple[HttpResponse, int]:  # noqa: ANN401
        """Return the answer, and the number of SQL statements it took."""
        method = options.pop("method", "get")
        with CaptureQueriesContext(connection) as queries:
            answer = getattr(self.client, method)(path, **options)
        return answer, len(queries)

    def assert_kept(self, path: str, **options: Any) -> HttpResponse:  # noqa: ANN401
        """The answer takes no SQL, and is the one that was rendered."""
        answer, queries = self.ask(path, **options)
        self.assertEqual((answer.status_code, queries), (200, 0))
        return answer

    def assert_rendered(self, path: str, **options: Any) -> HttpResponse:  # noqa: ANN401
        answer, queries = self.ask(path, **options)
        self.assertGreater(queries, 0)
        return answer


class HitTests(AnswerTestCase):
    """A page that has been rendered once"""

    def test_every_public_page_of_the_catalogue(self) -> None:
        for path in (
            LIST,
            self.page,
            f"/api/product/{self.product.slug}/",
            f"{self.page}review/",
            "/api/category/",
        ):
            with self.subTest(path=path):
                first = self.assert_rendered(path)
                again = self.assert_kept(path)
                self.assertEqual(again.content, first.content)
                told = first.headers.keys() - {"X-Request-ID", "RateLimit"}
                self.assertEqual(
                    {name: again.headers[name] for name in told if "Rate" not in name},
                    {name: first.headers[name] for name in told if "Rate" not in name},
                )

    def test_formats_are_kept_apart(self) -> None:
        as_json = self.client.get(self.page)
        as_xml = self.client.get(self.page, headers=XML)
        for _ in range(2):
            self.assertEqual(self.client.get(self.page).content, as_json.content)
            kept = self.assert_kept(self.page, headers=XML)
            self.assertEqual(kept.content, as_xml.content)
            self.assertEqual(kept["Content-Type"], "application/xml; charset=utf-8")
            self.assert_kept(f"{self.page}?format=json", headers=XML) if _ else None
            self.client.get(f"{self.page}?format=json", headers=XML)
        self.assertEqual(load_xml(as_xml.content)["title"], "Amélie")
        self.assertNotEqual(as_json["ETag"], as_xml["ETag"])

    def test_a_version_that_is_no_more_is_refused(self) -> None:
        self.client.get(self.page)
        answer, _ = self.ask(
            self.page, headers={"Accept": "application/json; version=9"}
        )
        self.assertEqual(answer.status_code, 406)

    def test_hosts_and_schemes_are_kept_apart(self) -> None:
        def next_page(**options: Any) -> str:  # noqa: ANN401
            link: str = self.client.get(f"{LIST}?page_size=1", **options).json()["next"]
            return link

        ProductFactory()
        for _ in range(2):
            self.assertTrue(next_page().startswith("http://testserver/"))
            near = next_page(headers={"host": "localhost"})
            self.assertTrue(near.startswith("http://localhost/"))
            self.assertTrue(next_page(secure=True).startswith("https://testserver/"))

    def test_an_unknown_host_is_refused_still(self) -> None:
        self.client.get(self.page)
        answer, _ = self.ask(self.page, headers={"host": "elsewhere.example"})
        self.assertEqual(answer.status_code, 400)

    def test_parameters_in_any_order_are_one_page(self) -> None:
        ProductFactory.create_batch(2)
        first = self.client.get(f"{LIST}?page_size=1&page=2&utm_source=mail")
        again = self.assert_kept(f"{LIST}?page=2&_=17&page_size=1")
        self.assertEqual(again.content, first.content)
        self.assertEqual(
            first.json()["next"], f"http://testserver{LIST}?page=3&page_size=1"
        )

    def test_other_values_are_another_page(self) -> None:
        ProductFactory()
        self.client.get(f"{LIST}?page_size=1")
        answer = self.assert_rendered(f"{LIST}?page_size=2")
        self.assertEqual(len(answer.json()["results"]), 2)

    def test_a_session_is_neither_read_nor_in_the_way(self) -> None:
        self.client.get(self.page)
        self.client.force_login(UserFactory())
        answer = self.assert_kept(self.page)
        self.assertNotIn("Cookie", answer["Vary"])
        self.assertEqual(len(answer.cookies), 0)

    def test_a_token_is_looked_up_and_nothing_else(self) -> None:
        _, secret = create_token()
        token = {"Authorization": f"Token {secret}"}
        _, queries = self.ask(self.page, headers=token)
        _, more = self.ask(f"{self.page}?fields=id", headers=token)
        answer, fewer = self.ask(self.page, headers=token)
        self.assertEqual((answer.status_code, fewer), (200, 1))
        self.assertGreater(queries, 1)
        self.assertGreater(more, 1)
        anonymous = self.assert_kept(self.page)
        self.assertEqual(anonymous.content, answer.content)

    def test_a_token_is_looked_up_once_for_what_is_rendered(self) -> None:
        _, queries = self.ask(self.page)
        _, secret = create_token()
        _, with_token = self.ask(
            f"{self.page}?fields=id", headers={"Authorization": f"Token {secret}"}
        )
        _, without = self.ask(f"{self.page}?fields=title")
        self.assertEqual(with_token, without + 1)
        self.assertGreater(queries, 0)

    def test_a_bad_token_is_refused_although_the_page_is_kept(self) -> None:
        self.client.get(self.page)
        answer, _ = self.ask(self.page, headers={"Authorization": "Token nonsense"})
        self.assertEqual(answer.status_code, 401)
        self.assertEqual(answer.json()["code"], "token-invalid")

    def test_each_request_has_an_id_of_its_own(self) -> None:
        ids = {self.client.get(self.page)["X-Request-ID"] for _ in range(3)}
        self.assertEqual(len(ids), 3)

    @override_settings(CORS_ALLOWED_ORIGINS=["https://a.example"])
    def test_origins_are_told_apart_outside_of_what_is_kept(self) -> None:
        name = "Access-Control-Allow-Origin"
        for origin, told in (
            ("https://a.example", "https://a.example"),
            ("https://b.example", None),
            ("https://a.example", "https://a.example"),
        ):
            answer = self.client.get(self.page, headers={"Origin": origin})
            self.assertEqual(answer.headers.get(name), told)
            self.assertIn("origin", answer["Vary"].lower())


class NotKeptTests(AnswerTestCase):
    """What must be asked of the view each time"""

    def test_what_is_not_a_success(self) -> None:
        for path, status in (
            ("/api/product/999999/", 404),
            (f"{LIST}?nonsense=1", 400),
            (f"{LIST}?page=77", 404),
        ):
            with self.subTest(path=path):
                for _ in range(2):
                    answer = self.assert_rendered(path) if "=1" not in path else None
                    answer = answer or self.client.get(path)
                    self.assertEqual(answer.status_code, status)
                    self.assertEqual(answer["Cache-Control"], "private, no-store")

    def test_a_parameter_the_page_does_not_know(self) -> None:
        self.client.get(self.page)
        answer = self.client.get(f"{self.page}?colour=red")
        self.assertEqual(answer.status_code, 400)
        (fault,) = answer.json()["errors"]
        self.assertEqual(fault["pointer"], "#/query/colour")

    def test_a_page_that_is_too_large(self) -> None:
        with override_settings(CACHE_BODY_BYTES=100):
            self.client.get(self.page)
            self.assert_rendered(self.page)
        self.client.get(f"{self.page}?fields=id")
        self.assert_kept(f"{self.page}?fields=id")

    def test_nothing_more_than_the_budget(self) -> None:
        with override_settings(CACHE_BYTES=1):
            self.client.get(self.page)  # there was room before it
            self.client.get(LIST)
            self.assert_kept(self.page)
            self.assert_rendered(LIST)

    def test_other_methods(self) -> None:
        self.client.get(self.page)
        for method, status in (("options", 200), ("post", 405), ("delete", 405)):
            answer, _ = self.ask(self.page, method=method)
            self.assertEqual(answer.status_code, status)

    def test_a_body_with_a_get_is_refused_as_ever(self) -> None:
        self.client.get(self.page)
        answer = self.client.generic("GET", self.page, "x" * 2**21)
        self.assertEqual(answer.status_code, 413)

    def test_nothing_while_it_is_switched_off(self) -> None:
        with override_settings(CACHE_PAGES=False):
            self.client.get(self.page)
            self.assert_rendered(self.page)


class ConditionalTests(AnswerTestCase):
    """If-None-Match, and HEAD"""

    def test_not_modified_without_rendering(self) -> None:
        tag = self.client.get(self.page)["ETag"]
        for sent in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            answer, queries = self.ask(self.page, headers={"If-None-Match": sent})
            self.assertEqual(
                (answer.status_code, answer.content, queries), (304, b"", 0)
            )
            self.assertEqual(answer["ETag"], tag)
            self.assertIn("s-maxage", answer["Cache-Control"])
            self.assertIn("Accept", answer["Vary"])
            self.assertIn("Surrogate-Key", answer.headers)
            self.assertIn("X-Request-ID", answer.headers)
        answer = self.assert_kept(self.page, headers={"If-None-Match": '"other"'})
        self.assertEqual(answer["ETag"], tag)

    def test_a_condition_that_fails_is_a_problem(self) -> None:
        for is_kept in (False, True, True):
            with self.subTest(is_kept), override_settings(CACHE_PAGES=is_kept):
                answer = self.client.get(self.page, headers={"If-Match": '"other"'})
                self.assertEqual(answer.status_code, 412)
                self.assertEqual(answer["Content-Type"], "application/problem+json")
                self.assertEqual(answer.json()["code"], "precondition-failed")
                self.assertEqual(answer["Cache-Control"], "private, no-store")
        tag = self.client.get(self.page)["ETag"]
        self.assert_kept(self.page, headers={"If-Match": tag})

    def test_the_first_who_asks_with_a_condition_keeps_the_whole_page(self) -> None:
        tag = self.client.get(self.page)["ETag"]
        with self.captureOnCommitCallbacks(execute=True):
            self.product.save()  # another version, the same page but for its date
        answer, queries = self.ask(
            f"{self.page}?fields=id", headers={"If-None-Match": tag}
        )
        self.assertEqual(answer.status_code, 200)
        other = answer["ETag"]
        self.assertGreater(queries, 0)
        with self.captureOnCommitCallbacks(execute=True):
            self.product.save()
        answer, queries = self.ask(
            f"{self.page}?fields=id", headers={"If-None-Match": other}
        )
        self.assertEqual(answer.status_code, 304)
        self.assertGreater(queries, 0)
        self.assertEqual(
            self.assert_kept(f"{self.page}?fields=id").json(), {"id": self.product.pk}
        )

    def test_a_tag_is_never_that_of_another_page(self) -> None:
        tags = {
            self.client.get(path, headers=headers)["ETag"]
            for path in (LIST, self.page, f"{self.page}?fields=id")
            for headers in ({}, XML)
        }
        self.assertEqual(len(tags), 6)

    def test_head_says_what_get_says(self) -> None:
        for path in (LIST, self.page):
            unkept = self.client.head(path)
            get = self.client.get(path)
            head = self.assert_kept(path, method="head")
            for answer in (unkept, head):
                self.assertEqual(answer.content, b"")
                for name in (
                    "ETag",
                    "Cache-Control",
                    "Content-Length",
                    "Content-Type",
                    "Surrogate-Key",
                    "Vary",
                ):
                    self.assertEqual(answer[name], get[name], name)

    def test_head_of_what_is_not_kept_says_what_get_says(self) -> None:
        with override_settings(CACHE_PAGES=False), remembering(False):
            for path in (LIST, self.page, "/api/shop/"):
                get, queries = self.ask(path)
                head, at_head = self.ask(path, method="head")
                self.assertEqual((head.content, at_head), (b"", queries))
                for name in ("ETag", "Cache-Control", "Content-Length"):
                    self.assertEqual(head[name], get[name], name)
                known, _ = self.ask(
                    path, method="head", headers={"If-None-Match": get["ETag"]}
                )
                self.assertEqual((known.status_code, known["ETag"]), (304, get["ETag"]))

    def test_old_conditions_do_no_harm(self) -> None:
        self.client.get(self.page)
        moment = {"If-Modified-Since": "Wed, 21 Oct 2037 07:28:00 GMT"}
        self.assert_kept(self.page, headers=moment)


class SharedCacheTests(AnswerTestCase):
    """What CDNs are told"""

    def test_a_product(self) -> None:
        answer = self.client.get(self.page)
        self.assertEqual(
            answer["Surrogate-Key"], f"categories product-{self.product.pk}"
        )
        self.assertEqual(answer["Cache-Control"], SHARED)

    def test_lists(self) -> None:
        for path in (LIST, "/api/category/"):
            answer = self.client.get(path)
            self.assertEqual(answer["Surrogate-Key"], "categories products")

    def test_reviews(self) -> None:
        answer = self.client.get(f"{self.page}review/")
        self.assertEqual(answer["Surrogate-Key"], f"product-{self.product.pk}")

    def test_settings(self) -> None:
        for path in ("/api/shop/", "/api/country/"):
            self.assertEqual(self.client.get(path)["Surrogate-Key"], "shop")

    def test_a_personal_page_is_nobody_elses(self) -> None:
        self.client.force_login(UserFactory())
        answer = self.client.get("/api/user/me/")
        self.assertEqual(answer["Cache-Control"], "private, no-store")
        self.assertNotIn("Surrogate-Key", answer.headers)


class LimitTests(FreshLimits, AnswerTestCase):
    """Kept answers and 304 count, for whoever asks"""

    def setUp(self) -> None:
        super().setUp()
        with_limits = override_settings(RATE_PER_MINUTE="4/min")
        with_limits.enable()
        self.addCleanup(with_limits.disable)

    def test_each_answer_uses_one_and_the_last_is_refused(self) -> None:
        tag = self.client.get(self.page)["ETag"]
        for remaining, headers, status in (
            (2, {}, 200),
            (1, {"If-None-Match": tag}, 304),
            (0, {}, 200),
        ):
            answer = self.client.get(self.page, headers=headers)
            self.assertEqual(answer.status_code, status)
            self.assertEqual(answer["X-RateLimit-Limit"], "4")
            self.assertEqual(answer["X-RateLimit-Remaining"], str(remaining))
            self.assertIn(f"r={remaining}", answer["RateLimit"])
        for _ in range(2):  # the second refusal is remembered
            answer = self.client.get(self.page)
            self.assertEqual(answer.status_code, 429)
            self.assertEqual(answer["Cache-Control"], "no-store")

    def test_accounts_count_by_themselves(self) -> None:
        _, secret = create_token()
        token = {"Authorization": f"Token {secret}"}
        self.client.get(self.page)
        left = [
            self.client.get(self.page, headers=token)["X-RateLimit-Remaining"]
            for _ in range(3)
        ]
        self.assertEqual(left, ["3", "2", "1"])
        self.assertEqual(self.client.get(self.page)["X-RateLimit-Remaining"], "2")

    def test_without_a_limit_pages_are_kept_too(self) -> None:
        with override_settings(RATE_PER_MINUTE=""):
            self.client.get(self.page)
            answer = self.assert_kept(self.page)
        self.assertNotIn("X-RateLimit-Remaining", answer.headers)
