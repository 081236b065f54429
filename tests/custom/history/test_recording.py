import uuid

from django.db import transaction
from django.test import TestCase, TransactionTestCase
from reversion.models import Revision, Version
from structlog.contextvars import bound_contextvars

from custom import origins
from custom.history import recorded
from custom.models import HistoryBatch, RevisionNote, VersionMark
from tax.models import TaxClass, TaxRate
from tests.users.factories import UserFactory


def make_tax_class(code: str = "books") -> TaxClass:
    return TaxClass.objects.create(name=code.title(), code=code)


class RecordedTests(TestCase):
    """custom.history.recorded"""

    def test_a_save_is_on_record_with_who_why_and_through_what(self) -> None:
        staff = UserFactory()
        with (
            bound_contextvars(request_id="r-1"),
            origins.origin(origins.IMPORT),
            recorded("A new law.", actor=staff),
        ):
            row = make_tax_class()
        version = Version.objects.get_for_object(row).get()
        self.assertEqual(version.revision.user, staff)
        self.assertEqual(version.revision.comment, "A new law.")
        note = version.revision.note
        self.assertEqual((note.source, note.request_id), ("import", "r-1"))
        self.assertIsNone(note.batch)
        self.assertEqual(version.mark.kind, "created")

    def test_a_later_save_begins_no_life(self) -> None:
        row = make_tax_class()
        with recorded("Renamed."):
            row.save()
        self.assertFalse(VersionMark.objects.exists())

    def test_an_inner_block_joins(self) -> None:
        batch, other = uuid.uuid4(), UserFactory()
        with recorded("Outer.", batch=batch):
            make_tax_class("a")
            with recorded("Inner.", actor=other, batch=uuid.uuid4()):
                make_tax_class("b")
        revision = Revision.objects.get()
        self.assertEqual(revision.comment, "Outer.")
        self.assertEqual(revision.version_set.count(), 2)
        self.assertEqual(HistoryBatch.objects.get().pk, batch)

    def test_an_inner_block_that_fails_leaves_nothing(self) -> None:
        row = make_tax_class("a")
        doomed = make_tax_class("b")
        with recorded("Outer."):
            row.save()
            with (
                self.assertRaises(ValueError),
                transaction.atomic(),  # noqa: TID251 - as the admin does
                recorded("Inner."),
            ):
                row.name = "Never kept"
                row.save()
                doomed.delete()
                make_tax_class("c")
                raise ValueError
        version = Version.objects.get()
        self.assertNotIn("Never", version.serialized_data)
        self.assertFalse(VersionMark.objects.exists())

    def test_two_transactions_of_one_batch_are_one_step(self) -> None:
        batch = uuid.uuid4()
        for code in "ab":
            with recorded("Prices of spring.", batch=batch):
                make_tax_class(code)
        stored = HistoryBatch.objects.get()
        self.assertEqual(stored.reason, "Prices of spring.")
        self.assertEqual(stored.first_revision, Revision.objects.earliest("pk"))
        self.assertEqual(stored.notes.count(), 2)

    def test_a_deletion_is_a_version_with_all_that_went_along(self) -> None:
        row = make_tax_class()
        rate = TaxRate.objects.create(tax_class=row, country="DE", percent=19)
        pks = {str(row.pk), str(rate.pk)}
        with recorded("Gone."):
            row.delete()
        self.assertEqual(set(Version.objects.values_list("object_id", flat=True)), pks)
        kinds = VersionMark.objects.values_list("kind", flat=True)
        self.assertEqual(list(kinds), ["deleted", "deleted"])
        self.assertEqual(RevisionNote.objects.count(), 1)

    def test_nothing_saved_is_nothing_recorded(self) -> None:
        with recorded("Nothing."):
            pass
        self.assertFalse(Revision.objects.exists())

    def test_who_signed_in_through_the_admin_is_known(self) -> None:
        staff = UserFactory(is_staff=True, is_superuser=True)
        self.client.force_login(staff)
        self.client.post(
            "/admin/tax/taxclass/add/",
            {
                "name": "Books",
                "code": "books",
                "rates-TOTAL_FORMS": 0,
                "rates-INITIAL_FORMS": 0,
            },
            headers={"x-request-id": "r-2"},
        )
        revision = Revision.objects.get()
        self.assertEqual(revision.user, staff)
        note = revision.note
        self.assertEqual((note.source, note.request_id), ("admin", "r-2"))


class OutsideTests(TransactionTestCase):
    """custom.history.recorded, with no transaction"""

    def test_it_refuses(self) -> None:
        with self.assertRaises(RuntimeError), recorded("Parted."):
            pass
