from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar
from unittest import mock

from django.contrib.auth.models import Group
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from catalogue.models import Category, Product, ProductListing, Variant
from catalogue.querysets import WHOLE_SHOP
from catalogue.services import create_category
from custom import pieces
from custom.outbox import consume
from exchange.errors import ImportStateError
from exchange.kinds.base import Kind, Line
from exchange.kinds.categories import CategoryKind
from exchange.models import Import
from exchange.selectors import error_columns, error_rows
from exchange.services import advance, apply_import, chunks
from partner.models import PartnerMember, StockLevel, StockMovement
from partner.services import add_member, verify_stock
from staff.groups import PARTNER
from tests.catalogue.factories import ProductTypeFactory
from tests.custom.history.undone import undo
from tests.exchange.files import (
    applied,
    checked,
    counts,
    csv_file,
    faults,
    file_of,
    outcomes,
    uploaded,
)
from tests.orders.factories import VariantFactory, make_offer
from tests.outbox import messages
from tests.users.factories import UserFactory
from users.models import User

State = Import.State


class ImportTestCase(TestCase):
    boss: ClassVar[User]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = UserFactory(is_staff=True, is_superuser=True)
        cls.type = ProductTypeFactory(code="film")
        cls.drama = create_category(name="Drama")


class ProductTests(ImportTestCase):
    """A file of products"""

    FILE = """
        slug,product_type,title,sku,categories,is_public
        metropolis,film,Metropolis,M-1,drama,yes
        nosferatu,film,Nosferatu,N-1,nowhere,yes
        m,film,M,,drama,yes
        caligari,film,Caligari,C-1,,no
    """

    def test_a_check_says_what_each_row_would_do_and_changes_nothing(self) -> None:
        run = checked(self.boss, "products", csv_file(self.FILE))
        self.assertEqual(run.state, State.CHECKED)
        self.assertEqual(counts(run), (2, 0, 0, 2))
        self.assertEqual(outcomes(run), ["created", "error", "error", "created"])
        self.assertEqual(faults(run), [(2, "categories"), (3, "sku")])
        self.assertIn(["title", "", "Metropolis"], run.rows.first().changes)
        self.assertFalse(Product.objects.exists())

    def test_it_is_applied_but_for_the_errors(self) -> None:
        run = applied(self.boss, "products", csv_file(self.FILE))
        self.assertEqual(run.state, State.DONE)
        self.assertEqual(counts(run), (2, 0, 0, 2))
        found = Product.objects.order_by("slug")
        self.assertEqual(
            list(found.values_list("slug", "title", "is_public", "variants__sku")),
            [
                ("caligari", "Caligari", False, "C-1"),
                ("metropolis", "Metropolis", True, "M-1"),
            ],
        )
        listed = ProductListing.objects.in_scope(WHOLE_SHOP)
        self.assertEqual(listed.count(), 1)
        self.assertEqual([each.name for each in found[1].categories.all()], ["Drama"])

    def test_the_file_of_errors_can_be_corrected_and_imported(self) -> None:
        run = applied(self.boss, "products", csv_file(self.FILE))
        rows = list(error_rows(run))
        self.assertEqual(rows[0]["error"], "categories: There is no category nowhere.")
        for suffix in ("csv", "xlsx", "json"):
            with self.subTest(suffix=suffix):
                content = file_of(error_columns(run), rows, suffix)
                same = checked(self.boss, "products", content, suffix=suffix)
                self.assertEqual(counts(same), (0, 0, 0, 2))
        rows[0]["categories"], rows[1]["sku"] = "drama", "M-2"
        content = file_of(error_columns(run), rows, "csv")
        self.assertEqual(counts(applied(self.boss, "products", content)), (2, 0, 0, 0))

    def test_rows_that_are_there_show_what_changes(self) -> None:
        applied(self.boss, "products", csv_file(self.FILE))
        text = "slug,title,categories\nmetropolis,Metropolis 2,\ncaligari,Caligari,"
        run = applied(self.boss, "products", text.encode())
        self.assertEqual(counts(run), (0, 1, 1, 0))
        self.assertEqual(
            run.rows.first().changes,
            [["title", "Metropolis", "Metropolis 2"], ["categories", "drama", ""]],
        )
        product = Product.objects.get(slug="metropolis")
        self.assertEqual((product.title, product.version), ("Metropolis 2", 2))
        self.assertFalse(product.categories.exists())
        listed = ProductListing.objects.in_scope(WHOLE_SHOP).get()
        self.assertEqual(listed.title, "Metropolis 2")

    def test_applied_twice_it_changes_nothing_more(self) -> None:
        applied(self.boss, "products", csv_file(self.FILE))
        run = applied(self.boss, "products", csv_file(self.FILE))
        self.assertEqual(counts(run), (0, 0, 2, 2))
        with (
            CaptureQueriesContext(connection) as asked,
            self.assertRaises(ImportStateError),
        ):
            apply_import(run.public_id, actor=self.boss)
        # It waits for no other import, whatever the table's size.
        self.assertIn("FORCE INDEX (`public_id`) SET", asked[1]["sql"])

    def test_one_step_undoes_it(self) -> None:
        applied(self.boss, "products", csv_file(self.FILE))
        text = "slug,title\nmetropolis,Wrong\ncaligari,Wrong"
        with mock.patch.object(chunks, "CHUNK", 1):
            run = applied(self.boss, "products", text.encode())
        self.assertEqual(undo(run.batch, actor=self.boss).num_restored, 2)
        titles = Product.objects.order_by("slug").values_list("title", flat=True)
        self.assertEqual(list(titles), ["Caligari", "Metropolis"])

    def test_undoing_takes_away_what_it_made(self) -> None:
        run = applied(self.boss, "products", csv_file(self.FILE))
        undo(run.batch, actor=self.boss)
        self.assertFalse(Product.objects.exists())

    def test_external_ids(self) -> None:
        file = """
            slug,product_type,title,sku,external_id
            metropolis,film,Metropolis,M-1,erp/1
            nosferatu,film,Nosferatu,N-1,
            m,film,M,M-2,erp/1
            caligari,film,Caligari,C-1,ERP/1
        """
        run = applied(self.boss, "products", csv_file(file))
        self.assertEqual(counts(run), (3, 0, 0, 1))
        self.assertEqual(faults(run), [(3, "external_id")])
        stored = Product.objects.values_list("slug", "external_id").order_by("slug")
        self.assertEqual(
            list(stored),
            [("caligari", "ERP/1"), ("metropolis", "erp/1"), ("nosferatu", None)],
        )
        taken = "slug,external_id\nnosferatu,erp/1\ncaligari,\nmetropolis,erp/1\n"
        run = applied(self.boss, "products", csv_file(taken))
        self.assertEqual(outcomes(run), ["error", "updated", "unchanged"])
        self.assertIsNone(Product.objects.get(slug="caligari").external_id)

    def test_the_same_key_twice(self) -> None:
        text = "slug,product_type,title,sku\na,film,A,A-1\nb,film,B,B-1\na,film,A,A-2"
        with mock.patch.object(chunks, "CHUNK", 2):
            run = applied(self.boss, "products", text.encode())
        self.assertEqual(outcomes(run), ["created", "created", "error"])

    def test_statements_of_a_chunk_do_not_grow_with_its_rows(self) -> None:
        def statements(first: int, count: int) -> int:
            lines = [
                f"p{number},film,Film {number},S-{number},drama"
                for number in range(first, first + count)
            ]
            text = "\n".join(["slug,product_type,title,sku,categories", *lines])
            run = checked(self.boss, "products", text.encode())
            apply_import(run.public_id, actor=self.boss)
            with CaptureQueriesContext(
                connection,
            ) as made:
                advance(run.public_id)
            renamed = text.replace("Film", "Movie")
            run = checked(self.boss, "products", renamed.encode())
            self.assertEqual(run.num_updated, count)
            apply_import(run.public_id, actor=self.boss)
            with CaptureQueriesContext(connection) as changed:
                advance(run.public_id)
            return len(made), len(changed)

        statements(1, 2)  # content types are known from here on
        self.assertEqual(statements(100, 5), statements(200, 50))

    def test_a_file_that_cannot_be_read(self) -> None:
        for text, told in (
            ("title\nMetropolis", "The column slug is missing."),
            ("slug,director\nm,Lang", "Unknown column director."),
            ("slug,title", "The file has no rows."),
        ):
            with self.subTest(text=text):
                run = checked(self.boss, "products", text.encode())
                self.assertEqual(run.state, State.REFUSED)
                self.assertIn(told, run.problem)

    def test_bad_cells(self) -> None:
        text = """
            slug,product_type,title,sku,attributes,is_public,publish_from
            A B,film,A,A-1,,yes,
            a,film,A,A-1,[1],yes,
            b,film,A,A-2,,maybe,
            c,film,A,A-3,,yes,tomorrow
            d,book,A,A-4,,yes,
            e,film,,A-5,,yes,
            f,film,A,A-6,"{""x"": 1}",yes,
        """
        run = checked(self.boss, "products", csv_file(text))
        columns = [column for _number, column in faults(run)]
        wanted = "slug attributes is_public publish_from product_type title attributes"
        self.assertEqual(columns, wanted.split())


