from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

from django.db import connection
from django.test import TestCase, override_settings, tag
from django.utils import timezone
from reversion.models import Revision, Version

from address.models import Address
from custom.history import recorded
from custom.history.entries import page_of
from custom.history.reading import versions_of
from custom.history.reverting import deleted_of
from custom.models import HistoryBatch, RevisionNote, VersionMark
from custom.privacy.traces import forget_rows_of
from custom.tasks import purge_history
from tax.models import TaxClass
from tests.tax.factories import make_tax_class


@override_settings(HISTORY_KEEP_DAYS=100, HISTORY_RECOVER_DAYS=10)
class PruneTests(TestCase):
    """custom.history.pruning.prune"""

    def save(self, row: TaxClass, *, days: int, batch: object = None) -> None:
        with recorded("Saved.", batch=batch):
            row.save()
        self.age(days)

    @staticmethod
    def age(days: int) -> None:
        past = timezone.now() - timedelta(days=days)
        last = Revision.objects.order_by("-pk").values("pk")[0]["pk"]
        Revision.objects.filter(pk=last).update(date_created=past)

    def test_old_versions_go_but_the_last_of_a_row_stays(self) -> None:
        busy, quiet = (
            TaxClass.objects.create(code=code, name=code) for code in ("busy", "quiet")
        )
        self.save(quiet, days=300)
        batch = "018f0000-0000-7000-8000-000000000000"
        self.save(busy, days=250, batch=batch)
        self.save(busy, days=200)
        self.save(busy, days=50)
        self.assertEqual(purge_history(), 2)
        self.assertEqual(versions_of(TaxClass, quiet.pk).count(), 1)
        self.assertEqual(versions_of(TaxClass, busy.pk).count(), 1)
        self.assertEqual(Revision.objects.count(), RevisionNote.objects.count())
        self.assertFalse(HistoryBatch.objects.exists())

    def test_what_was_deleted_can_be_brought_back_for_a_while(self) -> None:
        recent, long_gone = (
            TaxClass.objects.create(code=code, name=code) for code in ("recent", "gone")
        )
        for row, days in ((recent, 5), (long_gone, 20)):
            self.save(row, days=days + 1)
            with recorded("Gone."):
                row.delete()
            self.age(days)
        self.assertEqual(purge_history(), 2)
        self.assertEqual(deleted_of(TaxClass).get().object_repr, str(recent))
        self.assertEqual(VersionMark.objects.filter(kind="deleted").count(), 1)


class LongHistoryTests(TestCase):
    """Statements of the history, on tables with many rows"""

    ROWS: ClassVar[int] = 3000

    @classmethod
    def setUpTestData(cls) -> None:
        cls.row = make_tax_class("long")
        with recorded("First."):
            cls.row.save()
        (model,) = Version.objects.values_list("content_type", flat=True)[:1]
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO reversion_revision (date_created, comment)"
                " SELECT UTC_TIMESTAMP(), 'x' FROM seq_1_to_200000 LIMIT %s",
                [cls.ROWS],
            )
            cursor.execute(
                "INSERT INTO reversion_version (revision_id, object_id,"
                " content_type_id, db, format, serialized_data, object_repr)"
                " SELECT id, IF(MOD(id, 2), %s, id), %s, 'default', 'json',"
                " '[{\"fields\": {}}]', 'x' FROM reversion_revision"
                " WHERE comment = 'x'",
                [str(cls.row.pk), model],
            )

    def rows_read(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
            return sum(int(value) for _name, value in cursor.fetchall())

    def test_a_page_reads_no_more_than_it_shows(self) -> None:
        before = self.rows_read()
        self.assertEqual(len(versions_of(TaxClass, self.row.pk)[:26]), 26)
        self.assertLess(self.rows_read() - before, 26 * 12)

    def test_a_save_reads_no_former_version(self) -> None:
        before = self.rows_read()
        with recorded("Again."):
            self.row.save()
        self.assertLess(self.rows_read() - before, 60)

    def test_an_erasure_reads_no_versions_of_other_models(self) -> None:
        before = self.rows_read()
        forget_rows_of(Address, "user", 1)
        self.assertLess(self.rows_read() - before, 60)

    def test_the_list_of_what_was_deleted_reads_no_versions_of_others(self) -> None:
        with recorded("Gone."):
            make_tax_class("gone").delete()
        before = self.rows_read()
        self.assertEqual(len(deleted_of(TaxClass)[:26]), 1)
        self.assertLess(self.rows_read() - before, 60)


@tag("soak")
class SlowestTests(LongHistoryTests):
    """The same with 200,000 versions, half of them of one row, by the server's clock"""

    ROWS = 200_000
    MOST = 0.05  # seconds of SQL

    def seconds(self, work: Callable[[], object]) -> float:
        work()  # what the process remembers
        with connection.cursor() as cursor:
            cursor.execute("SET profiling = 1, profiling_history_size = 100")
            work()
            cursor.execute("SET profiling = 0")
            cursor.execute("SHOW PROFILES")
            return sum(float(seconds) for _number, seconds, _sql in cursor.fetchall())

    def test_history_page_and_save_take_less_than_50_ms(self) -> None:
        def save() -> None:
            with recorded("Again."):
                self.row.save()

        spent = {
            "page": self.seconds(lambda: page_of(TaxClass, self.row.pk)),
            "save": self.seconds(save),
            "deleted": self.seconds(lambda: list(deleted_of(TaxClass)[:26])),
            "erasure": self.seconds(lambda: forget_rows_of(Address, "user", 1)),
        }
        for name, seconds in spent.items():
            with self.subTest(name=name, seconds=seconds):
                self.assertLess(seconds, self.MOST)
