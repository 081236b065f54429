from datetime import timedelta
from functools import partial
from unittest import mock
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from catalogue.models import Product, Variant
from catalogue.services import NewVariant, create_product, update_product
from custom.history import recorded, undo_pages
from custom.ids import new_public_id
from custom.models import HistoryBatch, HistoryUndo, OutboxMessage
from custom.transactions import run_in_transaction
from tests.custom.history.test_pages import PagesCase, page
from tests.orders.stories import run_outbox
from tests.users.factories import UserFactory


class BatchPageTests(PagesCase):
    def test_a_bulk_deletion_is_one_step_that_is_undone(self) -> None:
        other = create_product(
            product_type=self.product.product_type,
            title="Other",
            variants=[NewVariant(sku="T-2")],
        )
        pks = [self.product.pk, other.pk]
        values = {"action": "delete_selected", "_selected_action": pks, "post": "yes"}
        self.client.post(page("changelist"), values)
        self.assertFalse(Product.objects.exists())
        batch = HistoryBatch.objects.get()
        steps = reverse("admin:custom_historybatch_changelist")
        self.assertContains(
            self.client.get(steps), "Delete selected products, in bulk."
        )
        one = reverse("admin:custom_historybatch_change", args=[batch.pk])
        self.assertContains(self.client.get(one), self.staff.email)
        undo = reverse("admin:custom_historybatch_undo", args=[batch.pk])
        planned = self.client.get(undo)
        self.assertContains(planned, "2 products come back")
        self.assertContains(planned, "Variant T-2")
        done = self.client.post(undo, follow=True)
        self.assertContains(done, '<span id="num-restored">4</span>')
        self.assertEqual(set(Product.objects.values_list("pk", flat=True)), set(pks))
        self.assertEqual(Variant.objects.count(), 2)

    def change(self, *titles: str) -> HistoryBatch:
        """Change the product's title in one step."""
        batch = new_public_id()
        for title in titles:
            run_in_transaction(partial(self.retitle, title, batch))
        return HistoryBatch.objects.get(pk=batch)

    def retitle(self, title: str, batch: UUID) -> None:
        with recorded("In bulk.", batch=batch):
            update_product(self.product.pk, title=title)

    def undo_page(self, batch: HistoryBatch, name: str = "undo") -> str:
        return reverse(f"admin:custom_historybatch_{name}", args=[batch.pk])

    def test_it_shows_what_would_change_and_changes_nothing(self) -> None:
        undo = self.undo_page(self.change("Other", "Another"))
        page = self.client.get(undo)
        _variant, row = page.context["preview"].rows
        self.assertEqual((row.name, row.verb), ("Another", "change"))
        self.assertContains(page, "1 products get former values back")
        self.assertContains(page, "<del>Another</del>", html=True)
        self.assertContains(page, "<ins>The Fourth Man</ins>", html=True)
        self.assertFalse(HistoryUndo.objects.exists())

    def test_a_row_changed_since_is_told_before_and_after(self) -> None:
        batch = self.change("=Other")
        update_product(self.product.pk, title="Mine")
        undo = self.undo_page(batch)
        self.assertContains(self.client.get(undo), "It has been changed since: title.")
        done = self.client.post(undo, {"reason": "A mistake."}, follow=True)
        self.assertContains(done, '<span id="num-refused">1</span>')
        self.assertContains(done, page("history", self.product.pk))
        self.assertEqual(HistoryUndo.objects.get().reason, "A mistake.")
        file = self.client.get(self.undo_page(batch, "undo_errors"))
        lines = b"".join(file.streaming_content).decode().splitlines()
        self.assertEqual(
            lines,
            [
                "kind,key,name,error",
                f"product,{self.product.pk},'=Other,It has been changed since: title.",
            ],
        )
        self.assertEqual(Product.objects.get().title, "Mine")

    def test_who_presses_second_is_told(self) -> None:
        undo = self.undo_page(self.change("Other"))
        self.client.post(undo)
        again = self.client.post(undo, follow=True)
        self.assertContains(again, "has been undone already")
        self.assertEqual(HistoryUndo.objects.get().num_restored, 1)

    def test_what_is_large_is_left_to_a_worker(self) -> None:
        batch = self.change("Other")
        undo = self.undo_page(batch)
        with mock.patch.object(undo_pages, "AT_ONCE", 0):
            begun = self.client.post(undo, follow=True)
        self.assertContains(begun, "being undone")
        self.assertContains(begun, 'http-equiv="refresh"')
        self.assertNotContains(begun, "go_on")
        HistoryUndo.objects.update(moved_at=timezone.now() - timedelta(minutes=6))
        OutboxMessage.objects.all().delete()  # parked, and purged long ago
        self.assertContains(self.client.get(undo), "go_on")
        self.client.post(undo, {"go_on": "Go on"})
        run_outbox()
        self.assertContains(self.client.get(undo), '<span id="num-restored">1</span>')
        again = self.client.post(undo, {"go_on": "Go on"}, follow=True)
        self.assertContains(again, "can go on.")

    def test_a_step_whose_history_is_gone(self) -> None:
        batch = HistoryBatch.objects.create(pk=new_public_id(), reason="Old")
        undo = self.undo_page(batch)
        self.assertContains(self.client.get(undo), "nothing left to undo")
        done = self.client.post(undo, follow=True)
        self.assertContains(done, '<span id="num-restored">0</span>')

    def test_steps_that_are_not_there(self) -> None:
        for name in ("undo", "undo_errors"):
            path = reverse(f"admin:custom_historybatch_{name}", args=[new_public_id()])
            self.assertEqual(self.client.get(path).status_code, 404)

    def test_people_are_numbers_for_looks_at_them_are_noted(self) -> None:
        ada = UserFactory(first_name="Augusta", last_name="Byron")
        batch = new_public_id()

        def rename(name: str, step: UUID | None) -> None:
            with recorded("In bulk.", batch=step):
                ada.first_name = name
                ada.save()

        run_in_transaction(partial(rename, "Augusta", None))
        run_in_transaction(partial(rename, "Ada", batch))
        step = HistoryBatch.objects.get(pk=batch)
        page = self.client.get(self.undo_page(step))
        self.assertContains(page, f"number {ada.pk}")
        self.assertNotContains(page, "Augusta")
        self.assertNotContains(page, ada.email)
        ada.refresh_from_db()
        run_in_transaction(partial(rename, "Countess", None))
        done = self.client.post(self.undo_page(step), follow=True)
        self.assertContains(done, "It has been changed since: first_name.")
        self.assertNotContains(done, ada.email)
        file = self.client.get(self.undo_page(step, "undo_errors"))
        self.assertNotIn(ada.email, b"".join(file.streaming_content).decode())