class CategoryTests(ImportTestCase):
    """A file of categories"""

    def test_a_tree_whose_rows_rely_on_rows_before(self) -> None:
        text = """
            slug,name,parent
            noir,Noir,drama
            neo-noir,Neo-noir,noir
            lost,Lost,later
            later,Later,
            drama,Drama,noir
        """
        for size in (500, 1):
            with mock.patch.object(chunks, "CHUNK", size), self.subTest(size=size):
                run = checked(self.boss, "categories", csv_file(text))
                # "drama" below what is below it only shows when that is there.
                self.assertEqual(faults(run)[0], (3, "parent"))
                self.assertEqual(outcomes(run)[:2], ["created", "created"])
        run = applied(self.boss, "categories", csv_file(text))
        self.assertEqual(counts(run), (3, 0, 0, 2))
        found = Category.objects.get(slug="neo-noir")
        self.assertEqual(
            [each.slug for each in found.get_ancestors()], ["drama", "noir"]
        )
        undo(run.batch, actor=self.boss)
        self.assertEqual(Category.objects.count(), 1)

    def test_a_move_and_a_new_name(self) -> None:
        text = "slug,name,parent\ndrama,Dramas,\nnoir,Noir,drama"
        run = applied(self.boss, "categories", text.encode())
        self.assertEqual(counts(run), (1, 1, 0, 0))
        run = applied(self.boss, "categories", b"slug,parent\nnoir,")
        self.assertEqual(run.rows.first().changes, [["parent", "drama", ""]])
        self.assertIsNone(Category.objects.get(slug="noir").parent)


