from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import SimpleTestCase, TestCase, override_settings
from django.urls import include, path, reverse

from staff.sites import AdminPage, ShopAdminSite
from tests.users.factories import UserFactory
from users.models import User


def show(request: HttpRequest, name: str = "") -> HttpResponse:
    return HttpResponse(f"{request.method} {name}")


site = ShopAdminSite()
site.register_page(
    AdminPage(
        name="figures",
        path="figures/",
        label="Figures",
        permission="users.view_user",
        view=show,
    )
)
site.register_page(
    AdminPage(
        name="figure",
        path="figures/<slug:name>/",
        permission="users.view_user",
        view=show,
    )
)
urlpatterns = [
    path("admin/", include("staff.urls")),
    path("admin/", site.urls),
]


class DefaultSiteTests(SimpleTestCase):
    """The site that ``admin.site`` is"""

    def test_is_ours(self) -> None:
        self.assertTrue(admin.site.is_registered(User))
        self.assertIsInstance(admin.site, ShopAdminSite)

    def test_a_name_is_taken_once(self) -> None:
        with self.assertRaises(ImproperlyConfigured):
            site.register_page(site.pages["figure"])


@override_settings(ROOT_URLCONF="tests.staff.test_sites")
class PageTests(TestCase):
    """Pages that belong to no model"""

    def sign_in(self, **fields: object) -> None:
        self.client.force_login(UserFactory(**fields))

    def test_who_may_opens_it(self) -> None:
        self.client.force_login(User.objects.create_superuser("s@example.com"))
        response = self.client.get(reverse("admin:figure", args=["sales"]))
        self.assertEqual(response.content, b"GET sales")

    def test_other_staff_are_refused(self) -> None:
        self.sign_in(is_staff=True)
        self.assertEqual(self.client.get(reverse("admin:figures")).status_code, 403)

    def test_customers_are_led_to_the_login(self) -> None:
        self.sign_in()
        response = self.client.get(reverse("admin:figures"))
        self.assertRedirects(
            response,
            f"{reverse('admin:login')}?next={reverse('admin:figures')}",
            fetch_redirect_response=False,
        )

    def test_its_link_is_on_the_index_of_who_may(self) -> None:
        self.client.force_login(User.objects.create_superuser("s@example.com"))
        response = self.client.get(reverse("admin:index"))
        self.assertContains(response, f'href="{reverse("admin:figures")}"')
        self.assertNotContains(response, "figures/sales")

    def test_its_link_is_hidden_from_others(self) -> None:
        self.sign_in(is_staff=True)
        response = self.client.get(reverse("admin:index"))
        self.assertNotContains(response, reverse("admin:figures"))
