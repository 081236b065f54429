from datetime import UTC, datetime, timedelta

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import SimpleTestCase, TestCase, override_settings

from custom.api.xml import load_xml
from tests.custom.api.views import PRICES, PriceSerializer


@override_settings(ROOT_URLCONF="tests.custom.api.urls")
class QueryParameterTests(SimpleTestCase):
    """Parameters are known, ignored or refused."""

    def list_faults(
        self, query: str, path: str = "/api/price/"
    ) -> list[tuple[str, str]]:
        answer = self.client.get(f"{path}{query}")
        self.assertEqual(answer.status_code, 400, answer.content)
        problem = answer.json()
        self.assertEqual(problem["code"], "invalid-input")
        return [(fault["pointer"], fault["code"]) for fault in problem["errors"]]

    def test_unknown_parameters_are_named(self) -> None:
        self.assertEqual(
            self.list_faults("?page=1&pages=2&a/b=&__=1"),
            [
                ("#/query/pages", "unknown-parameter"),
                ("#/query/a~1b", "unknown-parameter"),
                ("#/query/__", "unknown-parameter"),
            ],
        )

    def test_known_parameters(self) -> None:
        query = "?format=json&fields=id&page=1&page_size=5&price_min=1&depth=2"
        self.assertEqual(self.client.get(f"/api/price/{query}").status_code, 200)

    def test_what_links_drag_along_is_ignored(self) -> None:
        query = "?_=1&utm_source=a&utm_x=b&gclid=c&fbclid=d"
        self.assertEqual(self.client.get(f"/api/price/{query}").status_code, 200)

    def test_list_parameters_belong_to_lists(self) -> None:
        self.assertEqual(
            self.list_faults("?page=1&price_min=2&page_size=3", "/api/price/x/"),
            [
                ("#/query/page", "unknown-parameter"),
                ("#/query/price_min", "unknown-parameter"),
                ("#/query/page_size", "unknown-parameter"),
            ],
        )

    def test_fields_belong_to_serializers(self) -> None:
        self.assertEqual(
            self.list_faults("?fields=kind", "/api/fail/invalid/"),
            [("#/query/fields", "unknown-parameter")],
        )

    def test_control_characters(self) -> None:
        self.assertEqual(
            self.list_faults("?depth=a%00&x%07=1"),
            [
                ("#/query/depth", "invalid-character"),
                ("#/query/x%07", "invalid-character"),
            ],
        )

    def test_control_characters_in_a_path(self) -> None:
        answer = self.client.get("/api/price/a%00b/")
        self.assertEqual(answer.status_code, 404)
        self.assertEqual(answer.json()["code"], "not-found")

    def test_unknown_format(self) -> None:
        self.assertEqual(
            self.list_faults("?format=csv"), [("#/query/format", "invalid-choice")]
        )

    def test_refused_in_xml_too(self) -> None:
        answer = self.client.get("/api/price/?x=1&format=xml")
        self.assertEqual(answer.status_code, 400)
        faults = load_xml(answer.content)["errors"]
        self.assertEqual(faults[0]["pointer"], "#/query/x")


@override_settings(ROOT_URLCONF="tests.custom.api.urls")
class FieldsTests(SimpleTestCase):
    """``?fields=`` keeps only what was named."""

    def test_rows_of_a_page(self) -> None:
        answer = self.client.get("/api/price/?fields=price,id&page_size=2")
        self.assertEqual(
            answer.json()["results"],
            [{"id": 1, "price": "1.00"}, {"id": 2, "price": "2.00"}],
        )
        self.assertEqual(answer.json()["count"], len(PRICES))

    def test_one_object(self) -> None:
        answer = self.client.get("/api/price/a/?fields=id")
        self.assertEqual(answer.json(), {"id": 2})

    def test_what_is_left_out_is_not_computed(self) -> None:
        PriceSerializer.computed.clear()
        self.client.get("/api/price/?fields=id")
        self.assertEqual(PriceSerializer.computed, [])
        self.client.get("/api/price/?fields=broken&page_size=1")
        self.assertEqual(PriceSerializer.computed, [1])

    def test_bad_names(self) -> None:
        for query, names in (("id,nope,Id", '"Id", "nope"'), ("", '""')):
            known = "Choose of: id, price, was, broken."
            with self.subTest(query):
                answer = self.client.get(f"/api/price/?fields={query}")
                self.assertEqual(answer.status_code, 400)
                self.assertEqual(
                    answer.json()["errors"],
                    [
                        {
                            "pointer": "#/query/fields",
                            "code": "unknown-field",
                            "detail": f"Unknown field: {names}. {known}",
                        }
                    ],
                )

    def test_money_has_its_currency_s_places(self) -> None:
        answer = self.client.get("/api/price/?fields=price,was&page_size=2")
        self.assertEqual(
            answer.json()["results"],
            [{"price": "1.00", "was": None}, {"price": "2.00", "was": "1200"}],
        )


