from typing import Any
from uuid import uuid4

from django.contrib.contenttypes.models import ContentType
from rest_framework.response import Response
from rest_framework.test import APITestCase

from address.models import MAX_ADDRESSES, Address
from custom.models import IdempotencyKey
from tests.address.factories import AddressFactory
from tests.orders.api.problems import ProblemAssertions
from tests.orders.factories import ADDRESS
from tests.users.factories import UserFactory

LIST = "/api/address/"
NO_DEFAULT = {"is_default_shipping": False, "is_default_billing": False}


def path(address: Address) -> str:
    return f"{LIST}{address.public_id}/"


def shown(address: Address, **changes: object) -> dict[str, Any]:
    return {"id": str(address.public_id)} | ADDRESS | NO_DEFAULT | changes


class BookTestCase(ProblemAssertions, APITestCase):
    """A customer with one address, and a stranger with another."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = UserFactory()
        cls.address = AddressFactory(user=cls.user)
        cls.foreign = AddressFactory(is_default_shipping=True)

    def setUp(self) -> None:
        self.client.force_authenticate(self.user)

    def assert_faults(self, answer: Response, *faults: tuple[str, str]) -> None:
        errors = self.assert_problem(answer, 400, "invalid-input")["errors"]
        self.assertEqual({(e["pointer"], e["code"]) for e in errors}, set(faults))

    def assert_unchanged(self, *addresses: Address) -> None:
        for address in addresses:
            stored = Address.objects.filter(pk=address.pk).values().get()
            known = {name: getattr(address, name) for name in stored}
            self.assertEqual(stored, known)


class ListTests(BookTestCase):
    """GET /api/address/"""

    def test_the_own_book_is_listed(self) -> None:
        answer = self.client.get(LIST)
        self.assertEqual(
            answer.json(),
            {
                "count": 1,
                "next": None,
                "previous": None,
                "results": [shown(self.address)],
            },
        )
        self.assertEqual(answer["Cache-Control"], "private, no-store")

    def test_guests_have_none(self) -> None:
        self.client.force_authenticate(None)
        self.assert_problem(self.client.get(LIST), 401, "not-authenticated")
        self.assert_problem(self.client.post(LIST, ADDRESS), 401, "not-authenticated")

    def test_query_count_does_not_grow_with_rows(self) -> None:
        for rows in (1, 6):
            AddressFactory.create_batch(
                rows - Address.objects.of_user(self.user.pk).count(), user=self.user
            )
            with self.assertNumQueries(2):  # count, rows
                answer = self.client.get(LIST)
            self.assertEqual(len(answer.json()["results"]), rows)


class AddTests(BookTestCase):
    """POST /api/address/"""

    def post(self, body: object = ADDRESS, **headers: str) -> Response:
        return self.client.post(LIST, body, headers=headers)

    def test_the_whole_address_is_answered(self) -> None:
        body = ADDRESS | {"country": "at", "is_default_billing": True}
        answer = self.post(body)
        self.assertEqual(answer.status_code, 201, answer.content)
        made = Address.objects.latest("pk")
        self.assertEqual(answer.json(), shown(made, is_default_billing=True))
        self.assertEqual(answer["Location"], f"http://testserver{path(made)}")
        self.assertEqual(answer["ETag"], self.client.get(path(made))["ETag"])
        self.assertEqual(answer["Cache-Control"], "private, no-store")
        self.assertNotIn("Idempotent-Replayed", answer)
        self.assertEqual(made.user, self.user)

    def test_parts_left_out_are_empty(self) -> None:
        body = {"last_name": "L", "line1": "1", "city": "Valletta", "country": "MT"}
        answer = self.post(body)
        self.assertEqual(answer.status_code, 201, answer.content)
        expected = dict.fromkeys(ADDRESS, "") | body | NO_DEFAULT
        self.assertEqual(answer.json(), expected | {"id": answer.json()["id"]})

    def test_a_new_default_takes_anothers_place(self) -> None:
        former = AddressFactory(user=self.user, is_default_shipping=True)
        answer = self.post(ADDRESS | {"is_default_shipping": True})
        self.assertIs(answer.json()["is_default_shipping"], True)
        former.refresh_from_db()
        self.assertEqual((former.is_default_shipping, former.version), (None, 2))
        self.assert_unchanged(self.address, self.foreign)

    def test_the_same_request_adds_once(self) -> None:
        first = self.post(**{"Idempotency-Key": "k"})
        again = self.post(**{"Idempotency-Key": "k"})
        self.assertEqual(again.status_code, 201)
        self.assertEqual(again.json(), first.json())
        self.assertEqual(again["Idempotent-Replayed"], "true")
        self.assertEqual(Address.objects.of_user(self.user.pk).count(), 2)
        other = self.post(ADDRESS | {"city": "Graz"}, **{"Idempotency-Key": "k"})
        self.assert_problem(other, 422, "idempotency-key-reused")
        Address.objects.filter(public_id=first.json()["id"]).delete()
        gone = self.post(**{"Idempotency-Key": "k"})
        self.assert_problem(gone, 409, "address-gone")
        self.assertEqual(Address.objects.of_user(self.user.pk).count(), 1)

    def test_bad_bodies(self) -> None:
        for changes, *faults in (
            ({"postcode": "123"}, ("#/postcode", "invalid")),
            ({"postcode": ""}, ("#/postcode", "required")),
            ({"country": "US", "postcode": "20500"}, ("#/region", "required")),
            ({"country": "XX"}, ("#/country", "unknown-country")),
            ({"last_name": ""}, ("#/last_name", "blank")),
            ({"line1": "x" * 201}, ("#/line1", "max-length")),
            ({"is_default_billing": "maybe"}, ("#/is_default_billing", "invalid")),
            ({"planet": "Mars"}, ("#/planet", "unknown-field")),
            ({"id": str(uuid4())}, ("#/id", "unknown-field")),
        ):
            with self.subTest(changes):
                answer = self.post(ADDRESS | changes, **{"Idempotency-Key": "k"})
                self.assert_faults(answer, *faults)
        self.assertEqual(Address.objects.count(), 2)
        self.assertEqual(IdempotencyKey.objects.count(), 0)

    def test_a_book_has_a_largest_size(self) -> None:
        AddressFactory.create_batch(MAX_ADDRESSES - 1, user=self.user)
        problem = self.assert_problem(self.post(), 422, "address-book-full")
        self.assertEqual(problem["most"], MAX_ADDRESSES)
        self.assertEqual(Address.objects.of_user(self.user.pk).count(), MAX_ADDRESSES)


class DetailTests(BookTestCase):
    """GET, PUT, PATCH, DELETE /api/address/{id}/"""

    def test_an_address_is_read(self) -> None:
        with self.assertNumQueries(1):
            answer = self.client.get(path(self.address))
        self.assertEqual(answer.json(), shown(self.address))
        self.assertEqual(answer["Cache-Control"], "private, no-store")
        again = self.client.get(
            path(self.address), headers={"If-None-Match": answer["ETag"]}
        )
        self.assertEqual(again.status_code, 304)

    def test_strangers_find_nothing(self) -> None:
        body = ADDRESS | {"city": "Graz"}
        nowhere = f"{LIST}{uuid4()}/"
        for url in (path(self.foreign), nowhere, f"{LIST}{self.foreign.pk}/"):
            for method in ("get", "put", "patch", "delete"):
                with self.subTest(url, method=method):
                    sent = None if method == "get" else body
                    answer = getattr(self.client, method)(url, sent)
                    self.assert_problem(answer, 404, "not-found")
        self.assert_unchanged(self.foreign)

    def test_staff_are_strangers_here(self) -> None:
        self.client.force_authenticate(UserFactory(is_staff=True, is_superuser=True))
        self.assert_problem(self.client.get(path(self.address)), 404, "not-found")

    def test_guests_are_asked_who_they_are(self) -> None:
        self.client.force_authenticate(None)
        for method in ("get", "put", "patch", "delete"):
            with self.subTest(method):
                sent = None if method == "get" else ADDRESS
                answer = getattr(self.client, method)(path(self.address), sent)
                self.assert_problem(answer, 401, "not-authenticated")
        self.assert_unchanged(self.address)

    def test_some_parts_are_changed(self) -> None:
        answer = self.client.patch(path(self.address), {"company": "Analytical Ltd"})
        self.assertEqual(answer.status_code, 200, answer.content)
        self.assertEqual(answer.json(), shown(self.address, company="Analytical Ltd"))
        self.assertEqual(answer.json(), self.client.get(path(self.address)).json())

    def test_all_is_written_anew(self) -> None:
        Address.objects.filter(pk=self.address.pk).update(
            company="Old", is_default_billing=True
        )
        body = {key: ADDRESS[key] for key in ("last_name", "line1", "city", "postcode")}
        answer = self.client.put(path(self.address), body | {"country": "AT"})
        self.assertEqual(answer.status_code, 200, answer.content)
        self.assertEqual(answer.json(), shown(self.address, first_name=""))

    def test_bad_bodies_change_nothing(self) -> None:
        for method, body, *faults in (
            ("patch", {"country": "DE"}, ("#/postcode", "invalid")),
            ("patch", {"country": None}, ("#/country", "null")),
            ("patch", {"postcode": ""}, ("#/postcode", "required")),
            ("patch", {"colour": 1}, ("#/colour", "unknown-field")),
            ("put", ADDRESS | {"postcode": "x"}, ("#/postcode", "invalid")),
            (
                "put",
                {"postcode": "1020"},
                *((f"#/{name}", "required") for name in ("last_name", "line1")),
                *((f"#/{name}", "required") for name in ("city", "country")),
            ),
        ):
            with self.subTest(body):
                answer = getattr(self.client, method)(
                    path(self.address), body, format="json"
                )
                self.assert_faults(answer, *faults)
        self.assert_unchanged(self.address)

    def test_a_default_moves_and_may_be_dropped(self) -> None:
        former = AddressFactory(
            user=self.user, is_default_shipping=True, is_default_billing=True
        )
        url = path(self.address)
        self.client.patch(url, {"is_default_shipping": True})
        rows = {row["id"]: row for row in self.client.get(LIST).json()["results"]}
        self.assertEqual(
            rows,
            {
                str(self.address.public_id): shown(
                    self.address, is_default_shipping=True
                ),
                str(former.public_id): shown(former, is_default_billing=True),
            },
        )
        self.client.patch(url, {"city": "Graz"})  # says nothing of defaults
        self.assertIs(self.client.get(url).json()["is_default_shipping"], True)
        self.client.patch(url, {"is_default_shipping": False})
        self.assertIs(self.client.get(url).json()["is_default_shipping"], False)
        self.assert_unchanged(self.foreign)

    def test_an_address_is_deleted(self) -> None:
        answer = self.client.delete(path(self.address))
        self.assertEqual((answer.status_code, answer.content), (204, b""))
        self.assert_problem(self.client.get(path(self.address)), 404, "not-found")
        self.assert_problem(self.client.delete(path(self.address)), 404, "not-found")
        self.assert_unchanged(self.foreign)

    def test_what_was_seen_may_be_asked_to_hold(self) -> None:
        tag = self.client.get(path(self.address))["ETag"]
        fresh = self.client.patch(
            path(self.address), {"city": "Graz"}, headers={"If-Match": f"W/{tag}"}
        )
        self.assertEqual(fresh.status_code, 200)
        self.assertNotEqual(fresh["ETag"], tag)
        self.address.refresh_from_db()
        for method, body in (("patch", {"city": "Wels"}), ("put", ADDRESS)):
            with self.subTest(method):
                answer = getattr(self.client, method)(
                    path(self.address), body, headers={"If-Match": tag}
                )
                self.assert_problem(answer, 412, "precondition-failed")
        stale = self.client.delete(path(self.address), headers={"If-Match": tag})
        self.assert_problem(stale, 412, "precondition-failed")
        self.assert_unchanged(self.address)
        gone = self.client.delete(
            path(self.address), headers={"If-Match": fresh["ETag"]}
        )
        self.assertEqual(gone.status_code, 204)

    def test_losing_a_default_is_a_change(self) -> None:
        former = AddressFactory(user=self.user, is_default_shipping=True)
        tag = self.client.get(path(former))["ETag"]
        self.client.patch(path(self.address), {"is_default_shipping": True})
        stale = self.client.delete(path(former), headers={"If-Match": tag})
        self.assert_problem(stale, 412, "precondition-failed")

    def test_statements_do_not_grow_with_the_book(self) -> None:
        ContentType.objects.get_for_model(Address)  # read once in a process
        for rows in (1, 6):
            AddressFactory.create_batch(
                rows - Address.objects.of_user(self.user.pk).count(), user=self.user
            )
            body = {"is_default_shipping": True, "is_default_billing": True}
            # what is checked; a pair of savepoints; the owner and the address,
            # locked; the former defaults, none here; the address; that it is there,
            # its revision, version and note
            with self.assertNumQueries(11):
                self.client.patch(path(self.address), body)


class NumberTests(BookTestCase):
    """Telephone numbers and VAT ids of the book"""

    def test_they_are_shown_in_one_form(self) -> None:
        body = ADDRESS | {"phone": "0664 1234567", "vat_id": "at u 13585627"}
        answer = self.client.post(LIST, body)
        self.assertEqual(answer.status_code, 201)
        self.assertEqual(answer.json()["phone"], "+436641234567")
        self.assertEqual(answer.json()["vat_id"], "ATU13585627")

    def test_faults_are_pointed_at_and_nothing_is_changed(self) -> None:
        body = {"phone": "12", "vat_id": "ATU13585626"}
        faults = (("#/phone", "invalid"), ("#/vat_id", "invalid"))
        self.assert_faults(self.client.post(LIST, ADDRESS | body), *faults)
        self.assert_faults(self.client.patch(path(self.address), body), *faults)
        self.assert_unchanged(self.address)

    def test_an_old_number_does_not_stand_in_the_way(self) -> None:
        Address.objects.filter(pk=self.address.pk).update(phone="ask at the desk")
        answer = self.client.patch(path(self.address), {"city": "Graz"})
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["phone"], "ask at the desk")

    def test_a_vat_id_has_to_be_of_the_country(self) -> None:
        Address.objects.filter(pk=self.address.pk).update(vat_id="ATU13585627")
        move = {"country": "DE", "postcode": "10115"}
        self.assert_faults(
            self.client.patch(path(self.address), move), ("#/vat_id", "invalid")
        )
        answer = self.client.patch(path(self.address), move | {"vat_id": ""})
        self.assertEqual((answer.status_code, answer.json()["vat_id"]), (200, ""))

    def test_they_may_be_left_out(self) -> None:
        body = {
            name: ADDRESS[name] for name in ADDRESS if name not in ("phone", "vat_id")
        }
        answer = self.client.put(path(self.address), body)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual((answer.json()["phone"], answer.json()["vat_id"]), ("", ""))
