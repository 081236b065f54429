from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import TestCase
from django.urls import reverse

from catalogue.models import Product, Variant
from catalogue.services import NewVariant, create_product, update_product
from custom.history.reading import versions_of
from custom.history.reverting import deleted_of
from tests.catalogue.factories import ProductTypeFactory
from tests.pages import save_page
from tests.users.factories import UserFactory
from users.models import User


def page(name: str, *args: object, model: type = Product) -> str:
    options = model._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_{name}", args=args)


def reader(*permissions: str) -> User:
    user = UserFactory(is_staff=True)
    names = [f"{name}_product" for name in permissions]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return user


class PagesCase(TestCase):
    def setUp(self) -> None:
        self.staff = UserFactory(is_staff=True, is_superuser=True)
        self.client.force_login(self.staff)
        self.product = create_product(
            product_type=ProductTypeFactory(),
            title="The Third Man",
            variants=[NewVariant(sku="T-1")],
        )
        self.first = versions_of(Product, self.product.pk).get()
        update_product(self.product.pk, title="The Fourth Man", description="<b>No")

    def get(self, name: str, *args: object, **query: object) -> HttpResponse:
        return self.client.get(page(name, *args), query)

    def revert(self, **values: object) -> HttpResponse:
        return self.client.post(
            page("revert", self.product.pk), {"version": self.first.pk} | values
        )

    def title(self) -> str:
        self.product.refresh_from_db()
        return self.product.title


class HistoryPageTests(PagesCase):
    def test_each_change_with_who_what_why_and_through_what(self) -> None:
        save_page(
            self.client,
            page("change", self.product.pk),
            {**form_of(self.product), "title": "Fifth", "_reason": "A typing error."},
            headers={"x-request-id": "r-7"},
        )
        found = self.get("history", self.product.pk)
        entries = found.context["page"].entries
        self.assertEqual(
            [(each.summary, each.reason, each.source) for each in entries],
            [
                ("Title, Description", "A typing error.", "admin"),
                ("Title, Description", "Product changed.", "command"),
                ("Created", "Product created.", "command"),
            ],
        )
        self.assertContains(found, "r-7")
        self.assertContains(found, self.staff.email)

    def test_it_is_paged_with_the_same_queries(self) -> None:
        for number in range(30):
            update_product(self.product.pk, title=f"Title {number}")
        self.get("history", self.product.pk)
        with self.assertNumQueries(9):
            found = self.get("history", self.product.pk)
        self.assertEqual(len(found.context["page"].entries), 25)
        with self.assertNumQueries(9):
            older = self.get(
                "history", self.product.pk, before=found.context["page"].older
            )
        self.assertEqual(len(older.context["page"].entries), 7)
        self.assertIsNone(older.context["page"].older)

    def test_bad_numbers_are_not_found(self) -> None:
        for query in ({"before": "x"}, {"before": "9" * 40}):
            self.assertEqual(
                self.get("history", self.product.pk, **query).status_code, 404
            )
        self.assertEqual(self.get("history", 999).status_code, 302)
        for query in ({}, {"old": "x"}, {"old": "999"}, {"old": 1, "new": "x"}):
            self.assertEqual(
                self.get("compare", self.product.pk, **query).status_code, 404
            )

    def test_it_takes_the_permission_to_view(self) -> None:
        for user, status in ((reader("view"), 200), (reader("add"), 403)):
            self.client.force_login(user)
            found = self.get("history", self.product.pk)
            self.assertEqual(found.status_code, status)


