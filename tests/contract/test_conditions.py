"""Which writes take a condition, which demand one, and what each comes to."""

import re
from collections.abc import Callable
from typing import Any, ClassVar, Final, NamedTuple

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import SimpleTestCase, TransactionTestCase
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from rest_framework.response import Response
from rest_framework.test import APIClient, APITestCase

from basket.holders import holder_of_user
from basket.models import BasketLine
from basket.requests import LineRequest
from basket.services import add_line, add_voucher
from partner.models import PartnerMember
from partner.services import add_member
from shop.api.views import build_schema
from tests.address.factories import AddressFactory
from tests.catalogue.factories import picture
from tests.orders.factories import make_offer
from tests.permissions.matrix import read_matrix
from tests.permissions.rows import Caller, Place, make_callers, make_places
from tests.permissions.test_matrix import PARAMETER, address
from tests.processes import race
from tests.promotions.factories import make_voucher
from tests.users.factories import UserFactory

ADDRESS = {
    "first_name": "Ada",
    "last_name": "Byron",
    "line1": "Ring 1",
    "city": "Wien",
    "postcode": "1010",
    "country": "AT",
}
PRODUCT = "admin/product/<int:pk>/"
PARTS = "admin/product/<int:product_id>/"
VARIANT = f"{PARTS}variant/<int:pk>/"
IMAGE = f"{PARTS}image/<int:pk>/"
OFFER = f"{PARTS}variant/<int:variant_id>/offer/<str:partner>/"
STALE = '"stale.0"'
MALFORMED = ("abc", '"abc', 'abc"', '"a" "b"', "W/", '"a b"', '"a", *', "**")


def a_picture() -> bytes:
    """Return a form with a file."""
    file = SimpleUploadedFile("a.png", picture())
    return encode_multipart(BOUNDARY, {"file": file})


class Rule(NamedTuple):
    """A write that takes a condition.

    Attributes:
        caller: Letter of the matrix.
        read: Route whose tag it takes; "." is the same.
        body: What it is sent.
        demands: 428 without one.
    """

    caller: str
    read: str = "."
    body: Any = None
    demands: bool = False


# By hand, as API.md and docs/api/products.md have it.
RULES: Final = {
    "PUT address/<uuid:public_id>/": Rule("C", body=ADDRESS),
    "PATCH address/<uuid:public_id>/": Rule("C", body={"city": "Graz"}),
    "DELETE address/<uuid:public_id>/": Rule("C"),
    "DELETE basket/": Rule("C"),
    "PATCH basket/line/<int:line>/": Rule("C", "basket/", {"quantity": 2}),
    "DELETE basket/line/<int:line>/": Rule("C", "basket/"),
    "DELETE basket/voucher/<str:code>/": Rule("C", "basket/"),
    "PATCH partner/stock/<int:pk>/": Rule("P", body={"num_in_stock": 7}, demands=True),
    f"PATCH {PRODUCT}": Rule("R", body={"title": "Other"}, demands=True),
    f"DELETE {PRODUCT}": Rule("R", demands=True),
    "PUT admin/product/by-external-id/<path:external_id>/": Rule(
        "R", body={"title": "Other"}
    ),
    f"POST {PARTS}variant/": Rule("R", PRODUCT, {"sku": "NEW-1"}),
    f"PUT {PARTS}variant/by-sku/<path:sku>/": Rule("R", PRODUCT, {"title": "Other"}),
    f"PATCH {VARIANT}": Rule("R", body={"title": "Other"}, demands=True),
    f"DELETE {VARIANT}": Rule("R", demands=True),
    f"PUT {OFFER}": Rule("R", body={"num_in_stock": 7}, demands=True),
    f"POST {PARTS}image/": Rule("R", PRODUCT, a_picture),
    f"PATCH {IMAGE}": Rule("R", body={"alt": "Other"}, demands=True),
    f"DELETE {IMAGE}": Rule("R", demands=True),
}
# What is offered, or a last variant, stays: the condition is judged before.
KEPT = {f"DELETE {PRODUCT}": 409, f"DELETE {VARIANT}": 422}
# They make something new, move by lawful steps, or end what has one state.
UNCONDITIONAL: Final = frozenset(
    """
    POST user/
    POST user/verify/
    POST user/verify/resend/
    POST user/login/
    POST user/logout/
    POST user/logout-all/
    PATCH user/me/
    DELETE user/me/
    POST user/erasure/withdraw/
    POST user/unlock/
    DELETE user/token/<int:pk>/
    POST user/key/
    DELETE user/key/<int:pk>/
    POST user/email/change/
    POST user/email/change/confirm/
    POST user/email/change/stop/
    POST user/password/change/
    POST user/password/reset/
    POST user/password/reset/confirm/
    POST product/<str:key>/review/
    POST admin/product/
    POST admin/product/bulk/
    POST address/
    POST basket/line/
    POST basket/voucher/
    POST order/
    POST order/quote/
    POST order/guest/data/
    POST order/guest/data/export/
    POST order/guest/data/erase/
    POST order/<str:key>/payment/
    POST order/<str:key>/cancel/
    POST order/<str:key>/return/
    POST partner/stock/
    POST partner/stock/bulk/
    POST partner/order/<str:key>/ship/
    POST partner/order/<str:key>/deliver/
    """.strip().splitlines()
)


