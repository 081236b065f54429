import io
import json
import re
import zipfile
from datetime import timedelta

import time_machine
from django.core import mail
from django.db import connection
from django.test import TestCase, TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse_lazy
from django.utils import timezone
from rest_framework.test import APITestCase

from custom.models import OutboxMessage
from orders.links import GUEST_DATA
from orders.models import Order
from orders.services import claim_guest_orders, erase_guest, issue_invoice
from promotions.codes import customer_key
from promotions.models import VoucherRedemption
from tests.custom.throttling.limits import FreshLimits
from tests.orders.factories import make_offer
from tests.orders.stories import delivered, placed, run_outbox
from tests.outbox import messages
from tests.privacy.people import EMAIL, NEEDLES, PARTS, find
from tests.processes import race
from tests.promotions.factories import make_voucher
from tests.users.factories import UserFactory
from users.models import Erasure
from users.services import advance_erasures

TOKEN = re.compile(r"^[0-9a-f]{32}\.\S+$", re.MULTILINE)
WORDS = {"shipping_address": PARTS, "billing_address": PARTS, "note": "Ring, Zebulon"}
AT_ONCE = override_settings(ERASURE_SETTLE_SECONDS=0)


def order_of_guest(email: str = EMAIL) -> Order:
    """Return a guest's order that has come to its end, its mails sent."""
    order = delivered((make_offer(num_in_stock=9), 1), guest_email=email, **WORDS)
    Order.objects.filter(pk=order.pk).update(status="completed")
    run_outbox()
    mail.outbox.clear()
    return order


class AskTests(FreshLimits, APITestCase):
    """POST /api/order/guest/data/"""

    url = reverse_lazy("orders:guest-data")

    def test_a_guest_is_mailed_a_token(self) -> None:
        order = order_of_guest("Ada@example.com")
        order_of_guest("other@example.com")
        with override_settings(GUEST_DATA_LINK="https://app.example/d?t={token}"):
            answer = self.client.post(self.url, {"email": "ada@EXAMPLE.com"})
            self.assertEqual((answer.status_code, answer.content), (204, b""))
            run_outbox()
        (sent,) = mail.outbox
        self.assertEqual(sent.to, ["Ada@example.com"])
        (token,) = TOKEN.findall(sent.body)
        self.assertEqual(GUEST_DATA.find(token, Order.objects.all()), order)
        for text in (sent.body, sent.alternatives[0][0]):
            self.assertIn(f"https://app.example/d?t={token}", text)
            self.assertNotIn("Zebulon", text)

    def test_nothing_tells_whether_there_are_orders(self) -> None:
        order_of_guest("ada@example.com")
        before = OutboxMessage.objects.count()
        traces = []
        emails = ("ada@example.com", "nobody@example.com", "\u200b", "x")
        for number, email in enumerate(emails):
            here = f"192.0.2.{number}"  # one address has one allowance
            with CaptureQueriesContext(connection) as asked:
                answer = self.client.post(self.url, {"email": email}, REMOTE_ADDR=here)
            headers = {k: v for k, v in answer.headers.items() if k != "X-Request-ID"}
            shape = [re.sub(r"'[^']*'|\d+", "?", each["sql"]) for each in asked]
            traces.append((answer.status_code, answer.content, headers, shape))
        self.assertEqual(traces, [traces[0]] * 4)
        self.assertEqual(OutboxMessage.objects.count(), before + 4)
        run_outbox()
        self.assertEqual(len(mail.outbox), 1)

    def test_look_alikes_are_other_peoples(self) -> None:
        order_of_guest("ada@strasse.example")
        for email in ("ada@straße.example", "adá@strasse.example"):
            self.client.post(self.url, {"email": email})
        run_outbox()
        self.assertEqual(mail.outbox, [])

    @override_settings(RATE_PASSWORD_RESET="2/hour")
    def test_asking_is_limited_by_address_whether_it_is_known_or_not(self) -> None:
        order_of_guest("ada@example.com")
        for email in ("ada@example.com", "nobody@example.com"):
            codes = [
                self.client.post(
                    self.url, {"email": email}, REMOTE_ADDR=f"192.0.2.{number}"
                ).status_code
                for number in range(3)
            ]
            self.assertEqual(codes, [204, 204, 429], email)

    def test_bad_bodies(self) -> None:
        for body, pointer in (
            ({}, "#/email"),
            ({"email": ""}, "#/email"),
            ({"email": "a@b.example", "order": "1"}, "#/order"),
        ):
            answer = self.client.post(self.url, body)
            self.assertEqual(answer.status_code, 400)
            self.assertEqual(answer.json()["errors"][0]["pointer"], pointer)

    def test_an_order_that_was_claimed_meanwhile_is_not_told_of(self) -> None:
        order = order_of_guest("ada@example.com")
        self.client.post(self.url, {"email": "ada@example.com"})
        Order.objects.filter(pk=order.pk).update(user=UserFactory(), guest_email="")
        run_outbox()
        self.assertEqual(mail.outbox, [])


