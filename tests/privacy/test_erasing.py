from datetime import timedelta

import time_machine
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import TestCase, TransactionTestCase, override_settings
from django.utils import timezone

from custom.models import OutboxMessage
from custom.privacy.holdings import holdings
from orders.models import Order
from orders.services import forget_buyers
from orders.services.forgetting import books_end
from reviews.models import Review
from tests.orders.factories import make_offer
from tests.orders.stories import placed, receive, run_outbox, ship_all
from tests.privacy.people import EMAIL, NEEDLES, PARTS, find, make_customer
from tests.processes import Running, race
from tests.users.factories import PASSWORD, UserFactory, create_token
from users.errors import (
    AccountClosedError,
    LinkInvalidError,
    PasswordWrongError,
    StaffErasureError,
)
from users.links import ERASURE
from users.models import AuthToken, Erasure, User
from users.selectors import person_of
from users.services import (
    advance_erasures,
    close_account,
    erase_user,
    request_erasure,
    start_erasure,
    withdraw_erasure,
)

AT_ONCE = override_settings(ERASURE_GRACE_DAYS=0, ERASURE_SETTLE_SECONDS=0)


class WholeCustomerTests(TestCase):
    """A customer with everything is erased"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = make_customer()

    def erase(self) -> Erasure:
        with AT_ONCE:
            erasure = request_erasure(self.user, password=PASSWORD, address="192.0.2.1")
            self.assertEqual(advance_erasures(), 1)
        erasure.refresh_from_db()
        return erasure

    def test_the_seed_is_found_before(self) -> None:
        for needle in NEEDLES:
            self.assertNotEqual(find(needle), {}, needle)
        person = self.user
        self.assertGreater(len(find("zebulon")), 8, person)

    def test_nothing_but_the_address_of_an_invoice_is_left_in_the_database(
        self,
    ) -> None:
        self.erase()
        run_outbox()
        for needle in NEEDLES:
            with self.subTest(needle):
                self.assertEqual(find(needle), {"orders_order.billing_address": 1})

    def test_of_what_is_said_to_be_deleted_no_row_is_left(self) -> None:
        person = person_of(self.user)
        deleted = [each for each in holdings() if each.erasure.startswith("Deleted")]
        self.assertTrue(any(each.rows(person).exists() for each in deleted))
        self.erase()
        for each in deleted:
            with self.subTest(each.model):
                self.assertFalse(each.rows(person).exists())

    def test_every_way_in_ends_before_anything_is_erased(self) -> None:
        create_token(self.user)
        self.client.force_login(self.user)
        with override_settings(ERASURE_GRACE_DAYS=0):
            erasure = request_erasure(self.user, password=PASSWORD, address="192.0.2.1")
        self.assertTrue(close_account(erasure.pk))
        self.assertFalse(AuthToken.objects.filter(user=self.user).exists())
        self.assertEqual(self.client.get("/api/user/me/").status_code, 401)
        closed = User.objects.get(pk=self.user.pk)
        self.assertFalse(closed.is_active)
        self.assertEqual(closed.email, EMAIL)

    def test_what_it_might_do_is_taken_away(self) -> None:
        self.user.groups.add(Group.objects.first())
        self.user.user_permissions.add(Permission.objects.first())
        self.erase()
        erased = User.objects.get(pk=self.user.pk)
        self.assertFalse(erased.groups.exists())
        self.assertFalse(erased.user_permissions.exists())
        self.assertFalse(erased.has_usable_password())

    def test_nothing_at_all_is_left_when_the_books_have_ended(self) -> None:
        self.erase()
        run_outbox()
        (kept,) = Order.objects.filter(user=self.user, erased_at__isnull=True)
        self.assertEqual(kept.billing_address, PARTS)
        with time_machine.travel(books_end(kept.placed_at) + timedelta(hours=1)):
            forget_buyers([kept.pk], keep_books=False)
        for needle in NEEDLES:
            self.assertEqual(find(needle), {}, needle)

    def test_the_books_are_as_they_were(self) -> None:
        amounts = (
            "number",
            "status",
            "total_amount",
            "paid_amount",
            "refunded_amount",
            "included_tax",
            "placed_at",
            "user_id",
            "lines__title",
            "lines__line_total",
        )
        rows = Order.objects.order_by("pk", "lines__position").values(*amounts)
        before = list(rows)
        points = list(Review.objects.values_list("rating", "state", "product"))
        self.erase()
        self.assertEqual(list(rows), before)
        self.assertEqual(
            list(Review.objects.values_list("rating", "state", "product")), points
        )
        for order in Order.objects.filter(user=self.user):
            self.assertEqual(order.shipping_address["country"], "AT")
            self.assertEqual(set(order.shipping_address), set(PARTS))

    def test_the_receipt_is_mailed_to_the_old_address_and_names_nobody(self) -> None:
        mail.outbox.clear()
        erasure = self.erase()
        self.assertEqual(erasure.mail_to, EMAIL)
        run_outbox()
        receipt = mail.outbox[-1]
        self.assertEqual(receipt.to, [EMAIL])
        self.assertIn(str(erasure.public_id), receipt.body)
        self.assertIn("Your address book. (1)", receipt.body)
        erasure.refresh_from_db()
        self.assertEqual(erasure.mail_to, "")
        erased = {each["name"]: each["rows"] for each in erasure.receipt["erased"]}
        self.assertEqual(erased["addresses"], 1)
        self.assertEqual(erased["orders"], 3)
        self.assertEqual(erased["reviews"], 1)
        kept = {each["name"]: each for each in erasure.receipt["kept"]}
        self.assertEqual(kept["invoices"]["rows"], 1)
        year = timezone.now().year + 11
        self.assertEqual(kept["orders"]["until"], f"{year}-01-01")

    def test_every_kind_is_in_the_seed(self) -> None:
        """So that the search above proves something about each."""
        erasure = self.erase()
        told = {each["name"] for each in erasure.receipt["erased"]}
        told |= {each["name"] for each in erasure.receipt["kept"]}
        elsewhere = {"imports", "staff_log"}  # of the staff, who are not erased
        expected = {each.name for each in holdings() if each.erase or each.kept}
        self.assertEqual(expected - told - elsewhere, set())

    def test_the_account_opens_nothing(self) -> None:
        token = create_token(self.user)[1]
        self.erase()
        self.user.refresh_from_db()
        self.assertEqual(self.user.email.partition("@")[2], "erased.invalid")
        self.assertEqual(self.user.email_normalized, self.user.email)
        self.assertFalse(self.user.is_active)
        self.assertFalse(self.user.has_usable_password())
        self.assertFalse(AuthToken.objects.filter(user=self.user).exists())
        headers = {"Authorization": f"Token {token}"}
        self.assertEqual(
            self.client.get("/api/user/me/", headers=headers).status_code, 401
        )
        body = {"email": EMAIL, "password": PASSWORD}
        answer = self.client.post(
            "/api/user/login/", body, content_type="application/json"
        )
        self.assertEqual(answer.status_code, 401)

    def test_the_address_may_be_registered_again(self) -> None:
        self.erase()
        self.assertNotEqual(UserFactory(email=EMAIL).pk, self.user.pk)

    def test_erasing_again_changes_nothing(self) -> None:
        erasure = self.erase()
        run_outbox()
        before = User.objects.values().get(pk=self.user.pk), erasure.receipt
        messages = OutboxMessage.objects.count()
        erase_user(erasure.pk)
        erasure.refresh_from_db()
        self.assertEqual(
            (User.objects.values().get(pk=self.user.pk), erasure.receipt), before
        )
        self.assertEqual(OutboxMessage.objects.count(), messages)

    def test_others_keep_what_is_theirs(self) -> None:
        other = UserFactory(email="other@example.com", first_name="Grace")
        order = placed((make_offer(num_in_stock=3), 1), user=other)
        self.erase()
        order.refresh_from_db()
        self.assertEqual(order.billing_address["last_name"], "Lovelace")
        other.refresh_from_db()
        self.assertEqual((other.first_name, other.is_active), ("Grace", True))


class ErasureTests(TestCase):
    """users.services.erasing"""

    def setUp(self) -> None:
        self.user = UserFactory(email="ada@example.com")

    def test_it_is_asked_for_once(self) -> None:
        first = request_erasure(self.user, password=PASSWORD, address="192.0.2.1")
        again = request_erasure(self.user, password=PASSWORD, address="192.0.2.1")
        self.assertEqual(first, again)
        self.assertEqual(Erasure.objects.count(), 1)
        self.assertEqual((first.due_at - first.asked_at).days, 14)
        self.assertEqual(
            OutboxMessage.objects.filter(topic="user.erasure_asked").count(), 1
        )

    def ask(self) -> Erasure:
        return request_erasure(self.user, password=PASSWORD, address="192.0.2.1")

    def told(self) -> int:
        return OutboxMessage.objects.filter(topic="user.erasure_asked").count()

    def test_asked_again_it_is_told_again_but_not_too_often(self) -> None:
        moment = timezone.now()
        with time_machine.travel(moment, tick=False):
            lost = ERASURE.make(self.ask())
        with time_machine.travel(moment + timedelta(minutes=9), tick=False):
            self.assertEqual(ERASURE.make(self.ask()), lost)
        self.assertEqual(self.told(), 1)
        with time_machine.travel(moment + timedelta(minutes=10), tick=False):
            again = self.ask()
        self.assertEqual(self.told(), 2)
        self.assertEqual(again.due_at, moment + timedelta(days=14))
        again.refresh_from_db()
        with self.assertRaises(LinkInvalidError):
            withdraw_erasure(lost)
        self.assertEqual(withdraw_erasure(ERASURE.make(again)), again)

    def test_the_password_is_still_the_one_that_was_checked(self) -> None:
        """Another was set between the check and the lock."""
        User.objects.filter(pk=self.user.pk).update(password=make_password("another"))
        with self.assertRaises(PasswordWrongError):
            self.ask()
        self.assertFalse(Erasure.objects.exists())

    @AT_ONCE
    def test_who_has_been_erased_is_not_erased_again(self) -> None:
        self.ask()
        advance_erasures()
        with self.assertRaises(AccountClosedError):
            start_erasure(self.user)
        self.assertEqual((Erasure.objects.count(), self.told()), (1, 1))

    def test_a_closing_account_is_not_told_again(self) -> None:
        with override_settings(ERASURE_GRACE_DAYS=0):
            erasure = start_erasure(self.user)
        self.assertTrue(close_account(erasure.pk))
        with time_machine.travel(timezone.now() + timedelta(hours=1)):
            self.assertEqual(start_erasure(self.user), erasure)
        self.assertEqual(self.told(), 1)

    def test_a_wrong_password_changes_nothing(self) -> None:
        with self.assertRaises(PasswordWrongError):
            request_erasure(self.user, password="guess", address="192.0.2.1")
        self.assertFalse(Erasure.objects.exists())

    def test_staff_are_refused(self) -> None:
        clerk = UserFactory(is_staff=True)
        with self.assertRaises(StaffErasureError):
            request_erasure(clerk, password=PASSWORD, address="192.0.2.1")
        self.assertFalse(Erasure.objects.exists())

    def test_the_mail_has_the_way_back(self) -> None:
        erasure = request_erasure(self.user, password=PASSWORD, address="192.0.2.1")
        order = placed((make_offer(num_in_stock=3), 1), user=self.user)
        mail.outbox.clear()
        with override_settings(ERASURE_WITHDRAW_LINK="https://app.example/?t={token}"):
            run_outbox()
        told = next(each for each in mail.outbox if "will be erased" in each.subject)
        token = ERASURE.make(erasure)
        self.assertIn(f"https://app.example/?t={token}", told.body)
        self.assertIn(f"Order {order.number} is under way.", told.body)
        withdraw_erasure(token)
        withdraw_erasure(token)
        erasure.refresh_from_db()
        self.assertEqual((erasure.state, erasure.is_open), ("withdrawn", None))
        with time_machine.travel(timezone.now() + timedelta(days=15)):
            self.assertEqual(advance_erasures(), 0)
        self.user.refresh_from_db()
        self.assertTrue(self.user.is_active)

    def test_it_may_be_asked_for_anew_after_it_was_withdrawn(self) -> None:
        erasure = request_erasure(self.user, password=PASSWORD, address="192.0.2.1")
        withdraw_erasure(ERASURE.make(erasure))
        self.assertNotEqual(
            request_erasure(self.user, password=PASSWORD, address="192.0.2.1"), erasure
        )

    def test_other_tokens_withdraw_nothing(self) -> None:
        erasure = request_erasure(self.user, password=PASSWORD, address="192.0.2.1")
        good = ERASURE.make(erasure)
        for bad in ("", "x", good[:-1], "0" * 32 + good[32:], good + "0"):
            with self.subTest(bad), self.assertRaises(LinkInvalidError):
                withdraw_erasure(bad)

    def test_a_closed_account_is_not_withdrawn(self) -> None:
        with AT_ONCE:
            erasure = start_erasure(self.user)
        self.assertTrue(close_account(erasure.pk))
        with self.assertRaises(LinkInvalidError):
            withdraw_erasure(ERASURE.make(erasure))

    def test_nothing_happens_before_it_is_due(self) -> None:
        request_erasure(self.user, password=PASSWORD, address="192.0.2.1")
        advance_erasures()
        self.user.refresh_from_db()
        self.assertTrue(self.user.is_active)

    def test_a_closed_account_waits_until_requests_are_over(self) -> None:
        with override_settings(ERASURE_GRACE_DAYS=0):
            start_erasure(self.user)
        self.assertEqual(advance_erasures(), 0)
        self.user.refresh_from_db()
        self.assertEqual(
            (self.user.is_active, self.user.email), (False, "ada@example.com")
        )
        with time_machine.travel(timezone.now() + timedelta(seconds=61)):
            self.assertEqual(advance_erasures(), 1)

    @AT_ONCE
    def test_an_order_under_way_is_waited_for(self) -> None:
        order = placed((make_offer(num_in_stock=3), 1), user=self.user)
        erasure = start_erasure(self.user)
        self.assertEqual(advance_erasures(), 0)
        self.user.refresh_from_db()
        self.assertTrue(self.user.is_active)
        receive(order)
        self.assertEqual(advance_erasures(), 0)
        for shipment in ship_all(order):
            Order.objects.filter(pk=shipment.order_id).update(status="completed")
        self.assertEqual(advance_erasures(), 1)
        erasure.refresh_from_db()
        self.assertEqual(erasure.state, "done")

    @AT_ONCE
    def test_who_has_become_staff_is_not_closed(self) -> None:
        erasure = start_erasure(self.user)
        for column in ("is_staff", "is_superuser"):
            User.objects.filter(pk=self.user.pk).update(**{column: True})
            self.assertEqual(advance_erasures(), 0)
            erasure.refresh_from_db()
            self.assertEqual(erasure.state, "asked")
            User.objects.filter(pk=self.user.pk).update(**{column: False})
        self.assertEqual(advance_erasures(), 1)

    @AT_ONCE
    def test_an_account_that_staff_open_again_in_between_is_closed_at_the_end(
        self,
    ) -> None:
        erasure = start_erasure(self.user)
        self.assertTrue(close_account(erasure.pk))
        User.objects.filter(pk=self.user.pk).update(is_active=True)
        erase_user(erasure.pk)
        self.user.refresh_from_db()
        self.assertFalse(self.user.is_active)

    @AT_ONCE
    def test_no_mail_goes_to_an_erased_buyer(self) -> None:
        order = placed((make_offer(num_in_stock=3), 1), user=self.user)
        Order.objects.filter(pk=order.pk).update(status="cancelled")
        start_erasure(self.user)
        self.assertEqual(advance_erasures(), 1)
        mail.outbox.clear()
        run_outbox()
        self.assertEqual([each.to for each in mail.outbox], [["ada@example.com"]])

    @AT_ONCE
    def test_messages_of_longer_addresses_stay(self) -> None:
        for email in ("ada@example.com", "nada@example.com"):
            OutboxMessage.objects.create(topic="x", payload={"email": email})
        start_erasure(self.user)
        advance_erasures()
        kept = OutboxMessage.objects.get(topic="x")
        self.assertEqual(kept.payload, {"email": "nada@example.com"})

    @AT_ONCE
    def test_guest_orders_of_an_address_nobody_proved_are_not_touched(self) -> None:
        order = placed((make_offer(num_in_stock=3), 1), guest_email="ada@example.com")
        start_erasure(self.user)
        advance_erasures()
        order.refresh_from_db()
        self.assertEqual(order.guest_email, "ada@example.com")
        self.assertEqual(order.billing_address["last_name"], "Lovelace")


class KilledTests(TransactionTestCase):
    """A process dies in the middle of an erasure"""

    @AT_ONCE
    def test_the_next_one_goes_on_and_the_receipt_counts_all(self) -> None:
        user = make_customer()
        erasure = start_erasure(user)
        self.assertTrue(close_account(erasure.pk))
        with Running(
            "tests.privacy.racers.erase_until_addresses", [{"erasure": erasure.pk}]
        ) as child:
            child.wait_for("at the addresses")
            child.kill()
        erasure.refresh_from_db()
        self.assertEqual(erasure.state, "closed")
        self.assertFalse(Order.objects.filter(user=user).exclude(note="").exists())
        self.assertEqual(advance_erasures(), 1)
        run_outbox()
        erasure.refresh_from_db()
        erased = {each["name"]: each["rows"] for each in erasure.receipt["erased"]}
        self.assertEqual((erased["orders"], erased["addresses"]), (3, 1))
        for needle in NEEDLES:
            self.assertEqual(find(needle), {"orders_order.billing_address": 1})


class RaceTests(TransactionTestCase):
    """Several processes at the same moment"""

    def test_an_order_is_seen_or_refused(self) -> None:
        offer = make_offer(num_in_stock=50)
        outcomes_seen = set()
        for _ in range(4):
            user = UserFactory()
            with AT_ONCE:
                erasure = start_erasure(user)
            buys = [{"name": "buy", "user": user.pk, "variant": offer.variant_id}] * 3
            close = [{"name": "close", "erasure": erasure.pk}]
            outcomes = race("tests.privacy.racers.act", [*buys, *close])
            bought = [each for each in outcomes[:3] if each.error is None]
            refused = [each.code for each in outcomes[:3] if each.error]
            is_closed = outcomes[3].value
            self.assertEqual(set(refused) - {"account-closed"}, set(), outcomes)
            self.assertEqual(Order.objects.filter(user=user).count(), len(bought))
            # Closed: none was placed. Open still: some was, and is waited for.
            self.assertEqual(is_closed, not bought, outcomes)
            outcomes_seen.add(is_closed)

    def test_an_account_is_erased_once(self) -> None:
        user = UserFactory(email="ada@example.com")
        with AT_ONCE:
            erasure = start_erasure(user)
        close_account(erasure.pk)
        calls = [{"name": "erase", "erasure": erasure.pk}] * 4
        outcomes = race("tests.privacy.racers.act", calls)
        self.assertEqual([each.error for each in outcomes], [None] * 4)
        self.assertEqual(OutboxMessage.objects.filter(topic="user.erased").count(), 1)

    def test_it_is_asked_for_once(self) -> None:
        user = UserFactory()
        calls = [{"name": "ask", "user": user.pk}] * 5
        outcomes = race("tests.privacy.racers.act", calls)
        self.assertEqual(len({each.value for each in outcomes}), 1)
        self.assertEqual(Erasure.objects.count(), 1)
