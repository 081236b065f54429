from django.urls import reverse
from playwright.sync_api import expect

from catalogue.models import Product, Variant
from tests.browser import BrowserTestCase
from tests.catalogue.factories import (
    AttributeDefinitionFactory,
    ProductFactory,
    VariantFactory,
)
from tests.users.factories import PASSWORD, UserFactory


class ProductWalkTests(BrowserTestCase):
    """A product from the sign-in until it is back, and two people at one"""

    def setUp(self) -> None:
        super().setUp()
        self.boss = UserFactory(is_staff=True, is_superuser=True)
        self.product = ProductFactory(title="Metropolis", slug="metropolis")
        VariantFactory(product=self.product, sku="M-1")
        AttributeDefinitionFactory(
            product_type=self.product.product_type,
            code="minutes",
            name="Minutes",
            kind="integer",
        )

    def at(self, page: str) -> str:
        return reverse(f"admin:catalogue_product_{page}", args=[self.product.pk])

    def stored(self) -> tuple[str, dict[str, object]]:
        product = Product.objects.get()
        return product.title, product.attributes

    def save(self, *, reason: str, **values: str) -> None:
        for name, value in values.items():
            self.page.fill(f"#id_{name}", value)
        self.page.get_by_label("Reason").fill(reason)
        self.press(self.page.get_by_role("button", name="Save and continue").first)

    def told(self, text: str) -> None:
        """Expect a message at the head of the page."""
        expect(self.page.locator(".messagelist")).to_contain_text(text)

    def test_edit_compare_revert_delete_undelete(self) -> None:
        self.log_in()
        self.edit_what_is_found()
        self.assertEqual(self.stored(), ("Metropolis", {"minutes": 153}))
        self.save(title="Metropolis, restored", attribute_minutes="148", reason="New.")
        self.put_the_title_back()
        self.assertEqual(self.stored(), ("Metropolis", {"minutes": 148}))
        self.delete()
        self.assertFalse(Product.objects.exists())
        self.recover()
        self.assertEqual(self.stored(), ("Metropolis", {"minutes": 148}))
        self.assertEqual(Variant.objects.get().product_id, self.product.pk)

    def log_in(self) -> None:
        self.open("/admin/")
        self.see("login")
        self.page.get_by_label("Email").fill(self.boss.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press(self.page.get_by_role("button", name="Log in"))
        self.see("index")

    def edit_what_is_found(self) -> None:
        self.page.get_by_role("searchbox").first.fill("metropolis")
        with self.page.expect_event("load"):
            self.page.keyboard.press("Enter")
        self.see("found")
        self.press(self.page.locator("#content-main section a").first)
        self.save(attribute_minutes=str(2**53), reason="Too long.")
        fault = self.page.locator(".field-attribute_minutes .errorlist")
        expect(fault).to_have_text("Not a valid whole number.")
        self.see("product-refused")
        self.save(attribute_minutes="153", reason="The copy of Buenos Aires.")
        self.told("was changed successfully")
        self.see("product")

    def put_the_title_back(self) -> None:
        """Compare the first save with now, and take one of two fields from it."""
        self.press(self.page.get_by_role("link", name="History", exact=True))
        history = self.page.locator("#change-history")
        expect(history).to_contain_text("The copy of Buenos Aires.")
        self.see("history")
        history.locator("tbody tr").last.locator("input[name=old]").check()
        self.press(self.page.get_by_role("button", name="Compare"))
        changes = self.page.locator(".difference ins")
        expect(changes).to_have_text([", restored", "148"])
        expect(self.page.locator("input[value='attributes.minutes']")).to_be_visible()
        self.see("compare")
        self.page.locator("input[name=names][value=title]").check()
        self.press(self.page.get_by_role("button", name="Put back what is chosen"))
        self.told("has been put back.")
        self.see("reverted")

    def delete(self) -> None:
        self.open(self.at("delete"))
        self.see("delete")
        self.press(self.page.get_by_role("button", name="Yes, I"))
        self.told("was deleted")

    def recover(self) -> None:
        self.open(reverse("admin:catalogue_product_changelist"))
        self.press(self.page.get_by_role("link", name="Deleted ones"))
        self.see("deleted")
        self.press(self.page.get_by_role("link", name="Metropolis"))
        expect(self.page.locator("#content")).to_contain_text("Variant M-1")
        self.see("recover")
        self.press(self.page.get_by_role("button", name="Recover"))
        self.told("has been recovered (2 in all).")
        self.see("recovered")

    def test_the_second_to_save_is_asked(self) -> None:
        self.sign_in(self.boss)
        self.open(self.at("change"))
        Product.objects.update(title="Theirs")
        self.page.fill("#id_title", "Mine")
        self.press(self.page.get_by_role("button", name="Save", exact=True).first)
        content = self.page.locator("#content")
        expect(content).to_contain_text("Nothing of yours has been saved yet.")
        self.see("conflict")
        self.page.locator("input[value=mine]").check()
        self.press(self.page.get_by_role("button", name="Save what is chosen"))
        self.assertEqual(Product.objects.get().title, "Mine")