class ComparePageTests(PagesCase):
    def test_two_versions_are_side_by_side_and_nothing_is_markup(self) -> None:
        newer = versions_of(Product, self.product.pk)[0]
        for new in ("now", newer.pk):
            found = self.get("compare", self.product.pk, old=self.first.pk, new=new)
            self.assertContains(found, "<del>Third</del>")
            self.assertContains(found, "<ins>Fourth</ins>")
            self.assertNotContains(found, "<b>No")
        back = self.get("compare", self.product.pk, old=newer.pk, new=self.first.pk)
        self.assertContains(back, "<del>Third</del>")

    def test_a_version_of_another_row_is_not_found(self) -> None:
        variant = versions_of(Variant, self.product.variants.get().pk)[0]
        found = self.get("compare", self.product.pk, old=variant.pk)
        self.assertEqual(found.status_code, 404)

    def test_one_field_is_put_back(self) -> None:
        self.revert(names=["title"], reason="Never agreed.")
        self.assertEqual(self.title(), "The Third Man")
        self.assertEqual(self.product.description, "<b>No")
        version = versions_of(Product, self.product.pk)[0]
        self.assertEqual(version.revision.comment, "Never agreed.")
        self.assertEqual(version.revision.user, self.staff)

    def test_everything_is_put_back(self) -> None:
        self.revert(all="1")
        self.assertEqual(self.title(), "The Third Man")
        self.assertEqual(self.product.description, "")

    def test_what_cannot_be_is_told_and_changes_nothing(self) -> None:
        update_product(self.product.pk, slug="other")
        create_product(
            product_type=self.product.product_type,
            title="Thief",
            slug="the-third-man",
            variants=[NewVariant(sku="T-2")],
        )
        found = self.client.post(
            page("revert", self.product.pk),
            {"version": self.first.pk, "all": "1"},
            follow=True,
        )
        self.assertContains(found, "The slug the-third-man is taken.")
        self.assertEqual(self.title(), "The Fourth Man")
        found = self.client.post(
            page("revert", self.product.pk), {"version": self.first.pk}, follow=True
        )
        self.assertContains(found, "Choose what to put back.")

    def test_it_takes_the_permission_to_change(self) -> None:
        self.client.force_login(reader("view"))
        self.assertEqual(self.revert(all="1").status_code, 403)
        self.assertEqual(self.title(), "The Fourth Man")
        found = self.get("compare", self.product.pk, old=self.first.pk)
        self.assertNotContains(found, "Put back")
        self.assertEqual(self.client.get(page("revert", 1)).status_code, 405)


class RecoverPageTests(PagesCase):
    def setUp(self) -> None:
        super().setUp()
        self.pk = self.product.pk
        self.client.post(page("delete", self.pk), {"post": "yes"})
        self.version = deleted_of(Product).get()

    def test_what_was_deleted_is_listed_and_comes_back(self) -> None:
        self.assertContains(self.get("changelist"), page("recoverlist"))
        self.assertContains(self.get("recoverlist"), "The Fourth Man")
        self.assertContains(self.get("recover", self.version.pk), "Variant T-1")
        done = self.client.post(
            page("recover", self.version.pk), {"reason": "Wrong one."}, follow=True
        )
        self.assertContains(done, "has been recovered (2 in all).")
        self.assertEqual(Product.objects.get().pk, self.pk)
        self.assertEqual(Variant.objects.get().product_id, self.pk)
        self.assertContains(self.get("recoverlist"), "Nothing that was deleted")
        found = self.get("history", self.pk).context["page"].entries
        self.assertEqual(
            [each.kind for each in found], ["created", "recovered", "", "created"]
        )
        self.assertEqual(self.get("recover", self.version.pk).status_code, 404)

    def test_it_takes_the_permission_to_add(self) -> None:
        self.client.force_login(reader("view", "change", "delete"))
        for path in (page("recoverlist"), page("recover", self.version.pk)):
            self.assertEqual(self.client.get(path).status_code, 403)
            self.assertEqual(self.client.post(path).status_code, 403)
        self.assertFalse(Product.objects.exists())

    def test_many_are_paged_with_the_same_queries(self) -> None:
        for number in range(30):
            product = create_product(
                product_type=self.product.product_type,
                title=f"Film {number}",
                variants=[NewVariant(sku=f"F-{number}")],
            )
            self.client.post(page("delete", product.pk), {"post": "yes"})
        with self.assertNumQueries(2):
            found = self.get("recoverlist")
        self.assertEqual(len(found.context["versions"]), 25)
        older = self.get("recoverlist", before=found.context["older"])
        self.assertEqual(len(older.context["versions"]), 6)


def form_of(product: Product) -> dict[str, object]:
    """What the page of a product with one variant posts, unchanged."""
    variant = product.variants.get()
    return {
        "product_type": product.product_type_id,
        "title": product.title,
        "slug": product.slug,
        "description": product.description,
        "attributes": "{}",
        "is_public": "on",
        "variants-TOTAL_FORMS": 1,
        "variants-INITIAL_FORMS": 1,
        "variants-0-id": variant.pk,
        "variants-0-product": product.pk,
        "variants-0-sku": variant.sku,
        "variants-0-attributes": "{}",
        "variants-0-position": 0,
        "variants-0-is_public": "on",
        "images-TOTAL_FORMS": 0,
        "picks-TOTAL_FORMS": 0,
        "picks-INITIAL_FORMS": 0,
        "images-INITIAL_FORMS": 0,
    }
