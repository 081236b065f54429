from datetime import timedelta

from django.test import TransactionTestCase, tag
from django.urls import reverse
from django.utils import timezone

from catalogue.models import Product
from custom.models import OutboxMessage
from exchange.models import Import
from exchange.services import advance, apply_import
from partner.models import StockMovement
from tests.catalogue.factories import ProductTypeFactory
from tests.exchange.files import checked, counts, outcomes, uploaded
from tests.orders.factories import make_offer
from tests.orders.stories import run_outbox
from tests.processes import Running
from tests.users.factories import UserFactory

WORKERS = "tests.exchange.workers"


def products(count: int) -> bytes:
    """Return a file of new products."""
    rows = (f"p{n},film,Film {n},S-{n},A film." for n in range(count))
    return "\n".join(["slug,product_type,title,sku,description", *rows]).encode()


class KilledTests(TransactionTestCase):
    """A worker dies in the middle of a chunk"""

    serialized_rollback = False

    def setUp(self) -> None:
        self.boss = UserFactory(is_staff=True, is_superuser=True)
        ProductTypeFactory(code="film")

    def kill(self, run: Import, size: int, stop_at: int) -> None:
        call = {"public_id": str(run.public_id), "size": size, "stop_at": stop_at}
        with Running(f"{WORKERS}.advance_slowly", [call]) as worker:
            worker.wait_for("written, not committed")
            worker.kill()
        run.refresh_from_db()
        self.assertEqual(run.position, stop_at)

    def test_the_next_one_begins_at_the_chunk_that_was_not_committed(self) -> None:
        run = checked(self.boss, "products", products(6))
        apply_import(run.public_id, actor=self.boss)
        self.kill(run, size=2, stop_at=2)
        self.assertEqual(Product.objects.count(), 2)
        advance(run.public_id)
        run.refresh_from_db()
        self.assertEqual((run.state, counts(run)), ("done", (6, 0, 0, 0)))
        self.assertEqual(outcomes(run), ["created"] * 6)
        self.assertEqual(Product.objects.count(), 6)

    def test_staff_have_it_go_on(self) -> None:
        run = checked(self.boss, "products", products(6))
        apply_import(run.public_id, actor=self.boss)
        OutboxMessage.objects.all().delete()  # parked, and purged long ago
        self.kill(run, size=2, stop_at=2)
        self.client.force_login(self.boss)
        page = reverse("admin:exchange-import", args=[run.public_id])
        self.assertNotContains(self.client.get(page), "go_on")
        Import.objects.update(moved_at=timezone.now() - timedelta(minutes=6))
        self.assertContains(self.client.get(page), "go_on")
        for _each in range(2):  # somebody is impatient
            self.assertRedirects(self.client.post(page, {"go_on": "Go on"}), page)
        run_outbox()
        run.refresh_from_db()
        self.assertEqual((run.state, counts(run)), ("done", (6, 0, 0, 0)))
        self.assertEqual(outcomes(run), ["created"] * 6)
        self.assertEqual(Product.objects.count(), 6)
        self.assertNotContains(self.client.get(page), "go_on")
        answer = self.client.post(page, {"go_on": "Go on"}, follow=True)
        self.assertContains(answer, "can go on.")

    def test_no_unit_is_counted_twice(self) -> None:
        offers = [make_offer(num_in_stock=5) for _each in range(3)]
        lines = (f"{each.partner.code},{each.partner_sku},9" for each in offers)
        text = "\n".join(["partner,partner_sku,num_in_stock", *lines])
        run = checked(self.boss, "stock", text.encode())
        apply_import(run.public_id, actor=self.boss)
        self.kill(run, size=1, stop_at=1)
        advance(run.public_id)
        source = f"import:{run.public_id}"
        moved = StockMovement.objects.filter(source=source)
        self.assertEqual([each.in_stock_delta for each in moved], [4, 4, 4])


@tag("soak")
class MemoryTests(TransactionTestCase):
    """Memory does not grow with the rows of a file"""

    def peak(self, rows: int) -> int:
        run = uploaded(self.boss, "products", products(rows))
        with Running(
            f"{WORKERS}.peak_of", [{"public_id": str(run.public_id)}], seconds=1800
        ) as worker:
            (outcome,) = worker.outcomes()
        run.refresh_from_db()
        self.assertEqual((run.state, run.num_created), ("checked", rows))
        return int(outcome.value)

    def test_ten_times_the_rows(self) -> None:
        self.boss = UserFactory(is_staff=True, is_superuser=True)
        ProductTypeFactory(code="film")
        few, many = self.peak(5_000), self.peak(50_000)
        print(f"peak memory: {few} KB for 5,000 rows, {many} KB for 50,000")  # noqa: T201
        self.assertLess(many, few * 1.2)
