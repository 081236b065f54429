import re
import shutil
import tempfile
from typing import ClassVar

from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import expect

from cachebuster.bundles import bundles
from cachebuster.compressors import RcssminCompressor, TdewolffCompressor
from catalogue.services import create_category
from partner.models import StockLevel
from tests.browser import BrowserTestCase
from tests.cachebuster.places import COLLECTED
from tests.cachebuster.snippets import SCRIPTS, STYLES
from tests.partner.factories import StockRecordFactory
from tests.users.factories import UserFactory

STATE = """() => {
    for (const each of document.querySelectorAll("script, link")) each.remove();
    return document.documentElement.outerHTML.replaceAll(/\\s+/g, " ");
}"""
EXPORTS = """() => {
    const stats = globalThis.Stats;
    if (stats === undefined) return null;
    const moment = new Date("2026-01-02T03:04:05Z");
    const names = Object.keys(stats).sort();
    if (stats.formatTime !== undefined) {
      const told = (zone) => stats.formatTime(moment, zone);
      return JSON.stringify([names, ["UTC", "Asia/Tokyo"].map(told)]);
    }
    const rows = stats.readRows(document.querySelector("#levels"), ".label", ".units");
    const scale = stats.scaleTo(rows, 350);
    return JSON.stringify([
      names,
      [0, -1.5, 1234567.891, 1e21].map(stats.formatNumber),
      ["EUR", "JPY", "KWD"].map((code) => stats.formatMoney(1234.5, code)),
      rows,
      [-5, 0, 1, 600, 1200].map(scale),
    ]);
}"""
RULES = """() => {
    const rules = [];
    for (const sheet of document.styleSheets) {
      for (const rule of sheet.cssRules) rules.push(rule.cssText);
    }
    return rules;
}"""
PARSED = """(style) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    return Array.from(sheet.cssRules, (rule) => rule.cssText);
}"""
NAMES = "(files) => files.map((file) => file.src || file.href)"


def tight(rules: list[str]) -> list[str]:
    """Take out spaces that never mean anything; Chromium keeps some as written."""
    return [re.sub(r"\s*([,:])\s*", r"\1", rule) for rule in rules]


