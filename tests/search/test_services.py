"""The index follows the database."""

import tempfile
from collections.abc import Callable
from io import StringIO
from typing import Any
from unittest.mock import patch

from django.core.management import CommandError, call_command
from django.test import TestCase
from django.utils import timezone
from haystack import connections

from catalogue.models import AttributeDefinition, Product, ProductChange
from catalogue.services import (
    add_variant,
    delete_category,
    move_category,
    update_category,
    update_product,
    update_variant,
)
from catalogue.services.products import NewVariant
from custom import outbox
from custom.models import OutboxMessage
from custom.transactions import run_in_transaction
from partner.models import StockMovement, StockRecord
from partner.services import (
    NewMovement,
    record_movements,
    update_partner,
    update_stock_record,
)
from search.errors import SearchUnavailableError
from search.services import (
    Drift,
    find_drift,
    follow_changes,
    rebuild_index,
    repair_index,
)
from tests.catalogue.factories import CategoryFactory
from tests.partner.factories import PartnerFactory, StockRecordFactory
from tests.search.index import (
    KongTestCase,
    drop_index,
    film,
    film_type,
    found,
    fresh_index,
    index_path,
)

TOPIC = "product.changed"


class FollowTests(TestCase):
    """Every write that changes what search shows reaches the index"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.kind = film_type()
        cls.drama = CategoryFactory(name="Drama")
        cls.war = CategoryFactory(name="War", parent=cls.drama)
        cls.acme = PartnerFactory()
        cls.kong = film(
            "King Kong",
            cls.kind,
            partner=cls.acme,
            categories=[cls.war],
            attributes={"genre": "drama"},
        )
        cls.variant = cls.kong.variants.get()
        cls.record = StockRecord.objects.get()

    def setUp(self) -> None:
        fresh_index()

    def assert_follows(
        self,
        change: Callable[[], object],
        **wanted: Any,  # noqa: ANN401
    ) -> None:
        """Check that a change turns what a search finds, through one message."""
        before = found(**wanted)
        change()
        self.assertTrue(OutboxMessage.objects.filter(topic=TOPIC).exists())
        follow_changes()
        self.assertNotEqual(found(**wanted), before)
        self.assertFalse(find_drift())
        self.assertEqual(ProductChange.objects.count(), 0)

    def test_new_product(self) -> None:
        self.assert_follows(lambda: film("Alien", self.kind), query="alien")

    def test_title(self) -> None:
        self.assert_follows(
            lambda: update_product(self.kong.pk, title="Great ape"), query="ape"
        )

    def test_description_and_attributes(self) -> None:
        self.assert_follows(
            lambda: update_product(
                self.kong.pk, description="Lonely", attributes={"genre": "war"}
            ),
            query="lonely war",
        )

    def test_hidden_and_shown_again(self) -> None:
        hide = lambda: update_product(self.kong.pk, is_public=False)  # noqa: E731
        show = lambda: update_product(self.kong.pk, is_public=True)  # noqa: E731
        self.assert_follows(hide, query="kong")
        self.assert_follows(show, query="kong")

    def test_deleted(self) -> None:
        product = film("Alien", self.kind)
        follow_changes()
        self.assert_follows(product.delete, query="alien")

    def test_category_of_a_product(self) -> None:
        comedy = CategoryFactory(name="Comedy")
        self.assert_follows(
            lambda: update_product(self.kong.pk, categories=[comedy]),
            categories=[comedy.pk],
        )

    def test_moved_category(self) -> None:
        self.assert_follows(
            lambda: move_category(self.war, parent=None), categories=[self.drama.pk]
        )

    def test_renamed_hidden_and_deleted_category(self) -> None:
        self.assert_follows(
            lambda: update_category(self.war, name="Battle"), query="battle"
        )
        self.assert_follows(
            lambda: update_category(self.war, is_public=False), query="battle"
        )
        self.assert_follows(
            lambda: delete_category(self.war), categories=[self.drama.pk]
        )

    def test_variant(self) -> None:
        new = NewVariant(sku="blu-ray-7", title="Blue")
        self.assert_follows(lambda: add_variant(self.kong, new), query="blu ray 7")
        pk = self.kong.variants.get(sku="blu-ray-7").pk
        self.assert_follows(
            lambda: update_variant(pk, title="Steelbook"), query="steelbook"
        )
        self.assert_follows(
            lambda: update_variant(pk, is_public=False), query="steelbook"
        )

    def test_price(self) -> None:
        self.assert_follows(
            lambda: update_stock_record(self.record.pk, price=7), price_max=800
        )

    def test_stock_runs_out(self) -> None:
        gone = NewMovement(
            stock_record_id=self.record.pk,
            reason=StockMovement.Reason.COUNTED,
            source="count",
            in_stock_delta=-10,
        )
        self.assert_follows(lambda: record_movements([gone]), in_stock=True)

    def test_another_partner_that_asks_more(self) -> None:
        other = PartnerFactory()
        self.assert_follows(
            lambda: StockRecordFactory(
                partner=other, variant=self.variant, price=100, num_in_stock=0
            ),
            partners=[other.pk],
        )

    def test_partner_that_stops_selling(self) -> None:
        self.assert_follows(
            lambda: update_partner(self.acme.pk, is_active=False),
            partners=[self.acme.pk],
        )

    def test_label_of_a_choice(self) -> None:
        genre = AttributeDefinition.objects.get(code="genre")
        genre.options = [{"value": "drama", "label": "Tearjerker"}]
        self.assert_follows(genre.save, query="tearjerker")


class MessageTests(KongTestCase):
    """Changes travel by the outbox"""

    def setUp(self) -> None:
        super().setUp()
        OutboxMessage.objects.all().delete()

    def test_a_message_of_the_same_transaction(self) -> None:
        def change_and_fail() -> None:
            update_product(self.kong.pk, title="Ape")
            self.assertTrue(OutboxMessage.objects.filter(topic=TOPIC).exists())
            raise ZeroDivisionError

        with self.assertRaises(ZeroDivisionError):
            run_in_transaction(change_and_fail)
        self.assertEqual(OutboxMessage.objects.count(), 0)
        self.assertEqual(ProductChange.objects.count(), 0)

    def test_the_consumer_brings_the_index_up_to_date(self) -> None:
        update_product(self.kong.pk, title="Ape")
        for pk in list(OutboxMessage.objects.values_list("pk", flat=True)):
            outbox.consume(pk)
        self.assertEqual(found("ape"), [self.kong.pk])
        changed = OutboxMessage.objects.filter(topic=TOPIC)
        done = set(changed.values_list("state", flat=True))
        self.assertEqual(done, {OutboxMessage.State.DONE})

    def test_many_changes_of_a_product_are_written_once(self) -> None:
        for number in range(5):
            update_product(self.kong.pk, title=f"Ape {number}")
        backend = connections["default"].get_backend()
        with patch.object(backend, "update", wraps=backend.update) as update:
            self.assertGreaterEqual(follow_changes(), 5)
        self.assertEqual(update.call_count, 1)
        self.assertEqual(found('"ape 4"'), [self.kong.pk])

    def test_a_change_is_kept_until_the_index_has_it(self) -> None:
        update_product(self.kong.pk, title="Ape")
        waiting = ProductChange.objects.count()
        (message, *_) = OutboxMessage.objects.all()
        for path in index_path().glob("generation-*/*.glass"):
            path.write_bytes(b"")
        with self.assertLogs("search.selectors"), self.assertLogs("custom.outbox"):
            outbox.consume(message.pk)
        self.assertEqual(ProductChange.objects.count(), waiting)
        message.refresh_from_db()
        self.assertEqual(message.last_error, "SearchUnavailableError")
        self.assertGreater(message.next_at, timezone.now())
        rebuild_index()
        self.assertEqual(found("ape"), [self.kong.pk])

    def test_without_an_index_there_is_nothing_to_bring_up_to_date(self) -> None:
        drop_index()
        update_product(self.kong.pk, title="Ape")
        follow_changes()
        with self.assertRaises(SearchUnavailableError), self.assertLogs("search"):
            found("ape")


class DriftTests(TestCase):
    """manage.py search_index"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.kind = film_type()
        cls.films = [film(f"Film {number}", cls.kind) for number in range(4)]

    def setUp(self) -> None:
        fresh_index()

    def drift(self) -> Drift:
        """Let index and database disagree in each way; no change was announced."""
        missing, surplus, outdated, _ = self.films
        backend = connections["default"].get_backend()
        backend.remove(f"catalogue.product.{missing.pk}")
        Product.objects.filter(pk=surplus.pk).update(is_public=False)
        Product.objects.filter(pk=outdated.pk).update(description="Otherwise")
        return Drift([missing.pk], [surplus.pk], [outdated.pk])

    def test_none(self) -> None:
        self.assertFalse(find_drift())

    def test_each_way_is_told(self) -> None:
        self.assertEqual(self.drift(), find_drift())

    def test_repair_writes_what_disagrees(self) -> None:
        repair_index(self.drift())
        self.assertFalse(find_drift())
        self.assertEqual(found("otherwise"), [self.films[2].pk])
        self.assertEqual(len(found()), 3)

    def test_command_tells_and_fails(self) -> None:
        self.drift()
        told = StringIO()
        with self.assertRaisesMessage(CommandError, "disagree"):
            call_command("search_index", "verify", stdout=told)
        pks = [product.pk for product in self.films]
        self.assertEqual(
            told.getvalue(),
            f"missing: 1 ({pks[0]})\nsurplus: 1 ({pks[1]})\noutdated: 1 ({pks[2]})\n",
        )

    def test_command_repairs(self) -> None:
        self.drift()
        told = StringIO()
        call_command("search_index", "verify", repair=True, stdout=told)
        self.assertIn("missing: 0\nsurplus: 0\noutdated: 0\n", told.getvalue())

    def test_command_rebuilds(self) -> None:
        drop_index()
        told = StringIO()
        call_command("search_index", "rebuild", stdout=told)
        self.assertIn("4 products indexed in", told.getvalue())
        self.assertFalse(find_drift())

    def test_command_fills_parts_only_for_who_began(self) -> None:
        with (
            tempfile.TemporaryDirectory() as place,
            patch("os.getppid", side_effect=[1, 2]),
            self.assertLogs("search.selectors"),
            self.assertRaises(CommandError),
        ):
            call_command("search_index", "fill", place, "1-", stdout=StringIO())

    def test_command_without_an_index(self) -> None:
        drop_index()
        with (
            self.assertLogs("search.selectors"),
            self.assertRaisesMessage(CommandError, "not available"),
        ):
            call_command("search_index", "verify")
