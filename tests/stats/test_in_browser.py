import json

from django.urls import reverse
from django.utils import timezone

from stats.days import day_of
from tests.browser import BrowserTestCase
from tests.catalogue.factories import CategoryFactory
from tests.orders.factories import make_offer
from tests.orders.stories import placed
from tests.stats.books import settle
from tests.users.factories import UserFactory

CELLS = """
    const rows = document.querySelectorAll(`#sheet-${arguments[0]} tbody tr`);
    return Array.from(rows, (row) => Array.from(row.cells, (cell) => cell.textContent));
"""
PAINTED = """
    const canvas = document.querySelector("figure[data-kind=lines] canvas");
    if (canvas === null) return 0;
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    return data.filter((value, index) => index % 4 === 3 && value > 0).length;
"""


class DashboardTests(BrowserTestCase):
    """The pages of stats as people see them, under the shop's own content policy"""

    def setUp(self) -> None:
        super().setUp()
        self.boss = UserFactory(is_staff=True, is_superuser=True)
        record, other = make_offer(num_in_stock=9), make_offer(num_in_stock=9)
        record.variant.product.categories.add(CategoryFactory(name="Drama"))
        placed((record, 2), (other, 1))
        placed((record, 1))
        settle()
        self.today = day_of(timezone.now()).isoformat()
        self.sign_in(self.boss)

    def page(self, name: str) -> None:
        """Open a page, which must say nothing on the console."""
        self.open(reverse(f"admin:stats-{name}"))
        self.assertEqual(self.console(), [], name)

    def test_the_chart_is_drawn_and_the_table_is_what_json_says(self) -> None:
        self.page("sales")
        self.assertIn("Sales", self.text("#content h1"))
        canvas = self.find("figure[data-kind=lines] canvas")
        self.assertTrue(canvas.is_displayed())
        self.assertGreater(self.run_script(PAINTED), 1000)
        drawing = self.find("figure[data-kind=lines] [role=img]")
        self.assertEqual(drawing.accessible_name, "By day")
        legend = self.text("figure[data-kind=lines] .u-legend")
        self.assertIn("Sales", legend)
        self.assertIn("Net", legend)
        self.client.force_login(self.boss)
        answer = self.client.get(reverse("admin:stats-json", args=["sales"]))
        sheets = json.loads(answer.content)["sheets"]
        for name, rows in sheets.items():
            with self.subTest(name):
                told = [
                    [
                        "\u2013" if value is None else str(value)
                        for value in row.values()
                    ]
                    for row in rows
                ]
                self.assertEqual(self.run_script(CELLS, name), told)
        self.assertEqual(sheets["series"][-1]["period"], self.today)
        self.assertEqual(sheets["series"][-1]["sales"], "39.60")
        bars = self.find("figure[data-chart='#sheet-categories'] svg")
        self.assertIn("Drama", bars.text)

    def test_the_form_narrows(self) -> None:
        self.page("sales")
        self.find("select[name=category]").send_keys("Drama")
        self.find(".report-form input[type=submit]").click()
        self.find("#sheet-series")
        self.assertIn("category=drama", self.driver.current_url)
        self.assertEqual(self.console(), [])
        row = self.run_script(CELLS, "series")[-1]
        self.assertEqual(row[:3], [self.today, "3", "29.70"])

    def test_the_other_pages(self) -> None:
        self.page("sellers")
        self.assertIn("Metropolis", self.find("#sheet-best").text)
        self.assertTrue(
            self.find("figure[data-chart='#sheet-best'] svg").is_displayed()
        )
        self.page("stock")
        self.find("#sheet-stock")
        self.driver.find_element("link text", "Sales").click()
        self.find("#sheet-series")

    def test_headings_are_told_to_screen_readers(self) -> None:
        self.page("sales")
        table = self.find("#sheet-series")
        self.assertEqual(table.accessible_name, "By day")
        head = self.run_script(
            "return Array.from(document.querySelectorAll('#sheet-series thead th'),"
            " (cell) => cell.scope);"
        )
        self.assertEqual(set(head), {"col"})
        self.assertEqual(
            self.find("#sheet-series tbody th").get_attribute("scope"), "row"
        )
