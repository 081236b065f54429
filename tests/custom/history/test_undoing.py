import uuid
from collections import Counter
from functools import partial
from unittest import mock

from django.test import TestCase, TransactionTestCase
from reversion.models import Version

from catalogue.models import Category, Product, ProductListing, ProductType, Variant
from catalogue.querysets import WHOLE_SHOP
from catalogue.services import (
    NewProduct,
    NewVariant,
    create_category,
    create_products,
    hide_products,
    update_product,
)
from catalogue.services.rows import (
    ProductChange,
    VariantChange,
    rewrite_products,
    rewrite_variants,
)
from custom import pieces
from custom.history import recorded, undoing
from custom.history.undoing import (
    BatchBusyError,
    BatchMissingError,
    advance_undo,
    resume_undo,
    start_undo,
)
from custom.models import HistoryBatch, HistoryUndo
from custom.transactions import run_in_transaction
from tests.catalogue.factories import ProductTypeFactory
from tests.custom.history.undone import faults, undo
from tests.processes import Running, race
from tests.users.factories import UserFactory

WORKERS = "tests.custom.history.workers"
QUERIES = 44


class Films:
    """Products, and steps that many of them went through"""

    def __init__(self, count: int) -> None:
        self.type: ProductType = ProductTypeFactory()
        self.made = self.make(range(count))
        self.pks = [product.pk for product in self.made]

    def make(self, numbers: range) -> list[Product]:
        return create_products(
            [
                NewProduct(title=f"Film {n}", variants=[NewVariant(sku=f"S-{n}")])
                for n in numbers
            ],
            product_type=self.type,
        )

    def in_step(self, *works: "partial[object]") -> uuid.UUID:
        """Do each in a transaction of one step."""
        batch = uuid.uuid4()

        def carry_out(work: "partial[object]") -> None:
            with recorded("An import.", batch=batch):
                work()

        for work in works:
            run_in_transaction(partial(carry_out, work))
        return batch

    def retitled(self, pks: list[int], told: str = "Changed") -> "partial[object]":
        changes = [
            ProductChange(product_id=pk, values={"title": f"{told} {pk}"}) for pk in pks
        ]
        return partial(rewrite_products, changes)

    def record(self) -> None:
        """Give every product a first version."""
        self.in_step(partial(self.touch))

    def touch(self) -> None:
        rewrite_products([ProductChange(product_id=pk, values={}) for pk in self.pks])

    def titles(self) -> list[str]:
        found = Product.objects.order_by("pk").values_list("title", flat=True)
        return list(found)


