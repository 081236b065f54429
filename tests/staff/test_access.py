from datetime import timedelta
from typing import ClassVar
from unittest import mock

import time_machine
from django.db import DatabaseError
from django.test import SimpleTestCase, TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from address.models import Address
from staff.access import purge_access_entries, record_access
from staff.admin import PersonalPagesMixin
from staff.models import AccessEntry
from staff.sites import site
from tests.address.factories import AddressFactory
from tests.users.factories import UserFactory
from users.models import User


class PersonalPagesTests(TestCase):
    """Pages of people, and the entries that looking at them leaves"""

    staff: User
    customer: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.staff = User.objects.create_superuser("staff@example.com", "secret")
        cls.customer = UserFactory()

    def setUp(self) -> None:
        self.client.force_login(self.staff)

    def seen(self) -> list[tuple[str, str, str, int | None]]:
        return list(
            AccessEntry.objects.order_by("pk").values_list(
                "model", "object_pk", "action", "rows"
            )
        )

    def test_a_list_is_one_entry_with_its_number_of_rows(self) -> None:
        self.client.get(reverse("admin:users_user_changelist"))
        self.assertEqual(self.seen(), [("users.user", "", "list", 2)])

    def test_a_page_and_its_history_are_an_entry_each(self) -> None:
        for page in ("change", "history", "delete"):
            self.client.get(
                reverse(f"admin:users_user_{page}", args=[self.customer.pk])
            )
        self.assertEqual(
            self.seen(),
            [
                ("users.user", str(self.customer.pk), "view", 1),
                ("users.user", str(self.customer.pk), "history", 1),
                ("users.user", str(self.customer.pk), "delete", 1),
            ],
        )

    def test_an_entry_says_who_when_and_in_which_request(self) -> None:
        at = timezone.now() + timedelta(days=1)
        with time_machine.travel(at, tick=False):
            self.client.get(
                reverse("admin:users_user_change", args=[self.customer.pk]),
                headers={"X-Request-ID": "of-the-look"},
            )
        entry = AccessEntry.objects.get()
        self.assertEqual(entry.user, self.staff)
        self.assertEqual(entry.at, at)
        self.assertEqual(entry.request_id, "of-the-look")

    def test_what_shows_nothing_leaves_nothing(self) -> None:
        self.client.get(reverse("admin:users_user_change", args=[0]))
        self.client.logout()
        self.client.get(reverse("admin:users_user_changelist"))
        self.assertEqual(self.seen(), [])

    def test_choosing_among_people_is_an_entry(self) -> None:
        response = self.client.get(
            reverse("admin:autocomplete"),
            {
                "app_label": "partner",
                "model_name": "partnermember",
                "field_name": "user",
                "term": self.customer.email,
            },
        )
        self.assertEqual(len(response.json()["results"]), 1)
        self.assertEqual(self.seen(), [("users.user", "", "autocomplete", 1)])

    def test_choosing_among_things_is_none(self) -> None:
        response = self.client.get(
            reverse("admin:autocomplete"),
            {
                "app_label": "partner",
                "model_name": "stockrecord",
                "field_name": "partner",
            },
        )
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self.seen(), [])

    def test_no_log_no_look(self) -> None:
        failing = mock.patch.object(
            AccessEntry.objects, "create", side_effect=DatabaseError
        )
        self.client.raise_request_exception = False
        with failing, self.assertLogs("django.request", "ERROR"):
            response = self.client.get(
                reverse("admin:users_user_change", args=[self.customer.pk])
            )
        self.assertEqual(response.status_code, 500)
        self.assertNotContains(response, self.customer.email, status_code=500)

    def test_every_admin_of_people_is_covered(self) -> None:
        AddressFactory(user=self.customer)
        for name in ("orders_order", "address_address", "basket_basket"):
            self.client.get(reverse(f"admin:{name}_changelist"))
        self.client.get(reverse("admin:reviews_review_changelist"))
        self.assertEqual(
            [(model, rows) for model, _, _, rows in self.seen()],
            [
                ("orders.order", 0),
                ("address.address", 1),
                ("basket.basket", 0),
                ("reviews.review", 0),
            ],
        )

    def test_staff_whose_looks_are_kept_cannot_be_deleted(self) -> None:
        curious = User.objects.create_user("curious@example.com", is_staff=True)
        record_access(curious, model=Address, pk=1, action="view")
        page = reverse("admin:users_user_delete", args=[curious.pk])
        self.client.post(page, {"post": "yes"})
        self.assertEqual(AccessEntry.objects.filter(user=curious).count(), 1)

    def test_nobody_changes_the_log(self) -> None:
        record_access(self.staff, model=Address, pk=1, action="view")
        entry = AccessEntry.objects.get()
        page = reverse("admin:staff_accessentry_change", args=[entry.pk])
        self.assertEqual(self.client.get(page).status_code, 200)
        self.assertEqual(self.client.post(page, {"action": "no"}).status_code, 403)
        delete = reverse("admin:staff_accessentry_delete", args=[entry.pk])
        self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 403)
        self.assertEqual(AccessEntry.objects.get().action, "view")

    def test_a_row_is_found_by_its_kind_and_key(self) -> None:
        record_access(self.staff, model=Address, pk=17, action="view")
        record_access(self.staff, model=Address, pk=18, action="view")
        response = self.client.get(
            reverse("admin:staff_accessentry_changelist"), {"q": "address.address 17"}
        )
        self.assertEqual(
            [entry.object_pk for entry in response.context["cl"].result_list], ["17"]
        )


class CoverageTests(SimpleTestCase):
    """Admins whose rows are people, or somebody's"""

    OF_STAFF: ClassVar = {"staff.accessentry"}  # names those who looked, no customer

    def test_every_one_notes_who_looks(self) -> None:
        people = {
            model._meta.label_lower
            for model, made in site._registry.items()
            if model is User
            or any(field.related_model is User for field in model._meta.fields)
        }
        noting = {
            model._meta.label_lower
            for model, made in site._registry.items()
            if isinstance(made, PersonalPagesMixin)
        }
        self.assertEqual(people - noting, self.OF_STAFF)


class PurgingTests(TestCase):
    """Looks that were long ago"""

    @override_settings(STAFF_ACCESS_DAYS=30)
    def test_old_entries_go_and_younger_ones_stay(self) -> None:
        staff = UserFactory(is_staff=True)
        now = timezone.now()
        for days in (29, 31, 32):
            with time_machine.travel(now - timedelta(days=days)):
                record_access(staff, model=User, pk=days, action="view")
        self.assertEqual(purge_access_entries(), 2)
        self.assertEqual(AccessEntry.objects.get().object_pk, "29")
