from decimal import Decimal
from typing import Any

from django.test import override_settings
from django.urls import reverse
from rest_framework.response import Response
from rest_framework.test import APITestCase
from reversion.models import Version

from catalogue.models import ProductSummary, Variant
from partner.models import (
    Partner,
    PartnerMember,
    StockLevel,
    StockMovement,
    StockRecord,
)
from partner.selectors import find_discrepancies
from partner.services import add_member, take_stock
from tests.catalogue.factories import VariantFactory
from tests.outbox import messages
from tests.partner.factories import PartnerFactory, StockRecordFactory
from tests.users.factories import UserFactory

Role = PartnerMember.Role
LIST = "/api/partner/stock/"


def detail(record: StockRecord) -> str:
    return reverse("partner:stock-detail", args=[record.pk])


class StockTestCase(APITestCase):
    """A manager and a clerk of one partner, with a record of 10 units, 3 promised."""

    partner: Partner
    record: StockRecord

    @classmethod
    def setUpTestData(cls) -> None:
        cls.partner = PartnerFactory(code="films", name="Films")
        cls.manager, cls.clerk = UserFactory.create_batch(2)
        add_member(partner=cls.partner, user=cls.manager, role=Role.MANAGER)
        add_member(partner=cls.partner, user=cls.clerk, role=Role.CLERK)
        cls.variant = VariantFactory(
            sku="DVD-1", title="DVD", product__title="Metropolis"
        )
        cls.record = StockRecordFactory(
            partner=cls.partner,
            variant=cls.variant,
            partner_sku="F-1",
            compare_at_price=Decimal("12.00"),
            low_stock_threshold=2,
        )
        take_stock({cls.record.pk: 3}, source="order:1")
        cls.foreign = StockRecordFactory()

    def setUp(self) -> None:
        self.client.force_authenticate(self.manager)

    def shown(self, **changes: object) -> dict[str, Any]:
        return {
            "id": self.record.pk,
            "partner_sku": "F-1",
            "variant": self.variant.pk,
            "sku": "DVD-1",
            "title": "Metropolis - DVD",
            "num_in_stock": 10,
            "num_allocated": 3,
            "num_backordered": 0,
            "price": "9.90",
            "compare_at_price": "12.00",
            "currency": "EUR",
            "low_stock_threshold": 2,
            "backorder": False,
        } | changes

    def faults(self, answer: Response) -> set[tuple[str, str]]:
        self.assertEqual(answer.status_code, 400, answer.content)
        return {(each["pointer"], each["code"]) for each in answer.json()["errors"]}

    def assert_problem(self, answer: Response, status: int, code: str) -> None:
        self.assertEqual(answer.status_code, status, answer.content)
        self.assertEqual(answer.json()["code"], code)

    def assert_unchanged(self) -> None:
        answer = self.client.get(detail(self.record))
        self.assertEqual(answer.json(), self.shown())
        self.assertEqual(self.record.movements.count(), 2)
        self.assertEqual(self.record.prices.count(), 1)


