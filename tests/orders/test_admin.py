import datetime as dt
import re
from collections import Counter

from django.contrib.auth.models import Permission
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse, reverse_lazy

from orders.models import Order, OrderLine, Shipment
from orders.selectors import find_orders
from tests.orders.factories import OrderFactory, OrderLineFactory, make_offer
from tests.orders.stories import placed, receive
from tests.users.factories import UserFactory


def moment(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)


class OrderPageTests(TestCase):
    """The page of an order in the admin"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = UserFactory(is_staff=True, is_superuser=True)
        cls.record = make_offer(num_in_stock=9)
        cls.other = make_offer(num_in_stock=9)

    def setUp(self) -> None:
        self.client.force_login(self.boss)
        self.order = receive(placed((self.record, 2), (self.other, 1)))
        self.url = reverse("admin:orders_order_change", args=[self.order.pk])

    def address(self, action: str) -> str:
        return reverse("admin:orders_order_press", args=[self.order.pk, action])

    def act(self, action: str, **words: str) -> list[str]:
        """Press a button; return what is told."""
        answer = self.client.post(
            self.address(action),
            {
                f"{action}-{name}": word
                for name, word in {"version": self.order.version, **words}.items()
            },
            follow=True,
        )
        self.assertRedirects(answer, self.url)
        self.order.refresh_from_db()
        return [str(message) for message in answer.context["messages"]]

    def offered(self) -> list[str]:
        context = self.client.get(self.url).context
        return [button["url"].split("/")[-2] for button in context["buttons"]]

    def test_buttons_lead_an_order_through_its_life(self) -> None:
        self.assertEqual(
            self.offered(), ["ship", "cancel", "credit", "invoice", "note"]
        )
        self.assertEqual(
            self.act("ship", carrier="ups", tracking_number="1"),
            ["It is shipped."],
        )
        self.assertEqual(Shipment.objects.filter(carrier="ups").count(), 2)
        self.assertEqual(
            self.offered(), ["deliver", "return", "credit", "invoice", "note"]
        )
        self.act("deliver")
        self.assertEqual(self.order.status, Order.Status.COMPLETED)
        self.act("return", reason="Recalled")
        self.assertEqual(self.order.status, Order.Status.RETURNED)
        event = self.order.events.get(type="returned")
        self.assertEqual((event.actor, event.role), (self.boss, "staff"))
        self.assertEqual(event.detail["reason"], "Recalled")
        self.assertEqual(self.offered(), ["invoice", "note"])

    def test_what_is_sent_twice_is_done_once(self) -> None:
        line = self.order.lines.get(stock_record_id=self.record.pk)
        seen = str(self.order.version)
        once = ("ship", {f"units_{line.pk}": "1"}), ("credit", {"amount": "2.00"})
        for action, words in once:
            words |= {"version": seen, "reason": "Late"}
            done, told = self.act(action, **words), self.act(action, **words)
            self.assertNotIn("changed", done[0])
            self.assertIn("The order has changed since this page was shown", told[0])
            seen = str(self.order.version)
        line.refresh_from_db()
        self.assertEqual((line.fulfilled_quantity, line.open_quantity), (1, 1))
        self.assertEqual(self.order.credited_amount, 2)
        self.assertEqual(Shipment.objects.count(), 1)
        del words["version"]
        self.assertEqual(
            self.act("credit", version="", amount="1.00", reason="x"),
            ["This field is required."],
        )

    def test_a_note_is_for_staff_alone(self) -> None:
        self.assertEqual(self.act("note", text="Rang twice"), ["The note is kept."])
        event = self.order.events.get(type="noted")
        self.assertEqual(event.detail, {"text": "Rang twice"})
        self.assertFalse(event.is_public)
        self.assertEqual(self.act("note"), ["This field is required."])

    def test_what_is_not_possible_is_told(self) -> None:
        (told,) = self.act("deliver")
        self.assertIn("not possible now", told)
        self.assertEqual(self.order.fulfilment_status, "unfulfilled")

    def test_who_may_only_look_has_no_buttons(self) -> None:
        reader = UserFactory(is_staff=True)
        reader.user_permissions.add(Permission.objects.get(codename="view_order"))
        self.client.force_login(reader)
        self.assertEqual(self.offered(), [])
        answer = self.client.post(self.address("cancel"))
        self.assertEqual(answer.status_code, 403)
        self.order.refresh_from_db()
        self.assertFalse(self.order.is_cancelled)

    def lines(self) -> list[OrderLine]:
        return list(self.order.lines.order_by("position"))

    def test_units_of_single_lines(self) -> None:
        first, second = self.lines()
        self.act("ship", **{f"units_{first.pk}": "1"}, carrier="ups")
        self.assertEqual([line.fulfilled_quantity for line in self.lines()], [1, 0])
        self.act("cancel", **{f"units_{second.pk}": "1"}, reason="Sold out")
        self.assertEqual([line.cancelled_quantity for line in self.lines()], [0, 1])
        self.assertEqual(self.order.credited_amount, second.line_total)
        self.act("return", **{f"units_{first.pk}": "1"})
        self.assertEqual([line.returned_quantity for line in self.lines()], [1, 0])
        self.assertEqual(
            self.order.credited_amount, first.unit_price + second.line_total
        )

    def test_units_that_are_not_there(self) -> None:
        first, second = self.lines()
        (told,) = self.act("ship", **{f"units_{first.pk}": "3"})
        self.assertIn("less than or equal to 2", told)
        nothing = {f"units_{line.pk}": "0" for line in (first, second)}
        self.assertEqual(self.act("cancel", **nothing), ["Name at least one unit."])
        self.assertEqual(self.order.credited_amount, 0)
        self.assertFalse(self.order.shipments.exists())

    def test_all_that_is_known_is_shown(self) -> None:
        self.act("ship", carrier="ups", tracking_number="1Z")
        self.act("note", text="Rang twice")
        answer = self.client.get(self.url)
        for words in ("Rang twice", "1Z", "Payment, dummy", "Stephansplatz 1", "Wien"):
            self.assertContains(answer, words)
        self.assertContains(answer, "https://www.ups.com/track?tracknum=1Z")

    def test_the_order_is_read_once(self) -> None:
        self.client.get(self.url)  # content types
        with CaptureQueriesContext(connection) as queries:
            self.client.get(self.url)
        tables = re.findall(r"FROM `(\w+)`", " ".join(each["sql"] for each in queries))
        self.assertEqual(
            Counter(tables),
            {
                "users_user": 2,  # the reader, the customer
                "orders_order": 1,
                "orders_orderline": 2,  # with the order, and as rows of the page
                "orders_shipment": 1,
                "orders_invoice": 1,
                "orders_orderevent": 1,
                "payments_payment": 1,
                "payments_refund": 1,
            },
        )

    def test_queries_of_a_page_do_not_grow(self) -> None:
        self.client.get(self.url)  # content types
        with CaptureQueriesContext(connection) as few:
            self.client.get(self.url)
        count = len(few)
        for number in range(10):
            OrderLineFactory(
                order=self.order, position=10 + number, stock_record_id=10**6 + number
            )
            self.act("note", text="Again")
        with self.assertNumQueries(count):
            self.client.get(self.url)


class OrderListTests(TestCase):
    """The list of orders in the admin"""

    url = reverse_lazy("admin:orders_order_changelist")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = UserFactory(is_staff=True, is_superuser=True)
        ada = UserFactory(email="ada@example.com")
        cls.adas = OrderFactory(user=ada, placed_at=moment(2025, 3, 31, 23))
        cls.guests = OrderFactory(
            user=None, guest_email="Bob@example.com", placed_at=moment(2026, 1, 2)
        )
        OrderLineFactory(order=cls.guests, sku="DVD-7")
        OrderLineFactory(order=cls.guests, sku="DVD-7")

    def setUp(self) -> None:
        self.client.force_login(self.boss)

    def found(self, **query: str) -> list[Order]:
        return list(self.client.get(self.url, query).context["cl"].result_list)

    def titles(self, **query: int) -> list[str]:
        """Return what the dates above the list offer."""
        page = self.client.get(self.url, query).content.decode()
        (dates,) = re.findall(r'class="toplinks">(.*?)</nav>', page, re.DOTALL)
        return re.findall(r">([^<>]+)</a>", dates)

    def test_search(self) -> None:
        for term, orders in (
            (self.adas.number, [self.adas]),
            (f" {self.adas.number.lower()} ", [self.adas]),
            ("ADA@", [self.adas]),
            ("bob@ex", [self.guests]),
            ("DVD-7", [self.guests]),
            ("example.com", []),
            ("", [self.guests, self.adas]),
        ):
            with self.subTest(term):
                self.assertEqual(self.found(q=term), orders)

    def test_search_has_an_index_for_each_question(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            find_orders("ada@example.com")
        self.assertEqual(len(queries), 5)
        for query in queries:
            with self.subTest(query["sql"]), connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {query['sql']}")
                for row in cursor.fetchall():
                    # No table is one of which an index has told that nothing fits.
                    self.assertTrue(row[2] is None or row[4], row)

    def test_dates_lead_by_the_calendar(self) -> None:
        self.assertEqual(self.titles(), ["2025", "2026"])
        shown = self.titles(placed_at__year=2025)
        self.assertEqual(shown[1::11], ["January 2025", "December 2025"])
        march = {"placed_at__year": 2025, "placed_at__month": 3}
        self.assertEqual(len(self.titles(**march)), 31 + 1)
        self.assertEqual(self.found(**march, placed_at__day=31), [self.adas])
        self.assertEqual(self.found(placed_at__year=2024), [])

    def test_dates_read_the_ends_of_an_index(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            self.client.get(self.url)
        ends = [each["sql"] for each in queries if each["sql"].endswith("LIMIT 1")]
        ends = [sql for sql in ends if sql.startswith("SELECT `orders_order`.`placed")]
        self.assertEqual(len(ends), 2)
        self.assertFalse([each for each in queries if "DISTINCT" in each["sql"]])
        for sql in ends:
            with self.subTest(sql), connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}")
                (row,) = cursor.fetchall()
                self.assertEqual((row[5], row[8]), ("order_newest", "1"))