class VariantTests(ImportTestCase):
    """A file of variants"""

    def test_new_ones_and_changed_ones(self) -> None:
        variant = VariantFactory(sku="A-1")
        text = f"""
            sku,product,title,weight_grams
            A-1,,Old,5
            A-2,{variant.product.slug},New,
            A-3,nowhere,New,
        """
        run = applied(self.boss, "variants", csv_file(text))
        self.assertEqual(outcomes(run), ["error", "created", "error"])
        found = Variant.objects.order_by("sku").values_list("sku", "title", "position")
        self.assertEqual(list(found), [("A-1", "", 0), ("A-2", "New", 1)])
        run = applied(self.boss, "variants", b"sku,title,weight_grams\nA-2,Old,5")
        self.assertEqual(counts(run), (0, 1, 0, 0))
        changed = Variant.objects.get(sku="A-2")
        self.assertEqual((changed.title, changed.weight_grams), ("Old", 5))
        undo(run.batch, actor=self.boss)
        changed.refresh_from_db()
        self.assertEqual((changed.title, changed.weight_grams), ("New", None))


class OfferTests(ImportTestCase):
    """Files of stock and prices"""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.ours, cls.theirs = make_offer(), make_offer()
        cls.clerk = UserFactory(is_staff=True)
        cls.clerk.groups.add(Group.objects.get(name=PARTNER.name))
        add_member(
            partner=cls.ours.partner, user=cls.clerk, role=PartnerMember.Role.MANAGER
        )

    def stock(self, count: object) -> bytes:
        lines = [
            f"{record.partner.code},{record.partner_sku},{count}"
            for record in (self.ours, self.theirs)
        ]
        return "\n".join(["partner,partner_sku,num_in_stock", *lines]).encode()

    def test_counts_go_through_the_ledger(self) -> None:
        StockLevel.objects.filter(pk=self.ours.pk).update(num_allocated=3)
        run = applied(self.boss, "stock", self.stock(7))
        self.assertEqual(counts(run), (0, 2, 0, 0))
        level = StockLevel.objects.get(pk=self.ours.pk)
        self.assertEqual((level.num_in_stock, level.num_allocated), (7, 3))
        movement = StockMovement.objects.filter(stock_record=self.ours).first()
        self.assertEqual(
            (movement.reason, movement.in_stock_delta, movement.source, movement.actor),
            ("counted", -3, f"import:{run.public_id}", self.boss),
        )
        run = applied(self.boss, "stock", self.stock(2))
        self.assertEqual(faults(run), [(1, "num_in_stock")])
        self.assertEqual(counts(run), (0, 1, 0, 1))

    def test_partners_write_their_own_alone(self) -> None:
        run = applied(self.clerk, "stock", self.stock(7))
        self.assertEqual(outcomes(run), ["updated", "error"])
        self.assertEqual(faults(run), [(2, "partner")])
        self.assertEqual(self.theirs.level.num_in_stock, 10)

    def test_prices_and_new_offers(self) -> None:
        new = VariantFactory(sku="V-9")
        code = self.ours.partner.code
        text = f"""
            partner,partner_sku,variant,price,currency
            {code},{self.ours.partner_sku},,12.5,EUR
            {code},NEW-1,{new.sku},3.00,
            {code},NEW-2,,3.00,
            {code},NEW-3,{new.sku},-3,
            {code},NEW-4,{new.sku},3,USD
        """
        run = checked(self.clerk, "prices", csv_file(text))
        self.assertEqual(outcomes(run), ["updated", *["error"] * 4])
        run = applied(self.boss, "prices", csv_file(text))
        self.assertEqual(outcomes(run), ["updated", "created", *["error"] * 3])
        self.assertEqual(run.rows.first().changes, [["price", "9.90", "12.50"]])
        self.ours.refresh_from_db()
        self.assertEqual(self.ours.price, Decimal("12.5"))
        undo(run.batch, actor=self.boss)
        self.ours.refresh_from_db()
        self.assertEqual(self.ours.price, Decimal("9.9"))

    def test_the_ledger_adds_up(self) -> None:
        applied(self.boss, "stock", self.stock(4))
        self.assertEqual(list(verify_stock()), [])


