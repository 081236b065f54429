from datetime import timedelta
from uuid import UUID

from django.test import TestCase, TransactionTestCase
from django.utils import timezone

from custom.models import OutboxMessage
from custom.outbox import consume
from orders.guests import guest_token
from orders.models import Order, OrderEvent
from orders.services import claim_guest_orders
from promotions.codes import customer_key
from promotions.models import VoucherRedemption
from tests.orders.factories import OrderFactory
from tests.outbox import messages
from tests.processes import race
from tests.promotions.factories import make_voucher
from tests.users.factories import UserFactory, create_token
from users.links import PASSWORD_RESET, VERIFICATION
from users.models import User
from users.services import reset_password, verify_email


def guest_order(email: str = "ada@example.com", **fields: object) -> Order:
    """Store an order of a guest with the event that began it, placed an hour ago."""
    at = timezone.now() - timedelta(hours=1)
    order = OrderFactory(
        **{"user": None, "guest_email": email, "placed_at": at} | fields
    )
    OrderEvent.objects.create(order=order, type=OrderEvent.Type.PLACED, role="customer")
    return order


def prove(user: User) -> None:
    """Take the mail's token, and let the outbox do what follows."""
    verify_email(VERIFICATION.make(user))
    for message in OutboxMessage.objects.filter(topic="user.address_proved"):
        consume(message.pk)


class ClaimTests(TestCase):
    """orders.services.claim_guest_orders"""

    def test_who_proves_an_address_gets_what_was_ordered_with_it(self) -> None:
        order = guest_order(email="ADA@Example.com")
        user = UserFactory(email="ada@example.com")
        prove(user)
        order.refresh_from_db()
        self.assertEqual((order.user, order.guest_email), (user, ""))
        self.assertEqual(order.version, order.events.count())
        event = order.events.get(type="claimed")
        self.assertEqual((event.actor, event.role), (user, "customer"))

    def test_a_forgotten_password_proves_the_address_as_well(self) -> None:
        order = guest_order()
        user = UserFactory(email="ada@example.com")
        reset_password(PASSWORD_RESET.make(user), "another-way-home-78")
        consume(messages().get(topic="user.address_proved").pk)
        order.refresh_from_db()
        self.assertEqual(order.user, user)

    def test_nothing_is_claimed_without_proof(self) -> None:
        order = guest_order()
        user = UserFactory(email="ada@example.com")
        self.assertEqual(claim_guest_orders(user.public_id), 0)
        order.refresh_from_db()
        self.assertEqual((order.user, order.version), (None, 1))

    def test_only_the_same_address_counts(self) -> None:
        # The column's collation takes the first for equal; a mail server does not.
        others = ["ada@exämple.com", "ada@example.com.au", "xada@example.com"]
        orders = [guest_order(email=email) for email in others]
        prove(UserFactory(email="ada@example.com"))
        for order in orders:
            order.refresh_from_db()
            self.assertIsNone(order.user)

    def test_a_look_alike_of_the_address_is_somebody_elses(self) -> None:
        """Both are one account's address, but domains of two owners."""
        orders = [guest_order(email=f"ada@{name}.example") for name in ("strasse", "s")]
        for email in ("ada@straße.example", "ada@\u017f.example"):
            prove(UserFactory(email=email))
        for order in orders:
            order.refresh_from_db()
            self.assertIsNone(order.user)

    def test_what_was_ordered_after_the_proof_stays_the_guests(self) -> None:
        user = UserFactory(email="ada@example.com")
        prove(user)
        order = guest_order(placed_at=timezone.now() + timedelta(seconds=1))
        self.assertEqual(claim_guest_orders(user.public_id), 0)
        order.refresh_from_db()
        self.assertIsNone(order.user)

    def test_proving_again_says_nothing_anew(self) -> None:
        order = guest_order()
        user = UserFactory(email="ada@example.com")
        prove(user)
        verify_email(VERIFICATION.make(user))
        self.assertEqual(messages().filter(topic="user.address_proved").count(), 1)
        self.assertEqual(claim_guest_orders(user.public_id), 0)
        self.assertEqual(order.events.filter(type="claimed").count(), 1)

    def test_a_closed_account_claims_nothing(self) -> None:
        guest_order()
        user = UserFactory(
            email="ada@example.com", is_active=False, email_verified_at=timezone.now()
        )
        self.assertEqual(claim_guest_orders(user.public_id), 0)

    def test_an_orders_vouchers_count_as_the_accounts(self) -> None:
        order = guest_order()
        use = VoucherRedemption.objects.create(
            voucher=make_voucher(),
            order=order.public_id,
            customer=customer_key(None, "ada@example.com"),
        )
        user = UserFactory(email="ada@example.com")
        prove(user)
        use.refresh_from_db()
        self.assertEqual(use.customer, customer_key(user.pk))

    def test_statements(self) -> None:
        user = UserFactory(email="ada@example.com", email_verified_at=timezone.now())
        for number in (1, 5):
            for _ in range(number):
                guest_order()
            with self.assertNumQueries(8):
                # savepoint; account, orders, their locks, update, events, uses; release
                claim_guest_orders(user.public_id)

    def test_the_account_reads_it_and_the_guests_token_opens_it_no_more(self) -> None:
        order = guest_order()
        user = UserFactory(email="ada@example.com")
        token = {"X-Order-Token": guest_token(order.public_id)}
        path = f"/api/order/{order.number}/"
        self.assertEqual(self.client.get(path, headers=token).status_code, 200)
        prove(user)
        self.assertEqual(self.client.get(path, headers=token).status_code, 404)
        own = {"Authorization": f"Token {create_token(user)[1]}"}
        answer = self.client.get(path, headers=own).json()
        self.assertEqual(answer["order_id"], order.pk)
        self.assertEqual(
            [each["type"] for each in answer["events"]], ["placed", "claimed"]
        )
        history = self.client.get("/api/order/history/", headers=own).json()
        self.assertEqual([each["order_id"] for each in history["results"]], [order.pk])


class ClaimRaceTests(TransactionTestCase):
    """Several processes claim the same orders at the same moment"""

    def test_an_order_is_claimed_once(self) -> None:
        orders = [guest_order() for _ in range(3)]
        user = UserFactory(email="ada@example.com", email_verified_at=timezone.now())
        outcomes = race(
            "tests.orders.racers.claim", [{"user": str(user.public_id)}] * 6
        )
        self.assertEqual([each.error for each in outcomes], [None] * 6)
        self.assertEqual(sum(each.value for each in outcomes), 3)
        for order in orders:
            order.refresh_from_db()
            self.assertEqual(order.user, user)
            self.assertEqual(order.version, order.events.count())

    def test_the_topic_is_heard(self) -> None:
        order = guest_order()
        user = UserFactory(email="ada@example.com")
        prove(user)
        message = messages().get(topic="user.address_proved")
        self.assertEqual(UUID(message.payload["user"]), user.public_id)
        self.assertEqual(message.state, "done")
        self.assertEqual(Order.objects.get(pk=order.pk).user, user)