class TableTests(SimpleTestCase):
    """The table, held against the addresses there are and their description"""

    def test_it_knows_every_write(self) -> None:
        entries = read_matrix()
        writes = {f"{e.method} {e.route}" for e in entries if e.method != "GET"}
        known = [*RULES, *(each.strip() for each in UNCONDITIONAL)]
        self.assertEqual(sorted(writes), sorted(known))

    def test_the_document_says_the_same(self) -> None:
        asked, demanded = set(), set()
        for path, operations in build_schema("1")["paths"].items():
            route = PARAMETER.sub("{}", path.removeprefix("/api/"))
            for method, operation in operations.items():
                name = f"{method.upper()} {_bare(route)}"
                named = {each.get("name") for each in operation["parameters"]}
                if "If-Match" in named:
                    asked.add(name)
                    self.assertIn("412", operation["responses"], name)
                if "428" in operation["responses"]:
                    demanded.add(name)
        self.assertEqual(asked, {_bare(name) for name in RULES})
        wanted = {_bare(name) for name, rule in RULES.items() if rule.demands}
        self.assertEqual(demanded, wanted)


def _bare(name: str) -> str:
    """Return a route with no names in it, whichever way they are written."""
    blank = PARAMETER.sub("{}", name)
    return "/".join("{}" if part.startswith("{") else part for part in blank.split("/"))


def make_rows() -> tuple[dict[str, Caller], dict[str, Place]]:
    """Store who calls and what for, with a voucher in the customer's basket."""
    callers = make_callers()
    places = make_places(callers)
    make_voucher("SPRING")
    add_voucher(holder_of_user(callers["C"].user), "SPRING")
    return callers, places


def _test_of(name: str) -> Callable[["ConditionTests"], None]:
    def test(self: "ConditionTests") -> None:
        self.walk(name)

    return test