class AccessTests(StockTestCase):
    """Everybody sees their own."""

    def test_anonymous(self) -> None:
        self.client.force_authenticate(None)
        for answer in (
            self.client.get(LIST),
            self.client.post(LIST, {}),
            self.client.get(detail(self.record)),
            self.client.patch(detail(self.record), {}),
            self.client.post(f"{LIST}bulk/", {}),
        ):
            self.assert_problem(answer, 401, "not-authenticated")

    def test_who_works_for_nobody(self) -> None:
        self.client.force_authenticate(UserFactory())
        for answer in (
            self.client.get(LIST),
            self.client.post(LIST, {}),
            self.client.get(detail(self.record)),
            self.client.patch(detail(self.record), {}),
            self.client.post(f"{LIST}bulk/", {}),
        ):
            self.assert_problem(answer, 403, "permission-denied")

    def test_stranger(self) -> None:
        for answer in (
            self.client.get(detail(self.foreign)),
            self.client.patch(
                detail(self.foreign), {"num_in_stock": 1, "expected": 10}
            ),
            self.client.get(f"{LIST}?partner={self.foreign.partner.code}"),
            self.client.post(f"{LIST}?partner={self.foreign.partner_id}", {}),
            self.client.post(f"{LIST}bulk/?partner=nobody", {}),
            self.client.get(f"{LIST}{10**30}/"),
        ):
            self.assert_problem(answer, 404, "not-found")
        self.assertEqual(StockLevel.objects.get(pk=self.foreign.pk).num_in_stock, 10)

    def test_who_serves_several_names_one(self) -> None:
        other = PartnerFactory(code="more-films", name="More films")
        add_member(partner=other, user=self.manager, role=Role.CLERK)
        theirs = StockRecordFactory(partner=other)
        for answer in (
            self.client.get(LIST),
            self.client.post(LIST, {}),
            self.client.post(f"{LIST}bulk/", {}),
        ):
            self.assertEqual(self.faults(answer), {("#/query/partner", "required")})
        for name in (other.code, other.pk):
            rows = self.client.get(f"{LIST}?partner={name}").json()["results"]
            self.assertEqual([row["id"] for row in rows], [theirs.pk])
        # An id alone tells whose record it is, and what the caller is to them.
        self.assertEqual(self.client.get(detail(theirs)).status_code, 200)
        answer = self.client.get(f"{detail(theirs)}?partner=films")
        self.assert_problem(answer, 404, "not-found")
        answer = self.client.patch(detail(theirs), {"price": "1.00", "expected": 10})
        self.assert_problem(answer, 403, "permission-denied")

    def test_clerks_count_and_managers_price(self) -> None:
        self.client.force_authenticate(self.clerk)
        for name, value in (
            ("price", "1.00"),
            ("compare_at_price", None),
            ("backorder", True),
            ("partner_sku", "F-2"),
        ):
            with self.subTest(name):
                body = {name: value, "num_in_stock": 9, "expected": 10}
                answer = self.client.patch(detail(self.record), body)
                self.assert_problem(answer, 403, "permission-denied")
                self.assertIn(name, answer.json()["detail"])
        self.assert_problem(self.client.post(LIST, {}), 403, "permission-denied")
        self.assert_unchanged()
        body = {"num_in_stock": 9, "low_stock_threshold": 4, "expected": 10}
        answer = self.client.patch(detail(self.record), body)
        self.assertEqual(
            answer.json(), self.shown(num_in_stock=9, low_stock_threshold=4)
        )