class UndoTests(TestCase):
    """custom.history.undoing"""

    def setUp(self) -> None:
        self.films = Films(5)
        self.films.record()
        self.actor = UserFactory()

    def test_pieces_give_the_same_as_one(self) -> None:
        one, two = self.films.pks[:3], self.films.pks[3:]
        batch = self.films.in_step(self.films.retitled(one), self.films.retitled(two))
        with mock.patch.object(undoing, "work_off", partial(pieces.work_off, size=2)):
            done = undo(batch, actor=self.actor)
        self.assertEqual(self.films.titles(), [f"Film {n}" for n in range(5)])
        self.assertEqual((done.num_rows, done.num_seen, done.num_restored), (5, 5, 5))
        inverse = HistoryBatch.objects.get(pk=done.inverse)
        self.assertEqual(HistoryBatch.objects.get(pk=batch).undone_by, inverse)
        notes = inverse.notes.select_related("revision")
        told = {(each.revision.user, each.source) for each in notes}
        self.assertEqual((len(notes), told), (3, {(self.actor, "admin")}))
        undo(inverse.pk)
        self.assertEqual(self.films.titles(), self.changed())

    def changed(self) -> list[str]:
        return [f"Changed {pk}" for pk in self.films.pks]

    def test_a_row_that_the_step_changed_twice(self) -> None:
        pks = self.films.pks
        batch = self.films.in_step(
            self.films.retitled(pks[:2], "Once"), self.films.retitled(pks, "Twice")
        )
        done = undo(batch)
        self.assertEqual((done.num_rows, done.num_restored), (5, 5))
        self.assertEqual(self.films.titles(), [f"Film {n}" for n in range(5)])

    def test_what_another_changed_between_two_pieces_is_what_it_goes_back_to(
        self,
    ) -> None:
        first, last = self.films.pks[0], self.films.pks[-1]
        batch = uuid.uuid4()

        def piece(pk: int) -> None:
            with recorded("An import.", batch=batch):
                self.films.retitled([pk])()

        run_in_transaction(partial(piece, first))
        update_product(last, title="By another")
        run_in_transaction(partial(piece, last))
        undo(batch)
        self.assertEqual(self.films.titles()[0], "Film 0")
        self.assertEqual(self.films.titles()[-1], "By another")

    def test_a_row_that_is_refused_stops_no_other(self) -> None:
        batch = self.films.in_step(self.films.retitled(self.films.pks))
        pks = self.films.pks
        update_product(pks[1], title="Mine")
        Product.objects.get(pk=pks[3]).delete()
        done = undo(batch)
        self.assertEqual(self.films.titles(), ["Film 0", "Mine", "Film 2", "Film 4"])
        self.assertEqual(
            faults(done),
            [
                (f"Changed {pks[3]}", "It has been deleted since."),
                (f"Changed {pks[1]}", "It has been changed since: title."),
            ],
        )

    def test_a_service_that_refuses_one_row_of_a_piece(self) -> None:
        drama = create_category(name="Drama")
        batch = self.films.in_step(
            partial(self.link, self.films.pks[0], drama),
            self.films.retitled(self.films.pks[1:]),
        )
        out = self.films.in_step(partial(self.link, self.films.pks[0], None))
        drama.delete()
        done = undo(out)
        ((_name, told),) = faults(done)
        self.assertIn("have been deleted", told)
        self.assertEqual((done.num_restored, done.num_refused), (0, 1))
        self.assertEqual(undo(batch).num_restored, 4)

    def link(self, pk: int, category: Category | None) -> None:
        linked = [category] if category else []
        change = ProductChange(product_id=pk, values={}, categories=linked)
        rewrite_products([change])

    def test_lists_follow(self) -> None:
        listed = ProductListing.objects.in_scope(WHOLE_SHOP)
        hide_products(self.films.pks, actor=self.actor)
        self.assertEqual(listed.count(), 0)
        undo(HistoryBatch.objects.get(reason="Hidden.").pk)
        self.assertEqual(listed.count(), 5)

    def test_products_that_a_step_made_go_and_come_back(self) -> None:
        batch = self.films.in_step(partial(self.films.make, range(5, 9)))
        done = undo(batch)
        self.assertEqual(self.films.titles(), [f"Film {n}" for n in range(5)])
        self.assertEqual(Variant.objects.count(), 5)
        again = undo(done.inverse)
        self.assertEqual((again.num_restored, again.num_refused), (8, 0))
        self.assertEqual(self.films.titles(), [f"Film {n}" for n in range(9)])
        self.assertEqual(Variant.objects.count(), 9)
        listed = ProductListing.objects.in_scope(WHOLE_SHOP)
        self.assertEqual(listed.count(), 9)
        undo(again.inverse)
        self.assertEqual(Variant.objects.count(), 5)

    def test_variants(self) -> None:
        variants = list(Variant.objects.order_by("pk"))
        self.films.in_step(partial(self.rename, variants, "First"))
        batch = self.films.in_step(partial(self.rename, variants, "Second"))
        self.assertEqual(undo(batch).num_restored, 5)
        titles = set(Variant.objects.values_list("title", flat=True))
        self.assertEqual(titles, {"First"})

    def rename(self, variants: list[Variant], title: str) -> None:
        changes = [
            VariantChange(variant_id=each.pk, values={"title": title})
            for each in variants
        ]
        rewrite_variants([], changes)

    def test_what_is_not_over_is_refused(self) -> None:
        batch = self.films.in_step(self.films.retitled(self.films.pks))
        running = start_undo(batch)
        with mock.patch.object(undoing, "work_off", partial(pieces.work_off, size=2)):
            advance_undo(batch, seconds=-1)
        self.assertTrue(HistoryBatch.objects.filter(pk=running.inverse).exists())
        with self.assertRaises(BatchBusyError):
            start_undo(running.inverse)
        advance_undo(batch)
        start_undo(running.inverse)

    def test_what_is_not_there(self) -> None:
        with self.assertRaises(BatchMissingError):
            start_undo(uuid.uuid4())
        with self.assertRaises(undoing.NotRunningError):
            resume_undo(uuid.uuid4())
        advance_undo(uuid.uuid4())

    def test_queries_do_not_grow_with_the_rows_of_a_piece(self) -> None:
        few = self.films.in_step(self.films.retitled(self.films.pks[:1]))
        many = self.films.in_step(self.films.retitled(self.films.pks[1:]))
        start_undo(few)
        start_undo(many)
        with self.assertNumQueries(QUERIES):
            advance_undo(few)
        with self.assertNumQueries(QUERIES):
            advance_undo(many)


class ProcessTests(TransactionTestCase):
    """Workers that die, and workers that meet"""

    def setUp(self) -> None:
        self.films = Films(6)
        self.films.record()
        self.batch = self.films.in_step(self.films.retitled(self.films.pks))

    def assert_undone_once(self) -> None:
        done = HistoryUndo.objects.get(batch=self.batch)
        self.assertEqual((done.state, done.num_seen, done.num_restored), ("done", 6, 6))
        self.assertEqual(self.films.titles(), [f"Film {n}" for n in range(6)])
        written = Version.objects.filter(revision__note__batch=done.inverse)
        counts = Counter(written.values_list("object_id", flat=True))
        self.assertEqual(counts, {str(pk): 1 for pk in self.films.pks})

    def test_a_worker_that_is_killed_in_the_middle(self) -> None:
        start_undo(self.batch)
        call = {"batch": str(self.batch), "stop_at": 2}
        with Running(f"{WORKERS}.undo_slowly", [call]) as worker:
            worker.wait_for("written, not committed")
            worker.kill()
        self.assertEqual(HistoryUndo.objects.get().num_seen, 2)
        titles = [f"Changed {pk}" for pk in self.films.pks[:4]]
        self.assertEqual(self.films.titles(), [*titles, "Film 4", "Film 5"])
        advance_undo(self.batch)
        self.assert_undone_once()

    def test_two_who_press_at_once(self) -> None:
        outcomes = race(f"{WORKERS}.start", [{"batch": str(self.batch)}] * 4)
        codes = sorted(each.code or "" for each in outcomes)
        self.assertEqual(codes, ["", *["batch-undone"] * 3])

    def test_two_workers_take_turns(self) -> None:
        start_undo(self.batch)
        outcomes = race(f"{WORKERS}.advance", [{"batch": str(self.batch)}] * 3)
        self.assertEqual([each.error for each in outcomes], [None] * 3)
        self.assert_undone_once()