class ConditionTests(APITestCase):
    """Makes every write of the table on conditions that hold and others"""

    callers: ClassVar[dict[str, Caller]]
    places: ClassVar[dict[str, Place]]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.callers, cls.places = make_rows()

    def send(self, name: str, condition: str | None) -> Response:
        """Make the write of a rule."""
        method, route = name.split(" ")
        rule = RULES[name]
        body = rule.body() if callable(rule.body) else rule.body
        place = self.places.get(route, Place((), ()))
        headers = {} if condition is None else {"If-Match": condition}
        send = getattr(self.client, method.lower())
        return send(
            address(route, place.there),
            body,
            **({"content_type": MULTIPART_CONTENT} if callable(rule.body) else {}),
            headers=headers,
        )

    def read(self, name: str) -> Response:
        """Read what a rule's write is about."""
        route = name.split(" ")[1]
        wanted = route if RULES[name].read == "." else RULES[name].read
        return self.client.get(
            address(wanted, self.places.get(wanted, Place((), ())).there)
        )

    def walk(self, name: str) -> None:
        """Hold one write against every condition there can be."""
        rule = RULES[name]
        self.client.force_authenticate(self.callers[rule.caller].user)
        before = self.read(name)
        tag = before["ETag"]
        state = tag.strip('"').rpartition(".")[0]
        for condition in (tag, f"W/{tag}", f"{STALE}, W/{tag}", f", {tag} ,", "*"):
            self.attempt(name, condition, KEPT.get(name), tag)
        for condition in (None, "", " "):
            unless = 428 if rule.demands else KEPT.get(name)
            self.attempt(name, condition, unless, tag)
        for condition in (
            STALE,
            f'{STALE}, W/"x"',
            f'"{state}0.1"',
            '"*"',
            f'"{state}"',
        ):
            self.attempt(name, condition, 412, tag)
        for condition in MALFORMED:
            answer = self.attempt(name, condition, 400, tag)
            (fault,) = answer.json()["errors"]
            told = (fault["pointer"], fault["code"])
            self.assertEqual(told, ("#/header/If-Match", "if-match-invalid"))
        self.assertEqual(self.read(name).content, before.content)

    def attempt(
        self, name: str, condition: str | None, refusal: int | None, tag: str
    ) -> Response:
        """Make a write that is let in, or refused with a status; then undo it."""
        before = self.read(name).content
        mark = transaction.savepoint()
        with self.subTest(name, condition=condition):
            answer = self.send(name, condition)
            if refusal is None:
                self.assertLess(answer.status_code, 300, answer.content)
                if not name.startswith("DELETE"):  # what was seen is gone
                    again = self.send(name, tag)
                    self.assertEqual(again.status_code, 412, again.content)
            else:
                self.assertEqual(answer.status_code, refusal, answer.content)
                self.assertEqual(self.read(name).content, before)
        transaction.savepoint_rollback(mark)
        return answer


for _name in RULES:
    _words = re.sub(r"\W+", "_", _name).strip("_").lower()
    setattr(ConditionTests, f"test_{_words}", _test_of(_name))


class RaceTests(TransactionTestCase):
    """Several processes write what they have all read: one of them wins"""

    def setUp(self) -> None:
        self.user = UserFactory(is_staff=True, is_superuser=True)
        self.client = APIClient()
        self.client.force_authenticate(self.user)

    def assert_one_wins(self, method: str, path: str, name: str, values: Any) -> None:  # noqa: ANN401
        """Let each process write a value of its own to a path that shows it."""
        tag = self.client.get(path)["ETag"]
        outcomes = race(
            "tests.contract.racers.write",
            [
                {
                    "user": self.user.pk,
                    "method": method,
                    "path": path,
                    "body": {name: value},
                    "tag": tag,
                }
                for value in values
            ],
        )
        self.assertEqual([each.detail for each in outcomes if each.error], [])
        statuses = [each.value for each in outcomes]
        self.assertEqual(sorted(statuses), [200] + [412] * (len(values) - 1))
        won = values[statuses.index(200)]
        self.assertEqual(self.client.get(path).json()[name], won)

    def test_address(self) -> None:
        path = f"/api/address/{AddressFactory(user=self.user).public_id}/"
        self.assert_one_wins("patch", path, "city", ["Graz", "Krems", "Wels", "Steyr"])

    def test_stock(self) -> None:
        offer = make_offer()
        add_member(
            partner=offer.partner, user=self.user, role=PartnerMember.Role.MANAGER
        )
        path = f"/api/partner/stock/{offer.pk}/"
        self.assert_one_wins("patch", path, "num_in_stock", [21, 22, 23, 24])

    def test_product(self) -> None:
        path = f"/api/admin/product/{make_offer().variant.product_id}/"
        self.assert_one_wins("patch", path, "title", ["A", "B", "C", "D"])

    def test_basket_line(self) -> None:
        holder = holder_of_user(self.user)
        add_line(holder, LineRequest(make_offer(num_in_stock=99).variant_id, 1))
        line = BasketLine.objects.get().pk
        tag = self.client.get("/api/basket/")["ETag"]
        outcomes = race(
            "tests.contract.racers.write",
            [
                {
                    "user": self.user.pk,
                    "method": "patch",
                    "path": f"/api/basket/line/{line}/",
                    "body": {"quantity": units},
                    "tag": tag,
                }
                for units in (2, 3, 4, 5)
            ],
        )
        self.assertEqual([each.detail for each in outcomes if each.error], [])
        statuses = [each.value for each in outcomes]
        self.assertEqual(sorted(statuses), [200, 412, 412, 412])
        won = statuses.index(200) + 2
        self.assertEqual(BasketLine.objects.get().quantity, won)
