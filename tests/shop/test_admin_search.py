from django.contrib.auth.models import Permission
from django.test import TestCase
from django.urls import reverse, reverse_lazy

from staff.models import AccessEntry
from tests.catalogue.factories import ProductFactory, VariantFactory
from tests.orders.factories import OrderFactory
from tests.users.factories import UserFactory


class SearchTests(TestCase):
    """GET /admin/search/: one box for orders, customers and products"""

    url = reverse_lazy("admin:search")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = UserFactory(is_staff=True, is_superuser=True)
        cls.ada = UserFactory(email="ada@example.com", first_name="Augusta")
        cls.order = OrderFactory(user=cls.ada)
        cls.product = ProductFactory(title="Metropolis")
        VariantFactory(product=cls.product, sku="M-1")

    def setUp(self) -> None:
        self.client.force_login(self.boss)

    def found(self, term: str) -> dict[str, list[str]]:
        sections = self.client.get(self.url, {"q": term}).context["sections"]
        return {
            section["title"]: [label for label, _ in section["rows"]]
            for section in sections
        }

    def test_what_is_found(self) -> None:
        nothing = {"orders": [], "users": [], "products": []}
        for term, found in (
            (self.order.number, {"orders": [self.order.number]}),
            (
                "ada@ex",
                {"orders": [self.order.number], "users": ["ada@example.com"]},
            ),
            ("august", {"users": ["ada@example.com"]}),
            ("metropolis", {"products": ["Metropolis"]}),
            ("M-1", {"products": ["Metropolis"]}),
        ):
            with self.subTest(term):
                self.assertEqual(self.found(term), nothing | found)

    def test_without_a_term(self) -> None:
        self.assertEqual(self.found(" "), {})

    def test_more_than_fits(self) -> None:
        ProductFactory.create_batch(11, title="Alien")
        answer = self.client.get(self.url, {"q": "Alien"})
        self.assertEqual(len(answer.context["sections"][2]["rows"]), 10)
        more = reverse("admin:catalogue_product_changelist")
        self.assertContains(answer, f"{more}?q=Alien")

    def test_each_sees_what_it_may(self) -> None:
        editor = UserFactory(is_staff=True)
        editor.user_permissions.add(Permission.objects.get(codename="view_product"))
        self.client.force_login(editor)
        self.assertEqual(self.found("ada@example.com"), {"products": []})
        self.client.force_login(self.ada)
        self.assertEqual(self.client.get(self.url).status_code, 302)

    def test_looks_at_people_are_noted(self) -> None:
        self.found("ada@example.com")
        noted = AccessEntry.objects.values_list("model", "action", "rows")
        self.assertEqual(
            sorted(noted),
            [("orders.order", "search", 1), ("users.user", "search", 1)],
        )


class CustomerPageTests(TestCase):
    """The page of a customer"""

    def test_all_that_is_theirs(self) -> None:
        boss = UserFactory(is_staff=True, is_superuser=True)
        order = OrderFactory()
        url = reverse("admin:users_user_change", args=[order.user_id])
        self.client.force_login(boss)
        self.assertContains(self.client.get(url), order.number)
        boss = UserFactory(is_staff=True)
        boss.user_permissions.add(Permission.objects.get(codename="view_user"))
        self.client.force_login(boss)
        self.assertNotContains(self.client.get(url), order.number)