class ListTests(StockTestCase):
    """GET /api/partner/stock/"""

    def test_whole_answer(self) -> None:
        answer = self.client.get(LIST)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(
            answer.json(),
            {"count": 1, "next": None, "previous": None, "results": [self.shown()]},
        )
        self.assertEqual(answer["Cache-Control"], "private, no-store")

    def test_query_count_does_not_grow_with_rows(self) -> None:
        for number in (3, 15):
            StockRecordFactory.create_batch(number, partner=self.partner)
            with self.assertNumQueries(3):  # memberships; count; rows
                self.client.get(f"{LIST}?page_size=100")

    def test_what_was_sold_beyond_the_stock_is_told(self) -> None:
        pk = StockRecordFactory(partner=self.partner, num_in_stock=1, backorder=True).pk
        take_stock({pk: 4}, source="order:2")
        row = self.client.get(f"{LIST}?backorder=true").json()["results"][0]
        told = row["num_in_stock"], row["num_allocated"], row["num_backordered"]
        self.assertEqual(told, (1, 4, 3))

    def test_filters(self) -> None:
        low = StockRecordFactory(
            partner=self.partner,
            partner_sku="A",
            num_in_stock=2,
            low_stock_threshold=2,
            price=Decimal(20),
        )
        gone = StockRecordFactory(partner=self.partner, partner_sku="B", num_in_stock=0)
        first = self.record
        for query, expected in (
            ("", [first, low, gone]),
            (f"?id={low.pk},{self.foreign.pk}", [low]),
            (f"?variant={low.variant_id}", [low]),
            ("?partner_sku=B", [gone]),
            ("?in_stock=true", [first, low]),
            ("?in_stock=false", [gone]),
            ("?low_stock=true", [low]),
            ("?low_stock=false", [first, gone]),
            ("?backorder=true", []),
            ("?ordering=partner_sku", [low, gone, first]),
            ("?ordering=-num_in_stock", [first, low, gone]),
            ("?ordering=-price", [low, gone, first]),
            ("?page_size=1&page=2", [low]),
        ):
            with self.subTest(query):
                rows = self.client.get(f"{LIST}{query}").json()["results"]
                self.assertEqual(
                    [row["id"] for row in rows], [record.pk for record in expected]
                )

    def test_bad_parameters(self) -> None:
        for query, fault in (
            ("nonsense=1", ("#/query/nonsense", "unknown-parameter")),
            ("in_stock=perhaps", ("#/query/in_stock", "invalid")),
            ("ordering=colour", ("#/query/ordering", "invalid-choice")),
            ("dry_run=true", ("#/query/dry_run", "unknown-parameter")),
            ("id=x", ("#/query/id", "invalid")),
            ("fields=nonsense", ("#/query/fields", "unknown-field")),
        ):
            with self.subTest(query):
                self.assertEqual(
                    self.faults(self.client.get(f"{LIST}?{query}")), {fault}
                )
        self.assert_problem(self.client.get(f"{LIST}?page=9"), 404, "not-found")


class CreateTests(StockTestCase):
    """POST /api/partner/stock/"""

    def body(self, **changes: object) -> dict[str, Any]:
        return {
            "variant": VariantFactory(product__title="M").pk,
            "partner_sku": "F-9",
            "price": "5.00",
        } | changes

    def test_whole_answer(self) -> None:
        body = self.body(
            compare_at_price="6.00",
            currency="EUR",
            num_in_stock=4,
            low_stock_threshold=1,
            backorder=True,
        )
        answer = self.client.post(LIST, body)
        self.assertEqual(answer.status_code, 201, answer.content)
        made = StockRecord.objects.get(partner_sku="F-9")
        self.assertEqual(
            answer.json(),
            body
            | {
                "id": made.pk,
                "sku": made.variant.sku,
                "title": "M",
                "num_allocated": 0,
                "num_backordered": 0,
            },
        )
        self.assertEqual(answer["Location"], f"http://testserver{detail(made)}")
        self.assertEqual(self.client.get(detail(made))["ETag"], answer["ETag"])
        movement = made.movements.get()
        self.assertEqual(
            (movement.reason, movement.in_stock_delta, movement.actor),
            ("initial", 4, self.manager),
        )
        self.assertEqual(made.prices.get().price, Decimal(5))
        summary = ProductSummary.objects.get(product=made.variant.product)
        self.assertEqual((summary.price_from, summary.in_stock), (Decimal(5), True))

    def test_bad_bodies(self) -> None:
        hidden = VariantFactory(is_public=False)
        for changes, fault in (
            ({"variant": hidden.pk}, ("#/variant", "does-not-exist")),
            ({"variant": 0}, ("#/variant", "min-value")),
            ({"partner_sku": " "}, ("#/partner_sku", "blank")),
            ({"partner_sku": "x" * 65}, ("#/partner_sku", "max-length")),
            ({"price": "-1"}, ("#/price", "min-value")),
            ({"price": "NaN"}, ("#/price", "invalid")),
            ({"price": None}, ("#/price", "null")),
            ({"num_in_stock": -1}, ("#/num_in_stock", "min-value")),
            ({"num_in_stock": 10**9 + 1}, ("#/num_in_stock", "max-value")),
            ({"currency": "USD"}, ("#/currency", "wrong-currency")),
            ({"backorder": "perhaps"}, ("#/backorder", "invalid")),
            ({"num_allocated": 3}, ("#/num_allocated", "unknown-field")),
        ):
            with self.subTest(fault):
                answer = self.client.post(LIST, self.body(**changes))
                self.assertEqual(self.faults(answer), {fault})
        self.assertEqual(self.partner.stock_records.count(), 1)

    def test_refusals(self) -> None:
        for changes, status, code in (
            ({"partner_sku": "F-1"}, 409, "sku-taken"),
            ({"variant": self.variant.pk}, 409, "already-offered"),
            ({"compare_at_price": "4.00"}, 422, "invalid-price"),
            ({"price": "4.001"}, 422, "invalid-price"),
        ):
            with self.subTest(code):
                answer = self.client.post(LIST, self.body(**changes))
                self.assert_problem(answer, status, code)
                if status == 409:
                    pointer = answer.json()["errors"][0]["pointer"]
                    self.assertEqual(pointer, f"#/{next(iter(changes))}")
        self.assertEqual(self.partner.stock_records.count(), 1)
        self.assert_unchanged()

    def test_a_key_creates_once(self) -> None:
        body, key = self.body(), {"Idempotency-Key": "k"}
        first = self.client.post(LIST, body, headers=key)
        again = self.client.post(LIST, body, headers=key)
        self.assertEqual((first.status_code, again.status_code), (201, 201))
        self.assertEqual(first.json(), again.json())
        self.assertEqual(again["Idempotent-Replayed"], "true")
        self.assertNotIn("Idempotent-Replayed", first.headers)
        answer = self.client.post(LIST, body | {"price": "6.00"}, headers=key)
        self.assert_problem(answer, 422, "idempotency-key-reused")
        self.assertEqual(self.partner.stock_records.count(), 2)