@override_settings(ROOT_URLCONF="tests.custom.api.urls")
class PageTests(SimpleTestCase):
    """Pages by number."""

    def get(self, query: str) -> HttpResponse:
        return self.client.get(f"/api/price/{query}")

    def list_ids(self, query: str) -> list[int]:
        return [row["id"] for row in self.get(query).json()["results"]]

    def test_first_page(self) -> None:
        page = self.get("?fields=id").json()
        self.assertEqual(page["count"], 105)
        self.assertEqual(page["next"], "http://testserver/api/price/?fields=id&page=2")
        self.assertIsNone(page["previous"])
        self.assertEqual([row["id"] for row in page["results"]], list(range(1, 21)))

    def test_page_sizes(self) -> None:
        for size, rows in (("1", 1), ("0007", 7), ("100", 100), ("101", 100)):
            with self.subTest(size):
                self.assertEqual(len(self.list_ids(f"?page_size={size}")), rows)
        self.assertEqual(len(self.list_ids(f"?page_size={'9' * 5000}")), 100)

    def test_bad_page_sizes(self) -> None:
        for size in ("0", "00", "-1", "x", "", "1.5", "\u0663"):
            with self.subTest(size):
                answer = self.get(f"?page_size={size}")
                self.assertEqual(answer.status_code, 400)
                self.assertEqual(
                    answer.json()["errors"][0]["pointer"], "#/query/page_size"
                )

    def test_missing_pages(self) -> None:
        for page in ("0", "7", "-1", "x", "9" * 30, "9" * 5000):
            for form in ("json", "xml"):
                with self.subTest(page, form=form):
                    answer = self.get(f"?page={page}&format={form}")
                    self.assertEqual(answer.status_code, 404)
                    content = answer.headers["Content-Type"]
                    self.assertTrue(content.startswith(f"application/problem+{form}"))

    def test_last_page_in_xml(self) -> None:
        page = load_xml(self.get("?page=6&format=xml&fields=id").content)
        self.assertIsNone(page["next"])
        self.assertEqual(page["results"], [{"id": str(n)} for n in range(101, 106)])


# base64 of "p=0001-01-01T00:00:00%2B23:59": no such moment in UTC
LATE = "cD0wMDAxLTAxLTAxVDAwOjAwOjAwJTJCMjM6NTk="


@override_settings(ROOT_URLCONF="tests.custom.api.urls")
class CursorTests(TestCase):
    """Pages by cursor."""

    @classmethod
    def setUpTestData(cls) -> None:
        start = datetime(2026, 1, 1, tzinfo=UTC)
        Session.objects.bulk_create(
            Session(
                session_key=f"s{number:02}",
                session_data="",
                expire_date=start + timedelta(days=number // 3),
            )
            for number in range(25)
        )

    def test_every_row_once_though_rows_arrive(self) -> None:
        url, seen = "/api/session/?page_size=7", []
        while url:
            page = self.client.get(url).json()
            self.assertEqual(list(page), ["next", "previous", "results"])
            seen += [row["session_key"] for row in page["results"]]
            Session.objects.create(
                session_key=f"new{len(seen)}",
                session_data="",
                expire_date=datetime(2027, 1, 1, tzinfo=UTC),
            )
            url = page["next"]
        self.assertEqual(seen, [f"s{number:02}" for number in reversed(range(25))])

    def test_moments_are_whole_seconds_in_utc(self) -> None:
        answer = self.client.get("/api/session/?page_size=1")
        moment = answer.json()["results"][0]["expire_date"]
        self.assertEqual(moment, "2026-01-09T00:00:00Z")

    def test_made_up_cursors_are_missing_pages(self) -> None:
        # base64 of "p=tomorrow", "p=\x00", "o=x", not ASCII, bad bytes
        for cursor in (
            "cD10b21vcnJvdw==",
            "cD0A",
            "bz14",
            "\u0663",
            "/w==",
            "%%%",
            LATE,
        ):
            with self.subTest(cursor):
                answer = self.client.get("/api/session/", {"cursor": cursor})
                self.assertEqual(answer.status_code, 404)
                self.assertEqual(answer.json()["code"], "not-found")

    def test_bad_filter_value_is_a_query_parameter_s_fault(self) -> None:
        answer = self.client.get("/api/session/?number=x")
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(answer.json()["errors"][0]["pointer"], "#/query/number")

    def test_page_numbers_are_unknown_here(self) -> None:
        answer = self.client.get("/api/session/?page=1")
        self.assertEqual(answer.json()["errors"][0]["pointer"], "#/query/page")


@override_settings(ROOT_URLCONF="tests.custom.api.urls")
class CachingTests(TestCase):
    """Who may keep an answer."""

    def test_public_page(self) -> None:
        answer = self.client.get("/api/price/")
        self.assertEqual(answer.headers["Cache-Control"], "public, no-cache")
        self.assertNotIn("Cookie", answer.headers["Vary"])
        tag = answer.headers["ETag"]
        for sent in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = self.client.get("/api/price/", headers={"If-None-Match": sent})
            self.assertEqual((again.status_code, again.content), (304, b""))
            self.assertEqual(again.headers["ETag"], tag)
            self.assertEqual(again.headers["Cache-Control"], "public, no-cache")
            self.assertIn("Accept", again.headers["Vary"])
            self.assertIn("X-Request-ID", again.headers)

    def test_formats_have_tags_of_their_own(self) -> None:
        tags = {
            self.client.get("/api/price/", headers={"accept": accept}).headers["ETag"]
            for accept in ("application/json", "application/xml")
        }
        self.assertEqual(len(tags), 2)

    def test_public_page_never_reads_the_session(self) -> None:
        self.client.force_login(get_user_model().objects.create(email="a@example.com"))
        with self.assertNumQueries(0):
            answer = self.client.get("/api/price/")
        self.assertNotIn("Cookie", answer.headers["Vary"])
        self.assertNotIn("sessionid", answer.cookies)

    def test_failure_on_a_public_page_is_not_kept(self) -> None:
        answer = self.client.get("/api/price/?x=1")
        self.assertEqual(answer.headers["Cache-Control"], "private, no-store")
        self.assertNotIn("ETag", answer.headers)

    def test_private_page(self) -> None:
        user = get_user_model().objects.create(email="a@example.com")
        self.client.force_login(user)
        answer = self.client.get("/api/private/")
        self.assertEqual(answer.json(), {"who": "a@example.com"})
        self.assertEqual(answer.headers["Cache-Control"], "private, no-store")
        self.assertNotIn("ETag", answer.headers)
