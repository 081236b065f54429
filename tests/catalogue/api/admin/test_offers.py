from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Permission

from catalogue.models import ProductSummary
from partner.models import StockMovement, StockRecord
from partner.services import add_member, adjust_stock
from tests.catalogue.api.admin.editors import LIST, EditorTestCase, make_editor
from tests.partner.factories import PartnerFactory, StockRecordFactory
from users.models import User


def permit(user: User, *codenames: str) -> User:
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return User.objects.get(pk=user.pk)  # rights are kept by the row


class OfferTests(EditorTestCase):
    """…/variant/{id}/offer/"""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.other = PartnerFactory(code="tapes")
        cls.list = f"{cls.detail}variant/{cls.dvd.pk}/offer/"
        cls.one = f"{cls.list}films/"
        cls.new = f"{cls.list}tapes/"
        cls.trader = permit(cls.editor, "change_stockrecord", "add_stockrecord")

    def setUp(self) -> None:
        self.client.force_authenticate(self.trader)

    def row(self, **changes: object) -> dict[str, Any]:
        return self.variant_row()["offers"][0] | changes

    def offer_tag(self) -> dict[str, str]:
        return {"If-Match": self.client.get(self.one)["ETag"]}

    def test_read(self) -> None:
        self.assertEqual(self.client.get(self.one).json(), self.row())
        self.assertEqual(self.client.get(self.list).json(), {"results": [self.row()]})
        with self.assertNumQueries(2):
            self.client.get(self.list)
        for partner in PartnerFactory.create_batch(5):
            StockRecordFactory(variant=self.dvd, partner=partner)
        with self.assertNumQueries(2):
            self.client.get(self.list)

    def test_made(self) -> None:
        body = {"price": "7.50", "num_in_stock": 3, "reason": "New partner."}
        with self.captureOnCommitCallbacks(execute=True):
            answer = self.client.put(self.new, body, headers={"X-Request-ID": "r"})
        self.assertEqual(answer.status_code, 201, answer.content)
        made = StockRecord.objects.get(partner=self.other)
        wanted = self.row(
            id=made.pk,
            partner="tapes",
            partner_sku="M-DVD",
            price="7.50",
            num_in_stock=3,
        )
        self.assertEqual(answer.json(), wanted)
        self.assertEqual(self.client.get(answer["Location"]).json(), wanted)
        self.assertEqual(
            self.last_step(made), ("New partner.", "api", self.trader.pk, "r")
        )
        movement = made.movements.get()
        self.assertEqual(movement.reason, StockMovement.Reason.INITIAL)
        self.assertEqual(movement.in_stock_delta, 3)
        page = self.client.get("/api/product/metropolis/").json()
        self.assertEqual(page["variants"][0]["price"], "7.50")
        summary = ProductSummary.objects.get(product=self.product)
        self.assertEqual(summary.price_from, Decimal("7.50"))

    def test_changed(self) -> None:
        answer = self.client.put(self.one, {"price": "8.00", "reason": "Sale."})
        self.assertEqual(answer.json(), self.row(price="8.00"))
        self.assertEqual(self.last_step(self.offer)[0], "Sale.")
        counted = {"num_in_stock": 4, "expected": 10}
        answer = self.client.put(self.one, counted)
        self.assertEqual(answer.json(), self.row(price="8.00", num_in_stock=4))
        self.assertEqual(self.offer.movements.count(), 2)

    def test_conditions(self) -> None:
        count = {"num_in_stock": 4}
        answer = self.client.put(self.one, count)
        self.assert_problem(answer, 428, "precondition-required")
        tag = self.offer_tag()
        adjust_stock(self.offer.pk, source="test", delta=1)
        answer = self.client.put(self.one, count, headers=tag)
        self.assert_problem(answer, 412, "precondition-failed")
        answer = self.client.put(self.one, count | {"expected": 10})
        self.assert_problem(answer, 409, "stock-changed")
        price = {"price": "1.00"}
        for path, headers in (
            (self.one, {"If-None-Match": "*"}),
            (self.new, {"If-Match": "*"}),
        ):
            answer = self.client.put(path, price, headers=headers)
            self.assert_problem(answer, 412, "precondition-failed")
        answer = self.client.put(self.one, count, headers=self.offer_tag())
        self.assertEqual(answer.json()["num_in_stock"], 4)

    def test_refused(self) -> None:
        taken = StockRecordFactory(partner=self.partner)
        for path, body, status, code in (
            (self.one, {"price": "8.001"}, 422, "invalid-price"),
            (self.one, {"compare_at_price": "1"}, 422, "invalid-price"),
            (self.one, {"partner_sku": taken.partner_sku}, 409, "sku-taken"),
        ):
            self.assert_problem(self.client.put(path, body), status, code)
        self.assertEqual(
            self.faults(self.client.put(self.new, {})), {("#/price", "required")}
        )
        self.assertEqual(
            self.faults(self.client.put(self.new, {"price": "-1", "cost": 1})),
            {("#/price", "min-value"), ("#/cost", "unknown-field")},
        )
        self.assertEqual(self.client.get(self.list).json(), {"results": [self.row()]})

    def test_who_may_not(self) -> None:
        price = {"price": "1.00"}
        for path in (
            f"{self.list}nobody/",
            f"{self.detail}variant/{self.dvd.pk + 9}/offer/films/",
            f"{LIST}{self.product.pk + 9}/variant/{self.dvd.pk}/offer/films/",
        ):
            self.assert_problem(self.client.put(path, price), 404, "not-found")
            self.assert_problem(self.client.get(path), 404, "not-found")
        editor = make_editor()
        for user, status, code in (
            (editor, 403, "permission-denied"),
            (None, 401, "not-authenticated"),
        ):
            self.client.force_authenticate(user)
            self.assert_problem(self.client.put(self.one, price), status, code)
        self.client.force_authenticate(permit(editor, "change_stockrecord"))
        self.assertEqual(self.client.put(self.one, price).status_code, 200)
        answer = self.client.put(self.new, price)
        self.assert_problem(answer, 403, "permission-denied")
        self.client.force_authenticate(make_editor("Customer service"))
        answer = self.client.get(self.list)
        self.assert_problem(answer, 403, "permission-denied")

    def test_partners_see_and_write_their_own(self) -> None:
        theirs = StockRecordFactory(variant=self.dvd, partner=self.other)
        clerk = make_editor("Partner")
        add_member(partner=self.other, user=clerk)
        self.client.force_authenticate(permit(clerk, "view_product"))
        found = self.client.get(self.list).json()["results"]
        self.assertEqual([each["id"] for each in found], [theirs.pk])
        offers = self.client.get(self.detail).json()["variants"][0]["offers"]
        self.assertEqual([each["id"] for each in offers], [theirs.pk])
        self.assert_problem(self.client.get(self.one), 404, "not-found")
        answer = self.client.put(self.one, {"price": "1.00"})
        self.assert_problem(answer, 404, "not-found")
        answer = self.client.put(self.new, {"price": "1.00"})
        self.assertEqual(answer.json()["price"], "1.00")
