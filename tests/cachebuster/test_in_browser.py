import re
import shutil
import tempfile
from typing import ClassVar

from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from django.urls import reverse

from cachebuster.bundles import bundles
from cachebuster.compressors import RcssminCompressor, TdewolffCompressor
from catalogue.services import create_category
from partner.models import StockLevel
from tests.browser import BrowserTestCase
from tests.cachebuster.places import COLLECTED
from tests.cachebuster.snippets import SCRIPTS, STYLES
from tests.partner.factories import StockRecordFactory
from tests.users.factories import UserFactory

STATE = """
    for (const each of document.querySelectorAll("script, link")) each.remove();
    return document.documentElement.outerHTML.replaceAll(/\\s+/g, " ");
"""
EXPORTS = """
    const stats = globalThis.Stats;
    if (stats === undefined) return null;
    const moment = new Date("2026-01-02T03:04:05Z");
    const rows = stats.readRows(document.querySelector("#levels"), ".label", ".units");
    const scale = stats.scaleTo(rows, 350);
    return JSON.stringify([
      Object.keys(stats).sort(),
      [0, -1.5, 1234567.891, 1e21].map(stats.formatNumber),
      ["EUR", "JPY", "KWD"].map((code) => stats.formatMoney(1234.5, code)),
      ["UTC", "Asia/Tokyo"].map((zone) => stats.formatTime(moment, zone)),
      rows,
      [-5, 0, 1, 600, 1200].map(scale),
    ]);
"""
RULES = """
    const rules = [];
    for (const sheet of document.styleSheets) {
      for (const rule of sheet.cssRules) rules.push(rule.cssText);
    }
    return rules;
"""
PARSED = """
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(arguments[0]);
    return Array.from(sheet.cssRules, (rule) => rule.cssText);
"""


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
            self.find(".swagger-ui .info .title")
        found = (self.run_script(EXPORTS), tight(self.run_script(RULES)))
        return (*found, self.console(), self.run_script(STATE))

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
        first, second = self.driver.find_elements("css selector", "figure")
        self.assertTrue(first.is_displayed())
        self.assertFalse(second.is_displayed())
        drawing = first.find_element("css selector", "svg")
        self.assertEqual(drawing.aria_role, "image")
        self.assertEqual(drawing.accessible_name, "Units of each offer")
        texts = [text.text for text in drawing.find_elements("css selector", "text")]
        self.assertEqual(texts, ["Metropolis", "1,200 · 30", "M & Co", "7 · 0"])
        widths = [
            int(bar.get_attribute("width"))
            for bar in drawing.find_elements("css selector", "rect")
        ]
        self.assertEqual(widths, [350, 9, 2, 0])
        shown, kept = self.driver.find_elements("css selector", "time")
        self.assertRegex(shown.text, r"^[12] Jan 2026, \d\d:\d4$")
        self.assertEqual(shown.get_attribute("title"), "2 January UTC")
        self.assertEqual(kept.text, "never")

    def test_hostile_scripts(self) -> None:
        compressor = TdewolffCompressor(verbose=False)
        self.driver.get("about:blank")
        for name, body in SCRIPTS.items():
            with self.subTest(name):
                script = f"globalThis.told = String((() => {{ {body} }})());"
                plain = self.run_script(f"{script} return told;")
                small = compressor.compress_js(script)
                self.assertEqual(self.run_script(f"{small}; return told;"), plain)

    def test_hostile_styles(self) -> None:
        compressor = RcssminCompressor(verbose=False)
        self.driver.get("about:blank")
        for name, style in STYLES.items():
            with self.subTest(name):
                plain = self.run_script(PARSED, style)
                self.assertNotEqual(plain, [])
                small = self.run_script(PARSED, compressor.compress_css(style))
                self.assertEqual(tight(small), tight(plain))

    # Pages of the shop under a strict policy, with nothing on the console

    def see(self, path: str) -> None:
        self.open(path)
        self.assertEqual(self.console(), [], path)
        names = self.run_script(
            "return Array.from(document.querySelectorAll("
            "'script[src], link[rel=stylesheet]'), (e) => e.src || e.href);"
        )
        for name in names:
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
                self.see(path)
        self.assertEqual(self.strangers(), set())

    def test_levels_have_a_chart(self) -> None:
        level = StockRecordFactory().level
        StockLevel.objects.filter(pk=level.pk).update(num_in_stock=1234)
        self.see(reverse("admin:partner_stocklevel_changelist"))
        self.assertIn("1,234 · 0", self.text("figure.chart svg"))

    def test_history_is_in_local_time(self) -> None:
        category = create_category(name="Comedies")
        self.see(reverse("admin:catalogue_category_history", args=[category.pk]))
        shown = self.find("#change-history time")
        self.assertTrue(shown.get_attribute("title").endswith(" UTC"))

    def test_api_docs(self) -> None:
        self.open("/api/docs/")
        self.assertIn("Shop API", self.text(".swagger-ui .info .title"))
        self.assertEqual(self.console(), [])
        self.open("/api/docs/reference/")
        self.assertIn("Shop API", self.text("#redoc h1"))
        margin = self.find("#redoc h1").value_of_css_property("margin-top")
        self.assertEqual(margin, "0px")  # its styles are in force
        self.assertEqual(self.console(), [])
        self.assertEqual(self.strangers(), set())

    def test_error_pages(self) -> None:
        self.open("/no/such/page/")
        self.assertEqual(self.text("h1"), "Not found")
        told = self.console()
        self.assertEqual([line for line in told if "404" not in line], [])
        self.assertEqual(self.find("main").value_of_css_property("max-width"), "544px")
