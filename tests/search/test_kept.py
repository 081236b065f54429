"""A kept page of a search is what would be found and shown now."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.http import HttpResponse
from django.test import TestCase, TransactionTestCase, override_settings
from django.utils import timezone

from catalogue.models import AttributeDefinition, Product
from catalogue.services import (
    add_image,
    announce_changes,
    create_category,
    delete_category,
    forget_changes,
    move_category,
    update_category,
    update_product,
)
from custom.caching.release import release
from custom.caching.versions import Versions
from custom.history import recorded
from custom.history.reading import versions_of
from custom.history.reverting import revert
from custom.models import OutboxMessage
from partner.models import StockRecord
from partner.services import take_stock, update_partner, update_stock_record
from search import pages
from search.api import views
from search.matching import get_backend
from search.models import FruitlessQuery, Synonym
from search.services import (
    find_drift,
    follow_changes,
    rebuild_index,
    repair_index,
)
from tests.catalogue.factories import AttributeDefinitionFactory, picture
from tests.custom.caching.kept import SHARED, KeptPages, remembering
from tests.custom.history.undone import undo
from tests.partner.factories import PartnerFactory
from tests.search.index import film, film_type, fresh_index

SEARCH = "/api/search/?q=kong"
FACETS = "facets=category,partner,price,attr.genre,attr.colour"


class KeptSearchTestCase(KeptPages, TestCase):
    """Two apes, one of which is in a category and offered, and their index"""

    def setUp(self) -> None:
        super().setUp()
        self.kind = film_type()
        self.top = create_category(name="Films")
        self.category = create_category(name="Apes", parent=self.top)
        self.partner = PartnerFactory(code="acme", name="Acme")
        self.kong = film(
            "King Kong",
            self.kind,
            partner=self.partner,
            num_in_stock=2,
            categories=[self.category],
            attributes={"genre": "drama", "colour": False},
        )
        self.son = film("Son of Kong", self.kind, attributes={"genre": "comedy"})
        self.record = StockRecord.objects.get()
        self.index()

    def index(self) -> None:
        """Make the index anew, as long as nobody looks."""
        with self.captureOnCommitCallbacks(execute=True):
            fresh_index()

    def assert_kept(self, *paths: str) -> None:
        """These are answered without a query, but for the first time."""
        for path in paths:
            self.client.get(path)
            with self.assertNumQueries(0):
                self.assertEqual(self.client.get(path).status_code, 200, path)


class ChangeTests(KeptSearchTestCase):
    """Whatever is written, by whom it is written"""

    def setUp(self) -> None:
        super().setUp()
        self.pages = (
            SEARCH,
            f"{SEARCH}&{FACETS}",
            f"{SEARCH}&{FACETS}&format=xml",
            f"/api/search/?ordering=-price&page_size=1&{FACETS}",
            f"/api/search/?category=apes&partner=acme&attr.genre=drama&{FACETS}",
            "/api/search/?in_stock=true&price_max=12",
            f"{SEARCH}&fields=title",
            "/api/search/suggest/?q=ko",
            "/api/search/suggest/?q=ko&format=xml",
            "/api/search/suggest/?q=ap",
        )

    def assert_follows(self, write: Callable[[], object]) -> None:
        """Pages are right after a write: kept ones, and those of what is remembered."""
        self.look()
        before = self.look()
        with override_settings(CACHE_PAGES=False):
            self.assertEqual(self.look(), before)
        with self.captureOnCommitCallbacks(execute=True):
            write()
        with override_settings(CACHE_PAGES=False):
            anew = self.look()
            with remembering(False):
                fresh = self.look()
        self.assertEqual(anew, fresh)
        self.assertEqual(self.look(), fresh)
        self.assertNotEqual(before, fresh, "the write changes no page")

    def assert_follows_to_the_index(self, write: Callable[[], object]) -> None:
        """They are right, too, once the index has heard of it."""
        with self.captureOnCommitCallbacks(execute=True):
            write()
        self.assert_follows(follow_changes)

    def look(self) -> dict[str, tuple[int, bytes]]:
        """Return what each page says; failures have ids of their own."""
        seen = {}
        for path in self.pages:
            answer = self.client.get(path)
            is_page = answer.status_code == 200
            seen[path] = answer.status_code, answer.content if is_page else b""
        return seen

    def test_products(self) -> None:
        pk = self.kong.pk
        for changes in (
            {"title": "Kong, the king"},
            {"slug": "another"},
            {"is_public": False},
        ):
            with self.subTest(changes):
                self.assert_follows(lambda: update_product(pk, **changes))  # noqa: B023
        self.assert_follows(lambda: add_image(self.son, picture()))
        self.assert_follows(self.son.delete)

    def test_what_the_index_hears_later(self) -> None:
        pk = self.kong.pk
        for changes in (
            {"title": "Ape"},
            {"title": "King Kong"},
            {"attributes": {"genre": "war"}},
            {"categories": [self.top]},
        ):
            with self.subTest(changes):
                self.assert_follows_to_the_index(
                    lambda: update_product(pk, **changes)  # noqa: B023
                )
        self.assert_follows_to_the_index(lambda: film("Young Kong", self.kind))

    def test_shown_again_before_the_index_has_heard_of_either(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            update_product(self.kong.pk, is_public=False)
        self.assert_follows_to_the_index(
            lambda: update_product(self.kong.pk, is_public=True)
        )

    def test_offers(self) -> None:
        pk = self.record.pk
        self.assert_follows(lambda: update_stock_record(pk, price=Decimal("3.00")))
        self.assert_follows(follow_changes)
        self.assert_follows(lambda: take_stock({pk: 2}, source="test:1"))
        self.assert_follows(follow_changes)
        other = PartnerFactory(code="other")
        self.assert_follows(lambda: update_partner(self.partner.pk, name="Other"))
        self.pages += ("/api/search/?partner=other",)
        self.assert_follows(other.delete)
        self.assert_follows(lambda: update_partner(self.partner.pk, is_active=False))

    def test_categories(self) -> None:
        self.assert_follows(lambda: update_category(self.category, name="Apes, great"))
        self.assert_follows(lambda: move_category(self.category, parent=None))
        self.assert_follows(lambda: update_category(self.category, slug="monkeys"))
        self.assert_follows(lambda: update_category(self.category, is_public=False))
        self.assert_follows(lambda: update_category(self.category, is_public=True))
        self.assert_follows(lambda: delete_category(self.category))

    def test_what_staff_put_back(self) -> None:
        for row, rename in (
            (self.category, partial(update_category, self.category)),
            (self.partner, partial(update_partner, self.partner.pk)),
        ):
            with self.subTest(row):
                self.assert_follows(lambda: rename(name="First"))  # noqa: B023
                first = versions_of(type(row), row.pk)[0]
                self.assert_follows(lambda: rename(name="Second"))  # noqa: B023
                self.assert_follows(lambda: revert(first))  # noqa: B023
        batch = uuid4()

        def rename_in_bulk() -> None:
            with recorded("In bulk.", batch=batch):
                update_category(self.category, name="Third")

        self.assert_follows(rename_in_bulk)
        self.assert_follows(lambda: undo(batch))

    def test_definitions(self) -> None:
        genre = AttributeDefinition.objects.get(code="genre")

        def rename() -> None:
            genre.name = "Kind"
            genre.options = [{**each, "label": "Any"} for each in genre.options]
            genre.save()

        self.assert_follows(rename)
        unused = AttributeDefinitionFactory(code="tint", name="Tint", is_facet=True)
        self.pages += (f"{SEARCH}&facets=attr.tint",)

        def name_unused() -> None:
            unused.name = "Colour"
            unused.save()

        self.assert_follows(name_unused)
        self.assert_follows(unused.delete)
        self.assert_follows(genre.delete)

    def test_synonyms(self) -> None:
        self.pages += ("/api/search/?q=king",)
        synonym = Synonym(words="king, son")

        def pause() -> None:
            synonym.is_active = False
            synonym.save()

        self.assert_follows(synonym.save)
        self.assert_follows(pause)
        synonym.is_active = True
        self.assert_follows(synonym.save)
        self.assert_follows(synonym.delete)

    def test_a_new_index(self) -> None:
        """Written past the services, and found by looking at all."""
        Product.objects.filter(pk=self.kong.pk).update(description="A son")
        self.pages += ("/api/search/?q=son",)
        self.assert_follows(lambda: repair_index(find_drift()))
        Product.objects.filter(pk=self.kong.pk).update(description="")
        self.assert_follows(rebuild_index)

    def test_what_a_rebuild_takes_over(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            update_product(self.kong.pk, is_public=False)
            update_product(self.kong.pk, is_public=True)
        self.assert_follows(rebuild_index)

    def test_units_that_are_sold_and_leave_some_change_nothing(self) -> None:
        self.look()
        with self.captureOnCommitCallbacks(execute=True):
            take_stock({self.record.pk: 1}, source="test:1")
        with self.assertNumQueries(0):
            self.look()


class RaceTests(KeptSearchTestCase):
    """The index is written while a page is rendered"""

    def assert_overtaken(self, module: object, name: str) -> int:
        """Write before a step of the rendering; return how many that has found."""
        known = getattr(module, name)

        def after_a_commit(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401
            with self.captureOnCommitCallbacks(execute=True):
                follow_changes()
            return known(*arguments, **options)

        path = "/api/search/?q=king"
        with self.captureOnCommitCallbacks(execute=True):
            update_product(self.son.pk, title="Son of a king")
        with patch.object(module, name, after_a_commit):
            first = self.client.get(path)
        with self.assertNumQueries(4):  # what was kept meanwhile is bad already
            second = self.client.get(path)
        self.assertEqual(second.json()["count"], 2)
        return first.json()["count"]

    def test_after_it_has_searched(self) -> None:
        self.assertEqual(self.assert_overtaken(pages, "label_facets"), 1)

    def test_before_it_searches(self) -> None:
        self.assertEqual(self.assert_overtaken(views, "search_products"), 2)


class ForgettingTests(KeptPages, TransactionTestCase):
    """Between the commit of the index and that of the database"""

    def setUp(self) -> None:
        super().setUp()
        self.kind = film_type()
        self.kong = film("King Kong", self.kind)
        film("Son of Kong", self.kind)
        fresh_index()

    def count(self) -> int:
        found: int = self.client.get(SEARCH).json()["count"]
        return found

    def test_what_a_forgotten_change_has_hidden_is_shown(self) -> None:
        seen = []

        def look_and_forget(change_ids: Iterable[int]) -> None:
            seen.extend([self.count(), self.count()])
            forget_changes(change_ids)

        update_product(self.kong.pk, is_public=False)
        update_product(self.kong.pk, is_public=True)
        for write in (follow_changes, rebuild_index):
            with patch("search.services.forget_changes", look_and_forget):
                write()
            self.assertEqual(seen, [1, 1])
            self.assertEqual(self.count(), 2)
            seen.clear()
            update_product(self.kong.pk, is_public=False)
            update_product(self.kong.pk, is_public=True)

    def test_the_index_is_shown_as_soon_as_it_is_written(self) -> None:
        seen = []

        def look_and_forget(change_ids: Iterable[int]) -> None:
            seen.append(self.count())
            forget_changes(change_ids)

        film("Young Kong", self.kind)
        self.assertEqual([self.count(), self.count()], [2, 2])
        with patch("search.services.forget_changes", look_and_forget):
            follow_changes()
        self.assertEqual(seen, [3])

    def test_whoever_writes_it(self) -> None:
        """Haystack's own commands, too"""
        self.assertEqual([self.count(), self.count()], [2, 2])
        get_backend().clear()
        self.assertEqual(self.client.get(SEARCH).json()["count"], 0)

    def test_a_process_that_dies_there_leaves_it_to_the_next(self) -> None:
        update_product(self.kong.pk, title="An ape")
        with (
            patch.object(Versions, "raise_tags"),
            patch("search.services.forget_changes", side_effect=ZeroDivisionError),
            self.assertRaises(ZeroDivisionError),
        ):
            follow_changes()
        OutboxMessage.objects.all().delete()
        with patch.object(Versions, "raise_tags"):  # nor does the next live for it
            follow_changes()
        (message,) = OutboxMessage.objects.all()
        self.assertEqual(message.payload, {"tags": ["search"]})


