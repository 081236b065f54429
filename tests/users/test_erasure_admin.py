from django.test import TestCase, override_settings
from django.urls import reverse

from tests.orders.factories import make_offer
from tests.orders.stories import placed, run_outbox
from tests.users.factories import UserFactory
from users.models import Erasure, User
from users.services import advance_erasures, start_erasure


class ErasureAdminTests(TestCase):
    """The button on a customer's page, and the list of receipts"""

    def setUp(self) -> None:
        self.root = User.objects.create_superuser("root@example.com")
        self.client.force_login(self.root)
        self.customer = UserFactory(email="ada@example.com")

    def press(self, user: User) -> str:
        url = reverse("admin:users_user_press", args=[user.pk, "erase"])
        return self.client.post(url, follow=True).content.decode()

    def test_the_button_begins_an_erasure_and_says_until_when_it_waits(self) -> None:
        page = self.client.get(
            reverse("admin:users_user_change", args=[self.customer.pk])
        )
        self.assertContains(page, "Have the account erased")
        self.assertIn("It will be erased after ", self.press(self.customer))
        erasure = Erasure.objects.get()
        self.assertEqual((erasure.user, erasure.asked_by), (self.customer, self.root))
        self.press(self.customer)
        self.assertEqual(Erasure.objects.count(), 1)

    def test_accounts_of_the_staff_have_no_button_and_are_refused(self) -> None:
        clerk = UserFactory(is_staff=True)
        page = self.client.get(reverse("admin:users_user_change", args=[clerk.pk]))
        self.assertNotContains(page, "Have the account erased")
        self.assertIn("Accounts of the staff are not erased.", self.press(clerk))
        self.assertFalse(Erasure.objects.exists())

    def test_a_page_tells_what_is_waited_for(self) -> None:
        order = placed((make_offer(num_in_stock=3), 1), user=self.customer)
        erasure = start_erasure(self.customer)
        page = self.client.get(reverse("admin:users_erasure_change", args=[erasure.pk]))
        self.assertContains(page, f"Order {order.number} is under way.")

    @override_settings(ERASURE_GRACE_DAYS=0, ERASURE_SETTLE_SECONDS=0)
    def test_a_page_shows_the_receipt(self) -> None:
        erasure = start_erasure(self.customer)
        advance_erasures()
        run_outbox()
        page = self.client.get(reverse("admin:users_erasure_change", args=[erasure.pk]))
        self.assertContains(page, "account: 1. Closed for good;")
        self.assertNotContains(page, "ada@example.com")
        listed = self.client.get(reverse("admin:users_erasure_changelist"))
        self.assertContains(listed, str(erasure.public_id))
