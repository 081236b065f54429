import json

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from stats.days import day_of
from tests.browser import BrowserTestCase
from tests.catalogue.factories import CategoryFactory
from tests.orders.factories import make_offer
from tests.orders.stories import placed
from tests.stats.books import settle
from tests.users.factories import UserFactory

CELLS = """(rows) => rows.map(
    (row) => Array.from(row.cells, (cell) => cell.textContent)
)"""
PAINTED = """(canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    return data.filter((value, index) => index % 4 === 3 && value > 0).length;
}"""
LINES = "figure[data-kind=lines]"


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

    def show(self, name: str) -> None:
        self.open(reverse(f"admin:stats-{name}"))

    def cells(self, sheet: str) -> list[list[str]]:
        """Return the texts of a table, row by row."""
        rows = self.page.locator(f"#sheet-{sheet} tbody tr")
        rows.first.wait_for()
        return rows.evaluate_all(CELLS)

    def test_the_chart_is_drawn_and_the_table_is_what_json_says(self) -> None:
        self.show("sales")
        expect(self.page.locator("#content h1")).to_contain_text("Sales")
        canvas = self.page.locator(f"{LINES} canvas")
        expect(canvas).to_be_visible()
        self.assertGreater(canvas.evaluate(PAINTED), 1000)
        drawing = self.page.locator(LINES).get_by_role("img")
        expect(drawing).to_have_accessible_name("By day")
        legend = self.page.locator(f"{LINES} .u-legend")
        expect(legend).to_contain_text("Sales")
        expect(legend).to_contain_text("Net")
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
                self.assertEqual(self.cells(name), told)
        self.assertEqual(sheets["series"][-1]["period"], self.today)
        self.assertEqual(sheets["series"][-1]["sales"], "39.60")
        bars = self.page.locator("figure[data-chart='#sheet-categories'] svg")
        expect(bars).to_contain_text("Drama")
        self.see("stats-sales")

    def test_the_form_narrows(self) -> None:
        self.show("sales")
        self.page.get_by_label("Category:").select_option("Drama")
        self.press(self.page.locator(".report-form input[type=submit]"))
        self.assertIn("category=drama", self.page.url)
        self.assertEqual(self.cells("series")[-1][:3], [self.today, "3", "29.70"])

    def test_the_other_pages(self) -> None:
        self.show("sellers")
        expect(self.page.locator("#sheet-best")).to_contain_text("Metropolis")
        bars = self.page.locator("figure[data-chart='#sheet-best'] svg")
        expect(bars).to_be_visible()
        self.see("stats-sellers")
        self.show("stock")
        expect(self.page.locator("#sheet-stock")).to_be_visible()
        self.see("stats-stock")
        reports = self.page.get_by_role("navigation", name="Reports")
        self.press(reports.get_by_role("link", name="Sales"))
        expect(self.page.locator("#sheet-series")).to_be_visible()

    def test_headings_are_told_to_screen_readers(self) -> None:
        self.show("sales")
        table = self.page.get_by_role("table", name="By day")
        heads = table.locator("thead th")
        for head in heads.all():
            expect(head).to_have_role("columnheader")
        self.assertGreater(heads.count(), 0)
        expect(table.locator("tbody th").first).to_have_role("rowheader")
