from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.test import TestCase, override_settings
from django.utils import timezone

from exchange.models import Import, ImportRow
from exchange.services import imports
from exchange.tasks import purge_imports
from tests.exchange.files import checked
from tests.users.factories import UserFactory

FILE = b"slug,name\na,A\nb,B\n"


@override_settings(EXCHANGE_KEEP_DAYS=30)
class PurgeTests(TestCase):
    """exchange.purge_imports"""

    def setUp(self) -> None:
        boss = UserFactory(is_staff=True, is_superuser=True)
        self.old, self.young = (checked(boss, "categories", FILE) for _each in range(2))
        for run, days in ((self.old, 31), (self.young, 29)):
            then = timezone.now() - timedelta(days=days)
            Import.objects.filter(pk=run.pk).update(created_at=then)

    def files(self, run: Import) -> list[Path]:
        root = Path(settings.EXCHANGE_ROOT)
        return sorted(root.glob(f"{run.public_id}.*"))

    def test_old_ones_go_with_their_rows_and_files(self) -> None:
        self.assertEqual(len(self.files(self.old)), 2)  # as it came, and plain
        self.assertEqual(purge_imports(), 3)
        self.assertEqual(list(Import.objects.all()), [self.young])
        self.assertEqual(
            set(ImportRow.objects.values_list("run", flat=True)), {self.young.pk}
        )
        self.assertEqual(self.files(self.old), [])
        self.assertEqual(len(self.files(self.young)), 2)
        self.assertEqual(purge_imports(), 0)

    def test_in_batches(self) -> None:
        self.addCleanup(setattr, imports, "PURGE_BATCH", imports.PURGE_BATCH)
        imports.PURGE_BATCH = 1
        self.assertEqual(purge_imports(), 3)

    def test_a_file_that_is_gone_is_no_obstacle(self) -> None:
        for path in self.files(self.old):
            path.unlink()
        self.assertEqual(purge_imports(), 3)
