import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.http import HttpResponse
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from catalogue.models import Category
from catalogue.services import create_category
from orders.models import Order
from orders.services import cancel_order
from partner.models import PartnerMember, StockLevel, StockRecord
from stats.days import days_between
from stats.models import BasketDay, OfferDay, SalesDay, StaleDay
from tests.orders.factories import VariantFactory, make_offer
from tests.orders.stories import STAFF, placed
from tests.stats.books import settle
from tests.users.factories import UserFactory
from users.models import User

DASH = "\u2013"  # of cells without a value
TODAY = "2026-03-20T12:00Z"
MARCH = {"since": "2026-03-01", "until": "2026-03-20"}


def staff(*rights: str) -> User:
    """Return a member of staff with rights named ``app.codename``."""
    user = UserFactory(is_staff=True)
    for right in rights:
        app, codename = right.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    return user


class ReportTestCase(TestCase):
    """A shop of two partners and three categories, with orders of March 2026"""

    drama: ClassVar[Category]
    noir: ClassVar[Category]
    comedy: ClassVar[Category]
    metropolis: ClassVar[StockRecord]
    laura: ClassVar[StockRecord]
    boss: ClassVar[User]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = UserFactory(is_staff=True, is_superuser=True)
        cls.drama = create_category(name="Drama")
        cls.noir = create_category(name="Noir", parent=cls.drama)
        cls.comedy = create_category(name="Comedy")
        cls.metropolis = make_offer(num_in_stock=20, price="10.00")
        laura = VariantFactory(product_title="=Laura")
        cls.laura = make_offer(num_in_stock=20, price="5.50", variant=laura)
        cls.metropolis.variant.product.categories.add(cls.drama, cls.comedy)
        cls.laura.variant.product.categories.add(cls.noir, cls.drama)
        for moment, *wanted in (
            ("2026-02-14T12:00Z", (cls.metropolis, 1)),
            ("2026-03-02T12:00Z", (cls.metropolis, 2), (cls.laura, 4)),
            ("2026-03-09T12:00Z", (cls.laura, 1)),
        ):
            with time_machine.travel(moment, tick=False):
                order = placed(*wanted)
        with time_machine.travel("2026-03-10T12:00Z", tick=False):
            cancel_order(order.pk, actor=STAFF)
        settle()

    def setUp(self) -> None:
        self.enterContext(time_machine.travel(TODAY, tick=False))
        self.client.force_login(self.boss)

    def get(self, name: str, *args: object, **query: object) -> HttpResponse:
        return self.client.get(reverse(f"admin:stats-{name}", args=args), query)

    def sheets(self, page: str, **query: object) -> dict[str, list[dict[str, Any]]]:
        answer = self.get("json", page, **MARCH | query)
        self.assertEqual(answer.status_code, 200, answer.content)
        return answer.json()["sheets"]