class DetailTests(StockTestCase):
    """GET /api/partner/stock/{id}/"""

    def test_whole_answer(self) -> None:
        with self.assertNumQueries(2):  # memberships; the record
            answer = self.client.get(detail(self.record))
        self.assertEqual(answer.json(), self.shown())

    def test_tag(self) -> None:
        tag = self.client.get(detail(self.record))["ETag"]
        headers = {"If-None-Match": f"W/{tag}"}
        answer = self.client.get(detail(self.record), headers=headers)
        self.assertEqual(answer.status_code, 304)
        take_stock({self.record.pk: 1}, source="order:2")
        answer = self.client.get(detail(self.record), headers=headers)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["num_allocated"], 4)

    def test_fields(self) -> None:
        answer = self.client.get(f"{detail(self.record)}?fields=id,price")
        self.assertEqual(answer.json(), {"id": self.record.pk, "price": "9.90"})


class ChangeTests(StockTestCase):
    """PATCH /api/partner/stock/{id}/"""

    def patch(self, headers: dict[str, str] | None = None, **body: object) -> Response:
        return self.client.patch(detail(self.record), body, headers=headers)

    def test_everything(self) -> None:
        changes = {
            "partner_sku": "F-2",
            "num_in_stock": 8,
            "price": "8.00",
            "compare_at_price": None,
            "low_stock_threshold": None,
            "backorder": True,
        }
        answer = self.patch(**changes, expected=10)
        self.assertEqual(answer.status_code, 200, answer.content)
        self.assertEqual(answer.json(), self.shown(**changes))
        movement = self.record.movements.first()
        self.assertEqual(
            (movement.reason, movement.in_stock_delta, movement.actor),
            ("counted", -2, self.manager),
        )
        self.assertEqual(find_discrepancies(), [])
        version = Version.objects.get_for_object(self.record).first()
        self.assertEqual(version.revision.user, self.manager)
        prices = list(self.record.prices.order_by("pk").values_list("price", flat=True))
        self.assertEqual(prices, [Decimal("9.90"), Decimal(8)])
        summary = ProductSummary.objects.get(product=self.variant.product)
        self.assertEqual(summary.price_from, Decimal(8))

    def test_query_count(self) -> None:
        # Membership and record; savepoint and release; record and level locked; the
        # price's lock, spans, row, summary (6), what search must learn (4) and version
        # (3); the level's locks, movement, row and what follows; the record again.
        with self.assertNumQueries(30):
            self.patch(num_in_stock=8, price="8.00", expected=10)

    def test_a_tag_that_fits(self) -> None:
        tag = self.client.get(detail(self.record))["ETag"]
        for sent in (tag, f"W/{tag}", f'"other", {tag}'):
            with self.subTest(sent):
                answer = self.patch({"If-Match": sent}, low_stock_threshold=2)
                self.assertEqual(answer.status_code, 200, answer.content)
        answer = self.patch({"If-Match": tag}, num_in_stock=9)
        self.assertEqual(answer.json()["num_in_stock"], 9)
        self.assertNotEqual(answer["ETag"], tag)
        answer = self.patch({"If-Match": answer["ETag"]}, num_in_stock=8)
        self.assertEqual(answer.json()["num_in_stock"], 8)
        answer = self.patch({"If-Match": "*"}, num_in_stock=7)
        self.assertEqual(answer.json()["num_in_stock"], 7)

    def test_a_stale_tag(self) -> None:
        tag = self.client.get(detail(self.record))["ETag"]
        take_stock({self.record.pk: 1}, source="order:2")
        for sent in (tag, '"nonsense"'):
            answer = self.patch({"If-Match": sent}, num_in_stock=9)
            self.assert_problem(answer, 412, "precondition-failed")
        answer = self.patch({"If-Match": "nonsense"}, num_in_stock=9)
        self.assert_problem(answer, 400, "if-match-invalid")
        self.assertEqual(StockLevel.objects.get(pk=self.record.pk).num_in_stock, 10)

    def test_without_condition(self) -> None:
        for headers in ({}, {"If-Match": ""}, {"If-Match": " "}):
            answer = self.patch(headers, num_in_stock=9)
            self.assert_problem(answer, 428, "precondition-required")
        self.assert_unchanged()

    def test_another_number_than_expected(self) -> None:
        answer = self.patch(num_in_stock=9, price="1.00", expected=11)
        self.assert_problem(answer, 409, "stock-changed")
        self.assertEqual(answer.json()["errors"][0]["pointer"], "#/expected")
        self.assertEqual(answer.json()["num_in_stock"], 10)
        self.assert_unchanged()

    def test_below_what_is_promised(self) -> None:
        answer = self.patch(num_in_stock=2, price="1.00", expected=10)
        self.assert_problem(answer, 409, "below-allocated")
        self.assertEqual(answer.json()["num_allocated"], 3)
        self.assert_unchanged()
        answer = self.patch(num_in_stock=2, backorder=True, expected=10)
        self.assertEqual(answer.json()["num_backordered"], 1)
        answer = self.patch(backorder=False, expected=2)
        self.assert_problem(answer, 409, "below-allocated")

    def test_refused_prices_and_skus(self) -> None:
        StockRecordFactory(partner=self.partner, partner_sku="F-2")
        for changes, status, code in (
            ({"price": "12.01"}, 422, "invalid-price"),
            ({"compare_at_price": "1.00"}, 422, "invalid-price"),
            ({"partner_sku": "F-2"}, 409, "sku-taken"),
        ):
            with self.subTest(code):
                answer = self.patch(**changes, num_in_stock=9, expected=10)
                self.assert_problem(answer, status, code)
        self.assert_unchanged()

    def test_bad_bodies(self) -> None:
        for body, fault in (
            ({"expected": None}, ("#/expected", "null")),
            ({"num_in_stock": "x"}, ("#/num_in_stock", "invalid")),
            ({"variant": 1}, ("#/variant", "unknown-field")),
            ({"num_allocated": 1}, ("#/num_allocated", "unknown-field")),
        ):
            with self.subTest(fault):
                self.assertEqual(self.faults(self.patch(**body)), {fault})
        self.assert_unchanged()

    def test_what_is_the_same_already_writes_nothing(self) -> None:
        before = self.client.get(detail(self.record))
        answer = self.patch(num_in_stock=10, price="9.90", expected=10)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer["ETag"], before["ETag"])
        self.assert_unchanged()

    @override_settings(
        OUTBOX_HANDLERS={"stock.low": "custom.outbox.consume", "product.changed": ()}
    )
    def test_a_count_at_the_threshold_is_announced_once(self) -> None:
        self.patch(num_in_stock=5, expected=10)
        self.patch(num_in_stock=4, expected=5)
        message = messages().get()
        self.assertEqual(
            (message.topic, message.payload),
            (
                "stock.low",
                {"stock_record": self.record.pk, "num_free": 2, "threshold": 2},
            ),
        )


