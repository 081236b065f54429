from django.urls import reverse
from selenium.webdriver.common.by import By

from catalogue.models import Product, Variant
from catalogue.services import NewVariant, create_product
from tests.browser import BrowserTestCase
from tests.catalogue.factories import ProductTypeFactory
from tests.users.factories import UserFactory


class HistoryWalkTests(BrowserTestCase):
    """A person edits, compares, goes back, deletes and recovers, with what they see"""

    def setUp(self) -> None:
        super().setUp()
        self.sign_in(UserFactory(is_staff=True, is_superuser=True))
        self.product = create_product(
            product_type=ProductTypeFactory(),
            title="The Third Man",
            variants=[NewVariant(sku="T-1")],
        )
        self.at = f"/admin/catalogue/product/{self.product.pk}"

    def type(self, selector: str, text: str) -> None:
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def press(self, text: str) -> None:
        """Press the button or follow the link of this text."""
        wanted = f"//button[.='{text}'] | //a[.='{text}'] | //input[@value=\"{text}\"]"
        self.driver.find_element(By.XPATH, f"({wanted})[last()]").click()

    def save(self, title: str, reason: str) -> None:
        self.open(f"{self.at}/change/")
        self.type("#id_title", title)
        self.type("#id__reason", reason)
        self.press("Save")

    def test_edit_compare_revert_delete_undelete(self) -> None:
        self.save("The Fourth Man", "A joke.")
        self.open(f"{self.at}/history/")
        self.assertIn("A joke.", self.text("#change-history"))
        self.find("input[aria-label^='Older'][name=old]:not(:checked)").click()
        self.press("Compare")
        self.assertEqual(self.text(".history del"), "Third")
        self.assertEqual(self.text(".history ins"), "Fourth")
        self.find("input[name=names][value=title]").click()
        self.press("Put back what is chosen")
        self.assertIn("has been put back.", self.text(".messagelist"))
        self.assertEqual(Product.objects.get().title, "The Third Man")

        self.open(f"{self.at}/delete/")
        self.find("#content input[type=submit]").click()
        self.assertIn("was deleted", self.text(".messagelist"))
        self.assertFalse(Product.objects.exists())
        self.open(reverse("admin:catalogue_product_changelist"))
        self.press("Deleted ones")
        self.press("The Third Man")
        self.assertIn("Variant T-1", self.text("#content"))
        self.press("Recover")
        self.assertIn("has been recovered (2 in all).", self.text(".messagelist"))
        self.assertEqual(Variant.objects.get().product_id, self.product.pk)
        self.assertEqual(self.console(), [])

    def test_the_second_to_save_is_asked(self) -> None:
        self.open(f"{self.at}/change/")
        Product.objects.filter(pk=self.product.pk).update(title="Theirs")
        self.type("#id_title", "Mine")
        self.press("Save")
        self.assertIn("Nothing of yours has been saved yet.", self.text("#content"))
        self.find("input[value=mine]").click()
        self.press("Save what is chosen")
        self.assertEqual(Product.objects.get().title, "Mine")
        self.assertEqual(self.console(), [])
