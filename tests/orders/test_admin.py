from django.contrib.auth.models import Permission
from django.test import TestCase
from django.urls import reverse

from orders.models import Order, Shipment
from tests.orders.factories import make_offer
from tests.orders.stories import placed, receive
from tests.users.factories import UserFactory


class OrderPageTests(TestCase):
    """The page of an order in the admin"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = UserFactory(is_staff=True, is_superuser=True)
        cls.record = make_offer(num_in_stock=9)
        cls.other = make_offer(num_in_stock=9)

    def setUp(self) -> None:
        self.client.force_login(self.boss)
        self.order = receive(placed((self.record, 2), (self.other, 1)))
        self.url = reverse("admin:orders_order_change", args=[self.order.pk])

    def address(self, action: str) -> str:
        return reverse("admin:orders_order_press", args=[self.order.pk, action])

    def act(self, action: str, **words: str) -> list[str]:
        """Press a button; return what is told."""
        answer = self.client.post(
            self.address(action),
            {f"{action}-{name}": word for name, word in words.items()},
            follow=True,
        )
        self.assertRedirects(answer, self.url)
        self.order.refresh_from_db()
        return [str(message) for message in answer.context["messages"]]

    def offered(self) -> list[str]:
        context = self.client.get(self.url).context
        return [button["url"].split("/")[-2] for button in context["buttons"]]

    def test_buttons_lead_an_order_through_its_life(self) -> None:
        self.assertEqual(self.offered(), ["ship", "cancel", "note"])
        self.assertEqual(
            self.act("ship", carrier="ups", tracking_number="1"),
            ["All of it is shipped."],
        )
        self.assertEqual(Shipment.objects.filter(carrier="ups").count(), 2)
        self.assertEqual(self.offered(), ["deliver", "return", "note"])
        self.act("deliver")
        self.assertEqual(self.order.status, Order.Status.COMPLETED)
        self.act("return", reason="Recalled")
        self.assertEqual(self.order.status, Order.Status.RETURNED)
        event = self.order.events.get(type="returned")
        self.assertEqual((event.actor, event.role), (self.boss, "staff"))
        self.assertEqual(event.detail["reason"], "Recalled")
        self.assertEqual(self.offered(), ["note"])

    def test_a_note_is_for_staff_alone(self) -> None:
        self.assertEqual(self.act("note", text="Rang twice"), ["The note is kept."])
        event = self.order.events.get(type="noted")
        self.assertEqual(event.detail, {"text": "Rang twice"})
        self.assertFalse(event.is_public)
        self.assertEqual(self.act("note"), ["This field is required."])

    def test_what_is_not_possible_is_told(self) -> None:
        (told,) = self.act("deliver")
        self.assertIn("not possible now", told)
        self.assertEqual(self.order.fulfilment_status, "unfulfilled")

    def test_who_may_only_look_has_no_buttons(self) -> None:
        reader = UserFactory(is_staff=True)
        reader.user_permissions.add(Permission.objects.get(codename="view_order"))
        self.client.force_login(reader)
        self.assertEqual(self.offered(), [])
        answer = self.client.post(self.address("cancel"))
        self.assertEqual(answer.status_code, 403)
        self.order.refresh_from_db()
        self.assertFalse(self.order.is_cancelled)