class RefusalTests(ImportTestCase):
    """What a service refuses when it is written is that row's error alone"""

    def test_a_refusal_of_one_row(self) -> None:
        # Two moves that are lawful one by one, and a circle together.
        for slug in ("a", "b"):
            create_category(name=slug)
        text = "slug,parent\na,b\nb,a\ndrama,a"
        run = applied(self.boss, "categories", text.encode())
        self.assertEqual(outcomes(run), ["updated", "error", "updated"])

    def test_what_one_worker_was_refused_is_not_the_next_row_of_another(self) -> None:
        run = checked(self.boss, "categories", b"slug,name\nx,X\ny,Y\nz,Z")
        apply_import(run.public_id, actor=self.boss)
        commit, store, late = pieces._commit, CategoryKind.store, []

        def refuse(kind: CategoryKind, lines: Sequence[Line], *others: Any) -> None:  # noqa: ANN401
            if "y" in [line.key for line in lines]:
                msg = "No y."
                raise ImportStateError(msg)
            store(kind, lines, *others)

        def commit_late(
            work: pieces.CarryOut, size: int, refusal: pieces.Refusal | None = None
        ) -> bool:
            """Before one notes what it was refused, let another note just that."""
            if refusal and not late:
                late.append(commit(work, size, refusal))
            return commit(work, size, refusal)

        with (
            mock.patch.object(CategoryKind, "store", refuse),
            mock.patch.object(pieces, "_commit", commit_late),
        ):
            advance(run.public_id)
        self.assertEqual(late, [True])
        self.assertEqual(outcomes(run), ["created", "error", "created"])

    def test_a_bug_leaves_nothing_of_the_chunk_and_is_tried_again(self) -> None:
        text = "slug,name\nx,X\ny,Y"
        run = checked(self.boss, "categories", text.encode())
        apply_import(run.public_id, actor=self.boss)
        message = messages().filter(topic="import.due").latest("pk")
        with (
            mock.patch.object(Kind, "read", side_effect=ZeroDivisionError),
            self.assertLogs("custom.outbox", "ERROR"),
        ):
            consume(message.pk)
        self.assertEqual(Category.objects.count(), 1)
        message.refresh_from_db()
        self.assertEqual((message.state, message.attempts), ("pending", 1))
        message.next_at = message.created_at
        message.save()
        consume(message.pk)
        self.assertEqual(Category.objects.count(), 3)

    def test_a_slice_of_time_has_the_rest_done_by_another_message(self) -> None:
        text = "slug,name\nx,X\ny,Y"
        run = uploaded(self.boss, "categories", text.encode())
        with mock.patch.object(chunks, "CHUNK", 1):
            advance(run.public_id, seconds=-1)
        run.refresh_from_db()
        self.assertEqual((run.state, run.position), (State.CHECKING, 1))
        self.assertEqual(messages().filter(topic="import.due").count(), 2)
        consume(messages().filter(topic="import.due").latest("pk").pk)
        run.refresh_from_db()
        self.assertEqual((run.state, run.position), (State.CHECKED, 2))