class BulkTests(StockTestCase):
    """POST /api/partner/stock/bulk/"""

    def bulk(
        self, *rows: object, query: str = "", key: str | None = None
    ) -> dict[str, Any]:
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.client.post(
            f"{LIST}bulk/{query}", {"rows": list(rows)}, headers=headers
        )
        self.assertEqual(answer.status_code, 200, answer.content)
        self.replayed = answer.headers.get("Idempotent-Replayed")
        return answer.json()

    def errors(self, answer: dict[str, Any]) -> list[tuple[str, str]]:
        return [
            (error["pointer"], error["code"])
            for row in answer["results"]
            for error in row["errors"]
        ]

    def rows(self, variant: Variant) -> list[object]:
        return [
            {"partner_sku": "F-1", "num_in_stock": 8, "price": "8.00", "expected": 10},
            {"partner_sku": "N-1", "variant": variant.pk, "price": 3},
            {"partner_sku": "F-404", "num_in_stock": 1},
            {"partner_sku": "S-1", "num_in_stock": 10, "price": "9.90"},
            "nonsense",
        ]

    def expected(self, same: StockRecord, new: int | None) -> dict[str, Any]:
        def row(
            place: int, sku: str | None, outcome: str, pk: int | None, *errors: object
        ) -> dict[str, Any]:
            return {
                "row": place,
                "partner_sku": sku,
                "outcome": outcome,
                "id": pk,
                "errors": list(errors),
            }

        return {
            "dry_run": False,
            "created": 1,
            "updated": 1,
            "unchanged": 1,
            "failed": 2,
            "results": [
                row(0, "F-1", "updated", self.record.pk),
                row(1, "N-1", "created", new),
                row(
                    2,
                    "F-404",
                    "error",
                    None,
                    {
                        "pointer": "#/rows/2/partner_sku",
                        "code": "unknown-sku",
                        "detail": "You have no such SKU."
                        " Name its variant and price to create it.",
                    },
                ),
                row(3, "S-1", "unchanged", same.pk),
                row(
                    4,
                    None,
                    "error",
                    None,
                    {
                        "pointer": "#/rows/4",
                        "code": "invalid",
                        "detail": "Invalid data. Expected a dictionary, but got str.",
                    },
                ),
            ],
        }

    def test_whole_answer(self) -> None:
        variant = VariantFactory()
        same = StockRecordFactory(partner=self.partner, partner_sku="S-1")
        answer = self.bulk(*self.rows(variant))
        new = StockRecord.objects.get(partner_sku="N-1")
        self.assertEqual(answer, self.expected(same, new.pk))
        level = StockLevel.objects.get(pk=self.record.pk)
        self.assertEqual((level.num_in_stock, level.num_allocated), (8, 3))
        self.record.refresh_from_db()
        self.assertEqual(
            (self.record.price, self.record.version, new.price, new.currency),
            (Decimal(8), 2, Decimal(3), "EUR"),
        )
        self.assertEqual(self.record.prices.count(), 2)
        self.assertEqual(same.movements.count(), 1)
        movement = self.record.movements.first()
        self.assertEqual(
            (movement.reason, movement.in_stock_delta, movement.actor),
            ("counted", -2, self.manager),
        )
        self.assertEqual(find_discrepancies(), [])
        for record, price in ((self.record, 8), (new, 3)):
            summary = ProductSummary.objects.get(product=record.variant.product)
            self.assertEqual(summary.price_from, Decimal(price))

    def test_dry_run_tells_the_same_and_stores_nothing(self) -> None:
        variant = VariantFactory()
        same = StockRecordFactory(partner=self.partner, partner_sku="S-1")
        answer = self.bulk(*self.rows(variant), query="?dry_run=true", key="k")
        self.assertEqual(answer, self.expected(same, None) | {"dry_run": True})
        self.assert_unchanged()
        self.assertFalse(StockRecord.objects.filter(partner_sku="N-1").exists())
        self.assertFalse(StockMovement.objects.filter(source="").exists())
        self.bulk(*self.rows(variant), key="k")  # the key is free still
        self.assertIsNone(self.replayed)

    def test_a_key_is_carried_out_once(self) -> None:
        variant = VariantFactory()
        same = StockRecordFactory(partner=self.partner, partner_sku="S-1")
        first = self.bulk(*self.rows(variant), key="k")
        StockLevel.objects.filter(pk=self.record.pk).update(num_in_stock=9)
        again = self.bulk(*self.rows(variant), key="k")
        new = StockRecord.objects.get(partner_sku="N-1")
        self.assertEqual(first, again)
        self.assertEqual(again, self.expected(same, new.pk))
        self.assertEqual(self.replayed, "true")
        self.assertEqual(StockLevel.objects.get(pk=self.record.pk).num_in_stock, 9)
        answer = self.client.post(
            f"{LIST}bulk/",
            {"rows": [{"partner_sku": "F-1"}]},
            headers={"Idempotency-Key": "k"},
        )
        self.assert_problem(answer, 422, "idempotency-key-reused")

    def test_every_row_error(self) -> None:
        hidden, free = VariantFactory(is_public=False), VariantFactory()
        full = {"num_in_stock": 10, "price": "9.90"}
        for number, (row, fault) in enumerate(
            (
                ({"num_in_stock": 2}, ("num_in_stock", "below-allocated")),
                ({"num_in_stock": 9, "expected": 9}, ("expected", "stock-changed")),
                ({"price": "12.01"}, ("price", "invalid-price")),
                ({"price": "1.001"}, ("price", "invalid-price")),
                ({"price": "1e400"}, ("price", "max-digits")),
                ({"num_in_stock": None}, ("num_in_stock", "null")),
                ({"num_in_stock": [1]}, ("num_in_stock", "invalid")),
                ({"colour": "red"}, ("colour", "unknown-field")),
                ({"variant": free.pk}, ("variant", "sku-taken")),
                ({"partner_sku": ""}, ("partner_sku", "blank")),
                ({"partner_sku": "N"}, ("partner_sku", "unknown-sku")),
                (
                    {"partner_sku": "N", "variant": hidden.pk},
                    ("variant", "does-not-exist"),
                ),
                (
                    {"partner_sku": "N", "variant": self.variant.pk, "price": 1},
                    ("variant", "already-offered"),
                ),
                ({"partner_sku": "N", "variant": free.pk}, ("price", "required")),
                (
                    full | {"partner_sku": "N", "variant": free.pk, "expected": 1},
                    ("expected", "stock-changed"),
                ),
            )
        ):
            with self.subTest(number):
                answer = self.bulk({"partner_sku": "F-1"} | row)
                self.assertEqual(
                    self.errors(answer), [(f"#/rows/0/{fault[0]}", fault[1])]
                )
        self.assert_unchanged()
        self.assertEqual(self.partner.stock_records.count(), 1)

    def test_same_twice(self) -> None:
        variant = VariantFactory()
        new = {"variant": variant.pk, "price": "1.00"}
        answer = self.bulk(
            {"partner_sku": "F-1", "num_in_stock": 9},
            {"partner_sku": "F-1", "num_in_stock": 8},
            {"partner_sku": "N-1"} | new,
            {"partner_sku": "N-2"} | new,
        )
        self.assertEqual(
            self.errors(answer),
            [
                ("#/rows/1/partner_sku", "duplicate-row"),
                ("#/rows/3/variant", "already-offered"),
            ],
        )
        self.assertEqual(StockLevel.objects.get(pk=self.record.pk).num_in_stock, 9)

    def test_a_clerk_counts(self) -> None:
        self.client.force_authenticate(self.clerk)
        other = StockRecordFactory(partner=self.partner, partner_sku="F-2")
        answer = self.bulk(
            {"partner_sku": "F-1", "price": "1.00"},
            {"partner_sku": "F-2", "num_in_stock": 11},
        )
        self.assertEqual(self.errors(answer), [("#/rows/0", "permission-denied")])
        self.assertEqual(StockLevel.objects.get(pk=other.pk).num_in_stock, 11)
        self.assert_unchanged()

    def test_foreign_skus_are_unknown(self) -> None:
        answer = self.bulk({"partner_sku": self.foreign.partner_sku, "num_in_stock": 1})
        self.assertEqual(self.errors(answer), [("#/rows/0/partner_sku", "unknown-sku")])

    def test_bad_bodies(self) -> None:
        row = {"partner_sku": "F-1"}
        for body, fault in (
            ({}, ("#/rows", "required")),
            ({"rows": []}, ("#/rows", "min-length")),
            ({"rows": {"0": row}}, ("#/rows", "not-a-list")),
            ({"rows": [row] * 1001}, ("#/rows", "max-length")),
            ({"rows": [row], "dry_run": True}, ("#/dry_run", "unknown-field")),
        ):
            with self.subTest(fault):
                answer = self.client.post(f"{LIST}bulk/", body)
                self.assertEqual(self.faults(answer), {fault})
        answer = self.client.post(f"{LIST}bulk/?dry_run=perhaps", {"rows": [row]})
        self.assertEqual(self.faults(answer), {("#/query/dry_run", "invalid")})

    def test_statements_do_not_grow_with_rows(self) -> None:
        counts = []
        for number in (2, 10):
            records = StockRecordFactory.create_batch(number, partner=self.partner)
            variants = VariantFactory.create_batch(number)
            rows = [
                {"partner_sku": record.partner_sku, "num_in_stock": 0, "price": "1.00"}
                for record in records
            ] + [
                {
                    "partner_sku": f"{variant.sku}",
                    "variant": variant.pk,
                    "price": "1.00",
                }
                for variant in variants
            ]
            # Membership; savepoint and release; offers locked, records, levels and
            # variants read (6); 4 tables of new records; prices (3); movements and
            # levels; what follows from them; lists (6); what others must learn of
            # the lists (4); the history (7).
            with self.assertNumQueries(36):
                counts.append(self.bulk(*rows))
        self.assertEqual([count["updated"] for count in counts], [2, 10])
        self.assertEqual([count["created"] for count in counts], [2, 10])

    @override_settings(
        OUTBOX_HANDLERS={"stock.low": "custom.outbox.consume", "product.changed": ()}
    )
    def test_low_stock_is_announced_by_one_statement(self) -> None:
        other = StockRecordFactory(
            partner=self.partner, partner_sku="F-2", low_stock_threshold=0
        )
        self.bulk(
            {"partner_sku": "F-1", "num_in_stock": 4},
            {"partner_sku": "F-2", "num_in_stock": 0},
        )
        told = [row.payload["stock_record"] for row in messages()]
        self.assertEqual(told, [self.record.pk, other.pk])
