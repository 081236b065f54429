from django.test import TestCase
from django.urls import reverse
from reversion.models import Version

from address.models import PARTS
from tests.address.factories import AddressFactory
from tests.pages import save_page
from tests.users.factories import UserFactory


class AddressPageTests(TestCase):
    """Address books in the admin"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.staff = UserFactory(is_staff=True, is_superuser=True)
        cls.address = AddressFactory(is_default_shipping=True)
        cls.page = reverse("admin:address_address_change", args=[cls.address.pk])

    def setUp(self) -> None:
        self.client.force_login(self.staff)

    def save(self, **changes: str) -> object:
        values = {name: getattr(self.address, name) for name in PARTS}
        return save_page(self.client, self.page, values | changes)

    def test_staff_correct_an_address(self) -> None:
        answer = self.save(postcode=" 1020 ", line1="Praterstern 1")
        self.assertEqual(answer.status_code, 302)
        self.address.refresh_from_db()
        self.assertEqual(
            (self.address.postcode, self.address.line1, self.address.version),
            ("1020", "Praterstern 1", 2),
        )
        self.assertTrue(self.address.is_default_shipping)
        version = Version.objects.get_for_object(self.address).get()
        self.assertEqual(version.field_dict["line1"], "Praterstern 1")
        self.assertEqual(version.revision.user, self.staff)

    def test_faults_are_shown(self) -> None:
        for changes, message in (
            ({"postcode": "123"}, "This is not a postcode of the country"),
            ({"country": "US", "postcode": "20500"}, "Name the state."),
            ({"country": "XX"}, "Select a valid choice"),
            ({"city": ""}, "Name the city."),
        ):
            with self.subTest(changes):
                self.assertContains(self.save(**changes), message)
        self.address.refresh_from_db()
        self.assertEqual(self.address.version, 1)

    def test_staff_find_and_add_none(self) -> None:
        listed = reverse("admin:address_address_changelist")
        found = self.client.get(listed, {"q": self.address.user.email})
        self.assertContains(found, "Stephansplatz 1")
        add = reverse("admin:address_address_add")
        self.assertEqual(self.client.get(add).status_code, 403)