class SalesPageTests(ReportTestCase):
    """/admin/stats/sales/ and its downloads"""

    def test_the_whole_shop(self) -> None:
        sheets = self.sheets("sales", step="week")
        self.assertEqual(
            sheets["series"],
            [
                {
                    "period": day,
                    "orders": orders,
                    "units": units,
                    "sales": sales,
                    "shipping": "0.00",
                    "units_back": back,
                    "taken_back": taken,
                    "net": net,
                    "average": average,
                    "refunds": 0,
                    "refunded": "0.00",
                }
                for day, orders, units, sales, back, taken, net, average in (
                    ("2026-03-01", 0, 0, "0.00", 0, "0.00", "0.00", None),
                    ("2026-03-02", 1, 6, "42.00", 0, "0.00", "42.00", "42.00"),
                    ("2026-03-09", 1, 1, "5.50", 1, "5.50", "0.00", "5.50"),
                    ("2026-03-16", 0, 0, "0.00", 0, "0.00", "0.00", None),
                )
            ],
        )
        totals = {row["figure"]: row for row in sheets["totals"]}
        self.assertEqual(
            totals["Sales"],
            {
                "figure": "Sales",
                "now": "47.50",
                "before": "10.00",
                "change": "375.0",
                "year_ago": "0.00",
                "change_year": None,
            },
        )
        self.assertEqual(totals["Average order"]["now"], "23.75")
        self.assertEqual(
            [
                (row["category"], row["units"], row["net"])
                for row in sheets["categories"]
            ],
            [("Comedy", 2, "20.00"), ("Drama", 7, "42.00")],
        )
        self.assertEqual(
            [(row["partner"], row["orders"], row["net"]) for row in sheets["partners"]],
            [("Partner 1", 2, "22.00"), ("Partner 0", 1, "20.00")],
        )
        self.assertEqual([row["currency"] for row in sheets["currencies"]], ["EUR"])

    def test_a_category_holds_those_below_and_each_product_once(self) -> None:
        sheets = self.sheets("sales", category=self.drama.slug, step="month")
        (march,) = sheets["series"]
        self.assertEqual(
            march,
            {
                "period": "2026-03",
                "units": 7,
                "sales": "47.50",
                "units_back": 1,
                "taken_back": "5.50",
                "net": "42.00",
            },
        )
        self.assertEqual([row["category"] for row in sheets["categories"]], ["Noir"])
        self.assertNotIn("partners", sheets)
        own = self.sheets(
            "sales", category=self.drama.slug, partner=self.metropolis.partner_id
        )
        totals = {row["figure"]: row["now"] for row in own["totals"]}
        self.assertEqual(totals["Sales"], "20.00")

    def test_moving_a_product_moves_its_past(self) -> None:
        self.laura.variant.product.categories.set([self.comedy])
        rows = self.sheets("sales")["categories"]
        self.assertEqual(
            [(row["category"], row["net"]) for row in rows],
            [("Comedy", "42.00"), ("Drama", "20.00")],
        )

    def test_one_partner(self) -> None:
        sheets = self.sheets("sales", partner=self.laura.partner_id)
        totals = {row["figure"]: row["now"] for row in sheets["totals"]}
        self.assertEqual(
            totals,
            {
                "Orders": 2,
                "Units": 5,
                "Sales": "27.50",
                "Units back": 1,
                "Taken back": "5.50",
                "Net": "22.00",
                "Average order": "13.75",
            },
        )

    def test_currencies_have_their_own_places_and_are_never_summed(self) -> None:
        SalesDay.objects.create(
            day="2026-03-02", currency="JPY", orders=2, units=2, goods=Decimal(3001)
        )
        SalesDay.objects.create(
            day="2026-03-02", currency="KWD", orders=2, units=2, goods=Decimal("1.235")
        )
        rows = self.sheets("sales")["currencies"]
        self.assertEqual(
            [(row["currency"], row["sales"], row["average"]) for row in rows],
            [
                ("EUR", "47.50", "23.75"),
                ("JPY", "3001", "1501"),
                ("KWD", "1.235", "0.618"),
            ],
        )
        totals = self.sheets("sales", currency="KWD")["totals"]
        self.assertIn("1.235", [row["now"] for row in totals])

    def test_baskets(self) -> None:
        BasketDay.objects.create(day="2026-03-01", opened=30, ordered=10)
        BasketDay.objects.create(day="2026-03-20", opened=3, ordered=1)
        BasketDay.objects.create(day="2026-02-28", opened=9, ordered=9)
        self.assertEqual(
            self.sheets("sales")["baskets"],
            [{"opened": 33, "ordered": 11, "conversion": "33.3"}],
        )

    def test_page_and_downloads_say_the_same(self) -> None:
        answer = self.get("sales", **MARCH)
        self.assertEqual(answer.status_code, 200)
        sheets = self.sheets("sales")
        shown = {each["sheet"].name: each["table"] for each in answer.context["shown"]}
        self.assertEqual(shown.keys(), sheets.keys())
        for name, rows in sheets.items():
            with self.subTest(name):
                cells = [
                    [
                        None if cell in {None, DASH} else strip_tags(str(cell))
                        for cell in values
                    ]
                    for values in list(shown[name].as_values())[1:]
                ]
                told = [
                    [None if value is None else str(value) for value in row.values()]
                    for row in rows
                ]
                self.assertEqual(cells, told)
                text = self.get("csv", "sales", name, **MARCH).content.decode()
                lines = list(csv.DictReader(io.StringIO(text)))
                written = [
                    {
                        key: "" if value is None else str(value)
                        for key, value in row.items()
                    }
                    for row in rows
                ]
                self.assertEqual(lines, written)

    def test_defaults(self) -> None:
        filters = self.get("json", "sales").json()["filters"]
        self.assertEqual(
            filters,
            {
                "since": "2026-02-19",
                "until": "2026-03-20",
                "step": "day",
                "currency": "EUR",
                "category": None,
                "partner": None,
            },
        )
        self.assertEqual(len(self.get("json", "sales").json()["sheets"]["series"]), 30)

    def test_what_cannot_be_shown(self) -> None:
        for field, query in (
            ("until", {"since": "2026-03-02", "until": "2026-03-01"}),
            ("until", {"until": "2026-03-21"}),
            ("until", {"until": "yesterday"}),
            ("since", {"since": "0001-01-01"}),
            ("since", {"since": "0001-01-01", "until": "0001-01-02"}),
            ("until", {"until": "0001-01-02"}),
            ("until", {"until": "99999-01-02"}),
            ("since", {"since": "1900-01-01", "step": "month"}),
            ("step", {"since": "2025-01-01", "step": "day"}),
            ("step", {"step": "hour"}),
            ("currency", {"currency": "XXX"}),
            ("category", {"category": "nowhere"}),
            ("partner", {"partner": "999999"}),
            ("partner", {"partner": "' OR 1"}),
        ):
            with self.subTest(query):
                answer = self.get("json", "sales", **query)
                self.assertEqual(answer.status_code, 400)
                self.assertEqual(list(answer.json()["errors"]), [field])
                self.assertEqual(self.get("sales", **query).status_code, 400)
        self.assertEqual(self.get("json", "nowhere").status_code, 404)
        self.assertEqual(self.get("csv", "sales", "nowhere").status_code, 404)

    def count(self, page: str, query: dict[str, object]) -> int:
        with CaptureQueriesContext(connection) as queries:
            answer = self.get(page, since="2025-01-05", step="week", **query)
        self.assertEqual(answer.status_code, 200)
        return len(queries)

    def test_queries_do_not_grow(self) -> None:
        kinds = (
            {},
            {"category": self.drama.slug},
            {"partner": self.laura.partner_id},
        )
        pages = [
            (page, kind) for page in ("sales", "sellers", "stock") for kind in kinds
        ]
        before = [self.count(*each) for each in pages]
        much = make_offer(num_in_stock=99)
        for number in range(8):
            category = create_category(name=f"More {number}", parent=self.drama)
            record = make_offer(num_in_stock=1)
            record.variant.product.categories.add(category)
            for day in ("2026-03-02", "2026-03-19", "2025-06-01"):
                with time_machine.travel(f"{day}T12:00Z", tick=False):
                    placed((much, 1))
        Order.objects.filter(placed_at__year=2025).update(currency="USD")
        StaleDay.objects.mark(days_between(date(2025, 6, 1), date(2026, 3, 20)))
        settle()
        self.assertEqual([self.count(*each) for each in pages], before)
        self.assertLessEqual(max(before), 24, before)


