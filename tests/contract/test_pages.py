from playwright.sync_api import expect

from shop.api.views import build_schema
from tests.browser import SCREENSHOTS, WAIT_MS, BrowserTestCase


class ContractPagesTests(BrowserTestCase):
    """People can read every operation, from this machine alone"""

    def setUp(self) -> None:
        super().setUp()
        paths = build_schema("1")["paths"]
        self.number = sum(len(operations) for operations in paths.values())

    def test_swagger(self) -> None:
        self.open("/api/docs/")
        operations = self.page.locator(".swagger-ui .opblock")
        expect(operations).to_have_count(self.number, timeout=3 * WAIT_MS)
        one = self.page.locator("#operations-order-order_create")
        # Not a click of the mouse: the page is long, and busy machines draw it slowly.
        one.locator(".opblock-summary-control").evaluate("each => each.click()")
        body = one.locator(".opblock-body")
        for text in ("Idempotency-Key", "total-changed", "Neubaugasse 1"):
            expect(body).to_contain_text(text, timeout=3 * WAIT_MS)
        self.page.screenshot(path=SCREENSHOTS / "swagger.png")
        one.screenshot(path=SCREENSHOTS / "swagger-operation.png")

    def test_reference(self) -> None:
        self.open("/api/docs/reference/")
        operations = self.page.locator(
            "#redoc [id*='/operation/'], #redoc [id^='operation/']"
        )
        expect(operations.first).to_be_attached(timeout=3 * WAIT_MS)
        self.page.screenshot(path=SCREENSHOTS / "redoc.png")
        found = self.page.evaluate(
            "() => new Set([...document.querySelectorAll('#redoc [id*=operation]')]"
            ".map(each => each.id)).size"
        )
        self.assertGreaterEqual(found, self.number)