@override_settings(ROOT_URLCONF="tests.cachebuster.urls")
class CollectedPageTests(BrowserTestCase):
    """Pages as in production: collected, hashed, compressed, checked by integrity"""

    root: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.root = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.root)
        storages = settings.STORAGES | {"staticfiles": {"BACKEND": COLLECTED}}
        cls.enterClassContext(
            override_settings(STATIC_ROOT=cls.root, STORAGES=storages)
        )
        call_command(
            "collectstatic",
            interactive=False,
            verbosity=0,
            ignore_patterns=["*.map", "rest_framework", "debug_toolbar"],
        )
        super().setUpClass()

    def setUp(self) -> None:
        super().setUp()
        self.sign_in(UserFactory(is_staff=True, is_superuser=True))

    # Every built bundle beside its sources

    def outcome(self, path: str) -> tuple[object, ...]:
        """Return all that a script has changed, or a style sheet says."""
        self.open(path)
        if "js/docs.js" in path:
            self.page.locator(".swagger-ui .info .title").wait_for()
        found = (self.page.evaluate(EXPORTS), tight(self.page.evaluate(RULES)))
        return (*found, self.console(), self.page.evaluate(STATE))

    def test_every_bundle(self) -> None:
        for bundle in bundles():
            with self.subTest(bundle.output):
                built = self.outcome(f"/sample/{bundle.output}")
                plain = self.outcome(f"/sample/{bundle.output}?sources")
                self.assertEqual(built, plain)
                self.assertEqual(built[2], [])
                if bundle.kind == "css":
                    self.assertNotEqual(built[1], [])

    def test_what_the_stats_bundle_does(self) -> None:
        self.open("/sample/js/stats.js")
        first, second = self.page.locator("figure").all()
        expect(first).to_be_visible()
        expect(second).to_be_hidden()
        drawing = first.get_by_role("img", name="Units of each offer")
        expect(drawing.locator("text")).to_have_text(
            ["Metropolis", "1,200 · 30", "M & Co", "7 · 0"]
        )
        bars = drawing.locator("rect")
        widths = [int(bar.get_attribute("width")) for bar in bars.all()]
        self.assertEqual(widths, [350, 9, 2, 0])

    def test_what_the_staff_bundle_does(self) -> None:
        self.open("/sample/js/staff.js")
        shown, kept = self.page.locator("time").all()
        expect(shown).to_have_text(re.compile(r"^[12] Jan 2026, \d\d:\d4$"))
        expect(shown).to_have_attribute("title", "2 January UTC")
        expect(kept).to_have_text("never")

    def test_hostile_scripts(self) -> None:
        compressor = TdewolffCompressor(verbose=False)
        for name, body in SCRIPTS.items():
            with self.subTest(name):
                script = f"globalThis.told = String((() => {{ {body} }})());"
                plain = self.page.evaluate(f"() => {{ {script} return told; }}")
                small = compressor.compress_js(script)
                told = self.page.evaluate(f"() => {{ {small}; return told; }}")
                self.assertEqual(told, plain)

    def test_hostile_styles(self) -> None:
        compressor = RcssminCompressor(verbose=False)
        for name, style in STYLES.items():
            with self.subTest(name):
                plain = self.page.evaluate(PARSED, style)
                self.assertNotEqual(plain, [])
                small = self.page.evaluate(PARSED, compressor.compress_css(style))
                self.assertEqual(tight(small), tight(plain))

    # Pages of the shop, all of whose files have names of their content

    def visit(self, path: str) -> None:
        self.open(path)
        files = self.page.locator("script[src], link[rel=stylesheet]")
        for name in files.evaluate_all(NAMES):
            if name.endswith("/admin/jsi18n/"):  # a view, not a file
                continue
            self.assertRegex(name, r"/static/.*\.[0-9a-f]{20}\.(js|css)$")

    def test_admin(self) -> None:
        StockRecordFactory()
        create_category(name="Musicals", parent=create_category(name="Comedies"))
        for path in (
            reverse("admin:index"),
            reverse("admin:catalogue_product_changelist"),
            reverse("admin:catalogue_product_add"),
            reverse("admin:catalogue_category_changelist"),
            reverse("admin:partner_stockrecord_changelist"),
        ):
            with self.subTest(path):
                self.visit(path)

    def test_levels_have_a_chart(self) -> None:
        level = StockRecordFactory().level
        StockLevel.objects.filter(pk=level.pk).update(num_in_stock=1234)
        self.visit(reverse("admin:partner_stocklevel_changelist"))
        expect(self.page.locator("figure.chart svg")).to_contain_text("1,234 · 0")

    def test_history_is_in_local_time(self) -> None:
        category = create_category(name="Comedies")
        self.visit(reverse("admin:catalogue_category_history", args=[category.pk]))
        shown = self.page.locator("#change-history time")
        expect(shown).to_have_attribute("title", re.compile(r" UTC$"))

    def test_api_docs(self) -> None:
        self.open("/api/docs/")
        title = self.page.locator(".swagger-ui .info .title")
        expect(title).to_contain_text("Shop API")
        self.open("/api/docs/reference/")
        title = self.page.locator("#redoc h1").first
        expect(title).to_contain_text("Shop API")
        expect(title).to_have_css("margin-top", "0px")  # its styles are in force

    def test_error_pages(self) -> None:
        self.open("/no/such/page/")
        expect(self.page.locator("h1")).to_have_text("Not found")
        told = self.console()
        self.assertEqual([line for line in told if "404" not in line], [])
        expect(self.page.locator("main")).to_have_css("max-width", "544px")