class SellersPageTests(ReportTestCase):
    """/admin/stats/sellers/"""

    def test_best_and_slowest(self) -> None:
        idle = make_offer(num_in_stock=7, variant=VariantFactory(product_title="Idle"))
        make_offer(num_in_stock=0, variant=VariantFactory(product_title="Sold out"))
        sheets = self.sheets("sellers")
        self.assertEqual(
            [(row["product"], row["units"], row["net"]) for row in sheets["best"]],
            [("=Laura", 5, "22.00"), ("Metropolis", 2, "20.00")],
        )
        self.assertEqual(
            [(row["product"], row["units"], row["free"]) for row in sheets["slowest"]],
            [("Idle", 0, 7), ("Metropolis", 2, 17), ("=Laura", 5, 16)],
        )
        sheets = self.sheets("sellers", partner=idle.partner_id)
        self.assertEqual(sheets["best"], [])
        self.assertEqual([row["product"] for row in sheets["slowest"]], ["Idle"])
        sheets = self.sheets("sellers", category=self.noir.slug)
        self.assertEqual([row["product"] for row in sheets["slowest"]], ["=Laura"])

    def test_a_year_is_the_sum_of_its_months_and_edges(self) -> None:
        for since in ("2026-02-14", "2026-02-15", "2026-01-31", "2026-02-01"):
            with self.subTest(since):
                best = self.sheets("sellers", since=since, until="2026-03-09")["best"]
                units = {row["product"]: row["units"] for row in best}
                wanted = 2 if since == "2026-02-15" else 3
                self.assertEqual(units, {"Metropolis": wanted, "=Laura": 5})

    def test_a_product_that_is_gone(self) -> None:
        OfferDay.objects.create(
            day="2026-03-02",
            currency="EUR",
            stock_record_id=10**9,
            product_id=10**9,
            partner_id=10**9,
            units=99,
            goods=Decimal(1),
        )
        best = self.sheets("sellers")["best"]
        self.assertEqual(best[0]["product"], "No. 1000000000")

    def test_no_cell_is_a_formula(self) -> None:
        text = self.get("csv", "sellers", "best", **MARCH).content.decode()
        self.assertIn("\r\n'=Laura,5,", text)


