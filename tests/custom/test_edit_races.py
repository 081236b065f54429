from django.test import Client, TransactionTestCase

from catalogue.models import Product
from catalogue.services import NewVariant, create_product
from tests.catalogue.factories import ProductTypeFactory
from tests.custom.history.test_pages import form_of, page
from tests.processes import race
from tests.users.factories import UserFactory

RIVALS = 4


class EditRaceTests(TransactionTestCase):
    """custom.edits, with people in processes of their own"""

    def test_one_of_those_who_saw_the_same_saves_and_the_others_are_asked(
        self,
    ) -> None:
        staff = [
            UserFactory(is_staff=True, is_superuser=True).pk for _ in range(RIVALS)
        ]
        product = create_product(
            product_type=ProductTypeFactory(),
            title="The Third Man",
            variants=[NewVariant(sku="T-1")],
        )
        url = page("change", product.pk)
        reader = Client()
        reader.force_login(UserFactory(is_staff=True, is_superuser=True))
        seen = reader.get(url).context["seen"]
        outcomes = race(
            "tests.custom.editors.save",
            [
                {
                    "staff": pk,
                    "path": url,
                    "form": form_of(product) | {"_seen": seen, "title": f"By {pk}"},
                }
                for pk in staff
            ],
        )
        statuses = sorted(outcome.value for outcome in outcomes)
        self.assertEqual(statuses, [200, 200, 200, 302])
        (winner,) = (
            pk
            for pk, outcome in zip(staff, outcomes, strict=True)
            if outcome.value == 302
        )
        product = Product.objects.get()
        self.assertEqual((product.title, product.version), (f"By {winner}", 2))