class TokenTests:
    """What every address that takes the token refuses; for test cases with a ``url``"""

    def test_tokens_that_open_nothing(self) -> None:
        order = order_of_guest()
        token = GUEST_DATA.make(order)
        for wrong in ("x", token[:-1], f"{order.public_id.hex}.x"):
            self.assert_refused(wrong)
        with time_machine.travel(timezone.now() + timedelta(days=1, seconds=2)):
            self.assert_refused(token)
        owner = UserFactory(email=EMAIL, email_verified_at=timezone.now())
        claim_guest_orders(owner.public_id)
        self.assert_refused(token)
        self.assertFalse(Erasure.objects.exists())

    def assert_refused(self, token: str) -> None:
        answer = self.client.post(self.url, {"token": token})
        self.assertEqual(answer.status_code, 422, token)
        self.assertEqual(answer.json()["code"], "link-invalid")
        self.assertEqual(answer.json()["errors"][0]["pointer"], "#/token")

    def test_a_body_without_a_token(self) -> None:
        answer = self.client.post(self.url, {})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(answer.json()["errors"][0]["pointer"], "#/token")


@override_settings(RATE_EXPORT="")
class ExportTests(TokenTests, APITestCase):
    """POST /api/order/guest/data/export/"""

    url = reverse_lazy("orders:guest-export")

    def files(self, token: str) -> dict[str, str]:
        answer = self.client.post(self.url, {"token": token})
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/zip")
        self.assertEqual(answer.headers["Cache-Control"], "private, no-store")
        archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        return {name: archive.read(name).decode() for name in archive.namelist()}

    def test_orders_of_the_address_and_of_nobody_else(self) -> None:
        order = order_of_guest()
        order_of_guest("other@example.com")
        of_account = delivered(
            (make_offer(num_in_stock=9), 1), user=UserFactory(email=EMAIL), **WORDS
        )
        for _ in range(2):  # it may be read again
            files = self.files(GUEST_DATA.make(order))
        (told,) = json.loads(files["orders.json"])
        self.assertEqual(told["number"], order.number)
        self.assertEqual(told["shipping_address"]["last_name"], "Quarrington")
        self.assertEqual(len(json.loads(files["order_lines.json"])), 1)
        self.assertNotIn(of_account.number, "".join(files.values()))
        self.assertNotIn("account.json", files)
        self.assertNotIn("password", files["README.txt"])

    @override_settings(RATE_EXPORT="1/hour")
    def test_it_is_limited(self) -> None:
        token = GUEST_DATA.make(order_of_guest())
        codes = [
            self.client.post(self.url, {"token": token}).status_code for _ in range(2)
        ]
        self.assertEqual(codes, [200, 429])