class StockPageTests(ReportTestCase):
    """/admin/stats/stock/"""

    def test_what_runs_out(self) -> None:
        StockLevel.objects.filter(pk=self.laura.pk).update(num_in_stock=5)  # 4 promised
        low = make_offer(num_in_stock=3, low_stock_threshold=3)
        make_offer(num_in_stock=1)  # little, but nobody asks for it
        rows = self.sheets("stock")["stock"]
        self.assertEqual(
            [
                (
                    row["sku"],
                    row["free"],
                    row["pace"],
                    row["days_left"],
                    row["threshold"],
                )
                for row in rows
            ],
            [
                (self.laura.variant.sku, 1, 4, "7.0", None),
                (low.variant.sku, 3, 0, None, 3),
            ],
        )
        own = self.sheets("stock", partner=low.partner_id)["stock"]
        self.assertEqual([row["sku"] for row in own], [low.variant.sku])

    def test_sold_out_comes_first(self) -> None:
        StockLevel.objects.filter(pk=self.metropolis.pk).update(num_in_stock=3)
        (row,) = self.sheets("stock")["stock"]
        self.assertEqual((row["free"], row["days_left"]), (0, "0.0"))


class VisibilityTests(ReportTestCase):
    """Who sees what"""

    PAGES = (
        ("sales",),
        ("sellers",),
        ("stock",),
        ("json", "sales"),
        ("csv", "sales", "series"),
    )

    def test_nobody_without_the_right(self) -> None:
        self.client.force_login(staff("partner.see_every_partner"))
        for page in self.PAGES:
            self.assertEqual(self.get(*page).status_code, 403, page)
        self.client.force_login(UserFactory())
        for page in self.PAGES:
            answer = self.get(*page)
            self.assertRedirects(
                answer, f"/admin/login/?next={answer.wsgi_request.path}"
            )

    def test_who_works_for_no_partner_sees_nothing(self) -> None:
        self.client.force_login(staff("stats.view_salesday"))
        for page in self.PAGES:
            self.assertEqual(self.get(*page).status_code, 403, page)

    def test_who_may_see_every_partner(self) -> None:
        self.client.force_login(
            staff("stats.view_salesday", "partner.see_every_partner")
        )
        for page in self.PAGES:
            self.assertEqual(self.get(*page).status_code, 200, page)

    def test_partners_see_their_own(self) -> None:
        member = staff("stats.view_salesday")
        PartnerMember.objects.create(partner_id=self.laura.partner_id, user=member)
        self.client.force_login(member)
        sheets = self.sheets("sales")
        self.assertEqual(sheets.keys(), {"totals", "series", "categories"})
        totals = {row["figure"]: row["now"] for row in sheets["totals"]}
        self.assertEqual(totals["Sales"], "27.50")
        self.assertNotIn("Refunded", totals)
        self.assertEqual(
            [(row["category"], row["sales"]) for row in sheets["categories"]],
            [("Drama", "27.50")],
        )
        sellers = self.sheets("sellers")
        for rows in sellers.values():
            self.assertEqual([row["product"] for row in rows], ["=Laura"])
        for page in ("sales", "sellers", "stock"):
            with self.subTest(page):
                other = {"partner": self.metropolis.partner_id}
                self.assertEqual(self.get("json", page, **other).status_code, 400)
                shown = self.get(page, **MARCH).content.decode()
                self.assertNotIn("Metropolis", shown)
                self.assertNotIn("Partner 0", shown)
        self.assertEqual(self.get("csv", "sales", "partners").status_code, 404)

    def test_links_on_the_index(self) -> None:
        shown = self.client.get(reverse("admin:index")).content.decode()
        self.assertIn(reverse("admin:stats-sales"), shown)

    def test_nothing_is_kept_by_caches(self) -> None:
        for page in self.PAGES:
            self.assertIn("no-store", self.get(*page).headers["Cache-Control"])
