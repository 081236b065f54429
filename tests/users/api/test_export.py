import io
import json
import tracemalloc
import zipfile
from typing import Any

from django.test import override_settings
from django.urls import reverse_lazy
from rest_framework.test import APITestCase

from custom.history import recorded
from custom.models import RevisionNote
from custom.privacy.archives import make_archive
from custom.privacy.holdings import holdings
from custom.transactions import run_in_transaction
from orders.actors import Actor, Role
from orders.models import Order
from orders.services import add_note
from staff.models import AccessEntry
from tests.custom.throttling.limits import FreshLimits
from tests.orders.factories import OrderFactory, OrderLineFactory
from tests.privacy.people import EMAIL, PHONE, STREET, make_customer
from tests.users.factories import UserFactory, create_token
from users.models import User
from users.selectors import person_of


@override_settings(RATE_EXPORT="")
class ExportTests(FreshLimits, APITestCase):
    """GET /api/user/me/export/"""

    url = reverse_lazy("users:export")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = make_customer()
        cls.token = create_token(cls.user)[1]

    def setUp(self) -> None:
        super().setUp()
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {self.token}")

    def files(self) -> dict[str, Any]:
        response = self.client.get(self.url)
        self.assertEqual(response.status_code, 200)
        archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
        self.assertIsNone(archive.testzip())
        return {name: archive.read(name).decode() for name in archive.namelist()}

    def test_every_kind_is_there_and_none_of_it_is_empty(self) -> None:
        files = self.files()
        expected = {f"{each.name}.json" for each in holdings() if each.shown}
        self.assertEqual(set(files), expected | {"README.txt"})
        of_staff = {"imports.json", "erasures.json"}
        for each in holdings():
            if each.shown and f"{each.name}.json" not in of_staff:
                rows = json.loads(files[f"{each.name}.json"])
                self.assertTrue(rows, each.name)
                self.assertEqual(set(rows[0]), set(each.shown), each.name)

    def test_what_it_says(self) -> None:
        files = self.files()
        (account,) = json.loads(files["account.json"])
        self.assertEqual(account["email"], EMAIL)
        (address,) = json.loads(files["addresses.json"])
        self.assertEqual((address["line1"], address["phone"]), (STREET, PHONE))
        orders = json.loads(files["orders.json"])
        stored = Order.objects.filter(user=self.user).order_by("pk")
        self.assertEqual(
            [(each["number"], each["total_amount"]) for each in orders],
            [(order.number, str(order.total_amount)) for order in stored],
        )

    def test_the_readme_names_every_file_and_what_is_left_out(self) -> None:
        files = self.files()
        for name in files.keys() - {"README.txt"}:
            self.assertIn(name, files["README.txt"])
        for each in holdings():
            self.assertIn(each.tells, files["README.txt"])

    def test_nothing_of_others_and_nothing_secret(self) -> None:
        other = UserFactory(email="grace@example.com", first_name="Grace")
        OrderLineFactory(order__user=other, title="A secret wish")
        text = "".join(self.files().values())
        for word in ("grace@", "A secret wish", self.token, "argon2", "JBSWY3DP"):
            self.assertNotIn(word, text)
        self.user.refresh_from_db()
        self.assertNotIn(self.user.password, text)

    def test_no_row_is_anothers(self) -> None:
        """A customer who has nothing of their own finds nothing, of any kind."""
        self.client.force_authenticate(UserFactory())
        files = self.files()
        own = {"account.json", "looks.json", "README.txt"}  # this look is noted
        for name in files.keys() - own:
            self.assertEqual(json.loads(files[name]), [], name)
        (account,) = json.loads(files["account.json"])
        self.assertNotEqual(account["email"], EMAIL)

    def test_what_staff_did_for_others_is_not_theirs_to_take_along(self) -> None:
        clerk = UserFactory(is_staff=True)
        order = OrderFactory()
        add_note(order.pk, "Grace is ill", actor=Actor(Role.STAFF, clerk))

        def change() -> None:
            with recorded("Grace is ill", actor=clerk):
                self.user.save()
            RevisionNote.objects.update(source="admin")

        run_in_transaction(change)
        token = create_token(clerk)[1]
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        text = "".join(self.files().values())
        self.assertNotIn("Grace is ill", text)
        self.assertNotIn(order.number, text)

    def test_headers(self) -> None:
        response = self.client.get(self.url)
        self.assertEqual(response["Content-Type"], "application/zip")
        self.assertEqual(response["Cache-Control"], "private, no-store")
        self.assertEqual(
            response["Content-Disposition"], 'attachment; filename="personal-data.zip"'
        )
        body = b"".join(response.streaming_content)
        self.assertEqual(int(response["Content-Length"]), len(body))
        self.assertNotIn("ETag", response)

    def test_it_is_noted(self) -> None:
        before = AccessEntry.objects.count()
        self.client.get(self.url)
        self.assertEqual(AccessEntry.objects.count(), before + 1)
        entry = AccessEntry.objects.latest("pk")
        self.assertEqual(
            (entry.user, entry.model, entry.object_pk, entry.action),
            (self.user, "users.user", str(self.user.pk), "export"),
        )

    def test_any_accept_header_gets_the_file(self) -> None:
        for accept in ("application/zip", "*/*", "application/json"):
            response = self.client.get(self.url, HTTP_ACCEPT=accept)
            self.assertEqual(response["Content-Type"], "application/zip", accept)

    def test_it_is_limited(self) -> None:
        with override_settings(RATE_EXPORT="1/hour"):
            self.assertEqual(self.client.get(self.url).status_code, 200)
            entries = AccessEntry.objects.count()
            for call in (self.client.get, self.client.head):
                response = call(self.url, HTTP_ACCEPT="application/zip")
                self.assertEqual(response.status_code, 429)
                self.assertEqual(response["Content-Type"], "application/problem+json")
        self.assertEqual(AccessEntry.objects.count(), entries)

    def test_anonymous(self) -> None:
        self.client.credentials()
        response = self.client.get(self.url)
        self.assertEqual(response.status_code, 401)
        self.assertEqual(response.json()["code"], "not-authenticated")


class ConstantMemoryTests(APITestCase):
    """custom.privacy.archives, for somebody with very many orders"""

    def peak(self, user: User) -> int:
        tracemalloc.start()
        try:
            with make_archive(person_of(user)) as archive:
                self.assertIsNone(zipfile.ZipFile(archive).testzip())
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def test_memory_does_not_grow_with_rows(self) -> None:
        few, many = UserFactory(), UserFactory()
        blank = OrderFactory.build(user=few)
        for user, number in ((few, 1_500), (many, 6_000)):
            Order.objects.bulk_create(
                Order(
                    number=f"N-{user.pk}-{each}",
                    user=user,
                    currency="EUR",
                    subtotal=blank.subtotal,
                    total_amount=blank.total_amount,
                    note="x" * 1_000,
                )
                for each in range(number)
            )
        self.peak(few)  # what is loaded once
        self.assertLess(self.peak(many), self.peak(few) * 1.2)