class ErasureTests(TokenTests, APITestCase):
    """POST /api/order/guest/data/erase/"""

    url = reverse_lazy("orders:guest-erasure")

    def ask(self, order: Order) -> dict[str, object]:
        answer = self.client.post(self.url, {"token": GUEST_DATA.make(order)})
        self.assertEqual(answer.status_code, 202, answer.content)
        return answer.json()

    def test_it_is_noted_once(self) -> None:
        order = order_of_guest()
        told = self.ask(order)
        erasure = Erasure.objects.get()
        self.assertEqual(
            told,
            {
                "id": str(erasure.public_id),
                "requested_at": f"{erasure.asked_at:%Y-%m-%dT%H:%M:%SZ}",
                "due_at": f"{erasure.asked_at:%Y-%m-%dT%H:%M:%SZ}",
                "waits_for": [],
            },
        )
        self.assertEqual((erasure.user, erasure.mail_to), (None, EMAIL))
        self.assertEqual(self.ask(order), told)

    @AT_ONCE
    def test_nothing_but_the_address_of_an_invoice_is_left(self) -> None:
        order, other = order_of_guest(), order_of_guest("other@example.com")
        issue_invoice(order.pk)
        VoucherRedemption.objects.create(
            voucher=make_voucher("TENTH"),
            order=order.public_id,
            customer=customer_key(None, EMAIL),
        )
        Order.objects.filter(pk=other.pk).update(
            shipping_address={}, billing_address={}, note=""
        )
        amounts = Order.objects.values_list("total_amount", "paid_amount", "number")
        before = list(amounts)
        self.ask(order)
        self.assertEqual(advance_erasures(), 1)
        mail.outbox.clear()
        run_outbox()
        for needle in NEEDLES:
            self.assertEqual(find(needle), {"orders_order.billing_address": 1}, needle)
        self.assertEqual(list(amounts), before)
        other.refresh_from_db()
        self.assertEqual(other.guest_email, "other@example.com")
        self.assertEqual(VoucherRedemption.objects.get().customer, "erased")
        erasure = Erasure.objects.get()
        self.assertEqual(
            (erasure.state, erasure.guest, erasure.mail_to), ("done", None, "")
        )
        (receipt,) = mail.outbox
        self.assertEqual(receipt.to, [EMAIL])
        self.assertIn(str(erasure.public_id), receipt.body)
        self.assertIn("what your orders at", receipt.body)
        self.assertIn("Your orders. (1)", receipt.body)
        kept = {each["name"]: each["rows"] for each in erasure.receipt["kept"]}
        self.assertEqual((kept["orders"], kept["invoices"]), (1, 1))

    @AT_ONCE
    def test_what_is_under_way_is_waited_for_and_what_comes_later_is_not_meant(
        self,
    ) -> None:
        order = placed((make_offer(num_in_stock=3), 1), guest_email=EMAIL, **WORDS)
        told = self.ask(order)
        self.assertEqual(told["waits_for"], [f"Order {order.number} is under way."])
        later = placed((make_offer(num_in_stock=3), 1), guest_email=EMAIL, **WORDS)
        self.assertEqual(advance_erasures(), 0)
        Order.objects.filter(pk=order.pk).update(status="completed")
        self.assertEqual(advance_erasures(), 1)
        order.refresh_from_db()
        later.refresh_from_db()
        self.assertEqual((order.guest_email, order.note), ("", ""))
        self.assertEqual((later.guest_email, later.note), (EMAIL, "Ring, Zebulon"))

    @AT_ONCE
    def test_wishes_of_look_alikes_are_two(self) -> None:
        orders = [
            order_of_guest(f"ada@{name}.example") for name in ("strasse", "straße")
        ]
        told = [self.ask(order)["id"] for order in orders]
        self.assertEqual(len(set(told)), 2)
        self.assertEqual(advance_erasures(), 2)
        run_outbox()
        left = Order.objects.values_list("guest_email", flat=True)
        self.assertEqual(set(left), {""})
        self.assertEqual(
            {to for each in mail.outbox for to in each.to},
            {"ada@strasse.example", "ada@straße.example"},
        )

    def test_a_token_proves_no_address_that_looks_like_its_end(self) -> None:
        """An order's key and address are signed one behind the other"""
        own = Order(pk=4, guest_email="2ada@example.com")
        other = Order(pk=42, guest_email="ada@example.com")
        self.assertFalse(GUEST_DATA.check_token(other, GUEST_DATA.make_token(own)))

    @AT_ONCE
    def test_an_account_of_the_address_is_not_touched(self) -> None:
        order = order_of_guest()
        user = UserFactory(email=EMAIL, first_name="Zebulon")
        self.ask(order)
        self.assertEqual(advance_erasures(), 1)
        run_outbox()
        user.refresh_from_db()
        self.assertEqual(
            (user.email, user.first_name, user.is_active), (EMAIL, "Zebulon", True)
        )

    @AT_ONCE
    def test_the_token_ends_with_it(self) -> None:
        order = order_of_guest()
        token = GUEST_DATA.make(order)
        self.ask(order)
        advance_erasures()
        self.assertEqual(
            self.client.post(self.url, {"token": token}).json()["code"], "link-invalid"
        )
        self.assertEqual(Erasure.objects.count(), 1)


class StaffPageTests(TestCase):
    """A guest's erasure in the admin"""

    def test_it_is_shown(self) -> None:
        order = placed((make_offer(num_in_stock=3), 1), guest_email=EMAIL)
        erase_guest(GUEST_DATA.make(order))
        erasure = Erasure.objects.get()
        self.client.force_login(UserFactory(is_staff=True, is_superuser=True))
        page = self.client.get(f"/admin/users/erasure/{erasure.pk}/change/")
        self.assertContains(page, f"Order {order.number} is under way.")
        self.assertEqual(self.client.get("/admin/users/erasure/").status_code, 200)


class RaceTests(TransactionTestCase):
    """One token, sent by many at once"""

    def test_there_is_one_erasure(self) -> None:
        order = order_of_guest()
        call = {"token": GUEST_DATA.make(order)}
        outcomes = race("tests.privacy.racers.forget_guest", [call] * 6)
        self.assertEqual([each.error for each in outcomes], [None] * 6)
        self.assertEqual(len({each.value for each in outcomes}), 1)
        self.assertEqual(Erasure.objects.count(), 1)
        self.assertFalse(messages().filter(topic="user.erased").exists())
