from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import time_machine
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from django.utils import timezone

from basket.holders import Holder, new_guest
from basket.models import Basket
from basket.requests import LineRequest
from basket.services import add_line, clear_basket, merge_baskets, purge_baskets
from orders.requests import HistoricOrder
from orders.services import cancel_order, import_orders, place_order
from stats import tasks
from stats.models import BasketDay, OfferDay, OfferMonth, SalesDay, StaleDay
from stats.services import count_open_baskets, rebuild
from tests.orders.factories import ADDRESS, make_offer, order_request
from tests.orders.stories import STAFF, placed
from tests.stats.books import books, settle
from tests.users.factories import UserFactory


class ImportTests(TestCase):
    """Orders of the past"""

    def test_their_days_are_counted(self) -> None:
        record = make_offer(price="9.90")
        moment = timezone.now() - timedelta(days=400)
        import_orders(
            [
                HistoricOrder(
                    user=UserFactory(),
                    address=ADDRESS,
                    quantities={record.pk: 2},
                    placed_at=moment + timedelta(days=number),
                    completed_at=moment + timedelta(days=5),
                )
                for number in range(3)
            ]
        )
        self.assertEqual(settle(), 3)
        goods = list(SalesDay.objects.values_list("goods", flat=True))
        self.assertEqual(goods, [Decimal("19.80")] * 3)


class BasketTests(TestCase):
    """stats.services.count_open_baskets"""

    def setUp(self) -> None:
        self.record = make_offer(num_in_stock=99)
        self.today = timezone.now().date()

    def fill(self, holder: Holder | None = None) -> Holder:
        holder = holder or new_guest()
        add_line(holder, LineRequest(self.record.variant_id, 1))
        return holder

    def counted(self) -> list[tuple[date, int, int]]:
        count_open_baskets()
        return list(BasketDay.objects.values_list("day", "opened", "ordered"))

    def test_what_becomes_of_them(self) -> None:
        self.assertEqual(self.counted(), [])
        self.fill()
        clear_basket(self.fill())
        self.assertEqual(self.counted(), [(self.today, 1, 0)])
        guest = self.fill()
        place_order(order_request(guest_email="g@example.com", basket=guest))
        self.assertEqual(self.counted(), [(self.today, 2, 1)])
        user = UserFactory()
        own = Holder(f"user:{user.pk}", user.pk)
        merge_baskets(self.fill(), into=own)
        self.assertEqual(self.counted(), [(self.today, 3, 1)])
        Basket.objects.all().delete()
        self.assertEqual(self.counted(), [])

    def test_an_order_counts_on_the_day_its_basket_was_opened(self) -> None:
        guest = self.fill()
        with time_machine.travel(timezone.now() + timedelta(days=3)):
            place_order(order_request(guest_email="g@example.com", basket=guest))
            self.assertEqual(self.counted(), [(self.today, 1, 1)])

    def test_days_whose_baskets_are_purged_keep_their_count(self) -> None:
        self.fill()
        told = self.counted()
        with time_machine.travel(
            timezone.now() + timedelta(days=settings.BASKET_DAYS, minutes=1)
        ):
            self.assertEqual(purge_baskets(), 1)
            self.assertEqual(self.counted(), told)
            call_command("stats", "rebuild", stdout=StringIO())
            self.assertEqual(self.counted(), told)
            call_command("stats", "verify", stdout=StringIO())


class CommandTests(TestCase):
    """manage.py stats"""

    def setUp(self) -> None:
        self.record = make_offer(price="9.90")
        placed((self.record, 2))
        settle()

    def run_command(self, step: str) -> str:
        out = StringIO()
        try:
            call_command("stats", step, stdout=out)
        except CommandError as error:
            out.write(f"{error}\n")
        return out.getvalue()

    def test_all_is_well(self) -> None:
        told = "Every summary says what its ledgers say.\n"
        self.assertEqual(self.run_command("verify"), told)

    def test_every_table_that_differs_is_named_and_mended(self) -> None:
        right = books()
        day = SalesDay.objects.get().day
        SalesDay.objects.update(goods=Decimal("19.81"), orders=2)
        OfferMonth.objects.all().delete()
        BasketDay.objects.create(day=day, opened=1)
        record = self.record
        orders = "orders 2 instead of 1"
        missing = (
            f"goods 0 instead of 19.800, partner_id 0 instead of {record.partner_id}, "
            f"product_id 0 instead of {record.variant.product_id}, "
            "units 0 instead of 2"
        )
        self.assertEqual(
            self.run_command("verify").splitlines(),
            [
                f"SalesDay {day} EUR: goods 19.810 instead of 19.800, {orders}",
                f"OfferMonth {day.replace(day=1)} EUR {record.pk}: {missing}",
                f"BasketDay {day}: opened 1 instead of 0",
                "3 rows differ; 0 days wait to be counted again.",
            ],
        )
        self.assertIn("Counted 1 days anew", self.run_command("rebuild"))
        self.assertEqual(books(), right)

    def test_a_rebuild_goes_on_where_one_was_ended(self) -> None:
        with time_machine.travel("2026-02-10T12:00Z", tick=False):
            order = placed((self.record, 3))
        with time_machine.travel("2026-03-10T12:00Z", tick=False):
            cancel_order(order.pk, actor=STAFF, quantities={order.lines.get().pk: 1})
            settle()
            right = books()
            OfferDay.objects.update(units=7)
            OfferMonth.objects.update(units=7)
            ended = rebuild()
            self.assertEqual(next(ended), (date(2026, 2, 1), 19))
            ended.close()
            out = StringIO()
            call_command("stats", "rebuild", "--go-on", stdout=out)
        told = out.getvalue().splitlines()
        self.assertEqual(told[:2], ["2026-02: 0 days", "2026-03: 31 days"])
        self.assertEqual(books(), right)
        self.assertFalse(StaleDay.objects.exists())

    @override_settings(SHOP_TIME_ZONE="Pacific/Kiritimati")
    def test_another_time_zone_asks_for_a_rebuild(self) -> None:
        with time_machine.travel("2026-03-10T12:00Z", tick=False):
            placed((self.record, 1))
            settle()
            self.assertTrue(SalesDay.objects.filter(day="2026-03-11").exists())
            with override_settings(SHOP_TIME_ZONE="UTC"):
                self.assertIn("rows differ", self.run_command("verify"))
                self.run_command("rebuild")
                self.assertFalse(SalesDay.objects.filter(day="2026-03-11").exists())
                self.assertTrue(SalesDay.objects.filter(day="2026-03-10").exists())
                self.assertIn("Every summary", self.run_command("verify"))


class TaskTests(TestCase):
    """What the scheduler runs"""

    def test_they_are_scheduled(self) -> None:
        wanted = {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}
        for task in (tasks.refresh, tasks.count_baskets):
            self.assertIn(task.name, wanted)
        self.assertEqual(tasks.refresh(), 0)
        # Whole days alone: at some hours one less than baskets are kept for.
        self.assertGreaterEqual(tasks.count_baskets(), settings.BASKET_DAYS - 1)
