from django.contrib.auth.models import Group, Permission
from django.http import HttpResponse
from django.test import Client, TestCase
from django.urls import reverse
from reversion.models import Version

from catalogue.models import Product
from catalogue.services import NewVariant, create_product, update_product
from custom.history import recorded
from custom.history.steps import rights_to_undo
from custom.ids import new_public_id
from custom.models import HistoryBatch, HistoryUndo
from custom.transactions import run_in_transaction
from partner.models import PartnerMember, StockMovement, StockRecord
from partner.services import add_member, update_stock_record
from staff.groups import CATALOGUE_EDITOR
from tests.catalogue.factories import ProductTypeFactory
from tests.orders.factories import make_offer
from tests.users.factories import UserFactory


def press_undo(client: Client, batch: HistoryBatch) -> HttpResponse:
    """Look at what undoing would do, and confirm it; return the page that follows."""
    page = reverse("admin:custom_historybatch_undo", args=[batch.pk])
    client.get(page)
    return client.post(page, follow=True)


class UndoingTests(TestCase):
    """Who may undo a step: whoever may do the opposite to each of its rows"""

    def setUp(self) -> None:
        self.editor = UserFactory(is_staff=True)
        self.editor.groups.add(Group.objects.get(name=CATALOGUE_EDITOR.name))
        self.client.force_login(self.editor)
        self.product = self.make("T-1")
        self.offer = make_offer(variant=self.product.variants.get())

    def make(self, sku: str) -> Product:
        return create_product(
            product_type=ProductTypeFactory(),
            title="The Third Man",
            variants=[NewVariant(sku=sku)],
        )

    def step(self, *, with_offer: bool = False) -> HistoryBatch:
        batch = new_public_id()

        def work() -> None:
            with recorded("In bulk.", batch=batch):
                update_product(self.product.pk, title="Changed")
                if with_offer:
                    update_stock_record(self.offer.pk, partner_sku="CHANGED")

        run_in_transaction(work)
        return HistoryBatch.objects.get(pk=batch)

    def undo(self, batch: HistoryBatch) -> HttpResponse:
        return press_undo(self.client, batch)

    def title(self) -> str:
        return Product.objects.get(pk=self.product.pk).title

    def test_an_editor_undoes_what_editors_do(self) -> None:
        self.assertContains(self.undo(self.step()), '<span id="num-restored">1</span>')
        self.assertEqual(self.title(), "The Third Man")

    def test_not_what_has_rows_of_others(self) -> None:
        batch = self.step(with_offer=True)
        page = reverse("admin:custom_historybatch_undo", args=[batch.pk])
        told = self.client.get(page)
        self.assertContains(told, "It has rows that are not yours to edit.")
        self.assertNotContains(told, "Changed")
        self.assertEqual(self.undo(batch).status_code, 403)
        self.assertEqual(self.title(), "Changed")
        self.assertFalse(HistoryUndo.objects.exists())

    def test_to_undo_takes_the_right_to_the_opposite(self) -> None:
        batch = new_public_id()

        def work() -> None:
            with recorded("In bulk.", batch=batch):
                self.make("T-2")
                Product.objects.get(pk=gone.pk).delete()

        gone = self.make("T-3")
        run_in_transaction(work)
        self.assertLessEqual(
            {"catalogue.delete_product", "catalogue.add_product"},
            rights_to_undo(batch),
        )
        reader = UserFactory(is_staff=True)
        reader.user_permissions.set(
            Permission.objects.filter(
                codename__in=("view_historybatch", "undo_historybatch")
            )
        )
        self.client.force_login(reader)
        step = HistoryBatch.objects.get(pk=batch)
        self.assertEqual(self.undo(step).status_code, 403)
        self.assertFalse(Product.objects.filter(pk=gone.pk).exists())


class PartnerUndoingTests(TestCase):
    """Staff of a partner who were given the rights: own rows alone"""

    def setUp(self) -> None:
        self.own, self.foreign = make_offer(), make_offer()
        self.reader = UserFactory(is_staff=True)
        add_member(
            partner=self.own.partner,
            user=self.reader,
            role=PartnerMember.Role.MANAGER,
        )
        rights = (
            "view_historybatch",
            "undo_historybatch",
            "view_stockrecord",
            "add_stockrecord",
            "change_stockrecord",
            "delete_stockrecord",
        )
        self.reader.user_permissions.set(Permission.objects.filter(codename__in=rights))
        self.client.force_login(self.reader)

    def step(self, *records: StockRecord) -> HistoryBatch:
        batch = new_public_id()

        def work() -> None:
            with recorded("In bulk.", batch=batch):
                for record in records:
                    update_stock_record(record.pk, partner_sku=f"CHANGED-{record.pk}")

        run_in_transaction(work)
        return HistoryBatch.objects.get(pk=batch)

    def undo(self, batch: HistoryBatch) -> HttpResponse:
        return press_undo(self.client, batch)

    def delete(self, record: StockRecord) -> None:
        StockMovement.objects.filter(stock_record=record).delete()  # they protect it
        run_in_transaction(record.delete)

    def changed(self) -> list[bool]:
        found = StockRecord.objects.order_by("pk").values_list("partner_sku", flat=True)
        return [sku.startswith("CHANGED") for sku in found]

    def test_their_own_rows(self) -> None:
        told = self.undo(self.step(self.own))
        self.assertContains(told, '<span id="num-restored">1</span>')
        self.assertEqual(self.changed(), [False, False])

    def test_not_where_one_row_is_another_partner_s(self) -> None:
        for records in ((self.foreign,), (self.own, self.foreign)):
            batch = self.step(*records)
            self.assertEqual(self.undo(batch).status_code, 403)
            self.assertFalse(HistoryUndo.objects.exists())
        self.assertEqual(self.changed(), [True, True])

    def test_not_where_a_row_is_gone(self) -> None:
        batch = self.step(self.own)
        self.delete(self.own)
        self.assertEqual(self.undo(batch).status_code, 403)

    def test_nobody_s_deleted_rows(self) -> None:
        self.step(self.foreign)
        self.delete(self.foreign)
        version = Version.objects.get_deleted(StockRecord).latest("pk")
        for path in (
            reverse("admin:partner_stockrecord_recoverlist"),
            reverse("admin:partner_stockrecord_recover", args=[version.pk]),
        ):
            self.assertEqual(self.client.get(path).status_code, 403)
            self.assertEqual(self.client.post(path).status_code, 403)
        self.assertFalse(StockRecord.objects.filter(pk=self.foreign.pk).exists())

    def test_no_former_state_of_another_partner_s_row(self) -> None:
        self.step(self.foreign)
        version = Version.objects.get_for_object(self.foreign).latest("pk")
        for name, fields in (
            ("compare", {"old": version.pk}),
            ("revert", {"version": version.pk}),
        ):
            path = reverse(f"admin:partner_stockrecord_{name}", args=[self.foreign.pk])
            for send in (self.client.get, self.client.post):
                answer = send(path, fields)
                self.assertIn(answer.status_code, (302, 403, 404, 405))
        self.assertEqual(self.changed(), [False, True])