class KeepingTests(KeptSearchTestCase):
    """Which answers are kept, and for how long"""

    def headers_of(self, path: str) -> HttpResponse:
        answer = self.client.get(path)
        self.assertEqual(answer.status_code, 200)
        return answer

    def test_shared_caches_may_keep_them_too(self) -> None:
        for path in (SEARCH, "/api/search/suggest/?q=ko"):
            answer = self.headers_of(path)
            self.assertEqual(answer["Cache-Control"], SHARED)
            tags = answer["Surrogate-Key"].split()
            self.assertEqual(tags, ["categories", "products", "search"])
            self.assert_kept(path)

    def test_what_finds_nothing_is_counted_each_time(self) -> None:
        for typed in ("gorilla", "kong1"):  # the second is put right, and finds two
            path = f"/api/search/?q={typed}"
            for _ in range(3):
                answer = self.headers_of(path)
                self.assertEqual(answer["Cache-Control"], "public, no-cache")
                self.assertNotIn("Surrogate-Key", answer.headers)
            self.assertEqual(FruitlessQuery.objects.get(query=typed).count, 3)
        self.assertEqual(answer.json()["count"], 2)

    def test_filters_that_leave_nothing_are_kept(self) -> None:
        path = "/api/search/?price_max=1"
        self.assertEqual(self.client.get(path).json()["count"], 0)
        self.assert_kept(path)

    def test_refusals_are_not_kept(self) -> None:
        for path in ("/api/search/?facets=x", "/api/search/suggest/?q=k"):
            for _ in range(2):
                answer = self.client.get(path)
                self.assertEqual(answer.status_code, 400)
                self.assertEqual(answer["Cache-Control"], "private, no-store")

    def test_until_a_product_is_hidden(self) -> None:
        until = timezone.now() + timedelta(seconds=3)
        with self.captureOnCommitCallbacks(execute=True):
            Product.objects.filter(pk=self.kong.pk).update(publish_until=until)
            announce_changes([self.kong.pk])
        for path in (SEARCH, "/api/search/suggest/?q=ko"):
            self.assertIn("s-maxage=2,", self.headers_of(path)["Cache-Control"])

    def test_not_with_an_engine_that_cannot_tell_what_is_written(self) -> None:
        with patch("search.api.views.tells_changes", return_value=False):
            for path in (SEARCH, "/api/search/suggest/?q=ko"):
                answer = self.headers_of(path)
                self.assertEqual(answer["Cache-Control"], "public, no-cache")

    def test_a_release_has_its_own(self) -> None:
        """Of the settings that searches go by."""
        releases = {release()}
        for changed in (
            {"SEARCH_PRICE_BANDS": [1]},
            {"SEARCH_LANGUAGE": "french"},
            {"SEARCH_URL": "xapian:///nowhere"},
        ):
            with override_settings(**changed):
                releases.add(release.__wrapped__())
        self.assertEqual(len(releases), 4)
