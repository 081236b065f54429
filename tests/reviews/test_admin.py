from django.test import TestCase
from django.urls import reverse

from catalogue.models import ProductSummary
from reviews.models import Review
from tests.pages import save_page
from tests.reviews.factories import ReviewFactory
from tests.users.factories import UserFactory

LIST = reverse("admin:reviews_review_changelist")


class ReviewAdminTests(TestCase):
    """Moderation of reviews"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.staff = UserFactory(is_staff=True, is_superuser=True)
        cls.review = ReviewFactory(title="<script>alert(1)</script>")

    def setUp(self) -> None:
        self.client.force_login(self.staff)

    def act(self, action: str) -> None:
        chosen = {"action": action, "_selected_action": [self.review.pk]}
        response = self.client.post(LIST, chosen, follow=True)
        self.assertContains(response, "1 changed.")

    def test_staff_publish_and_reject(self) -> None:
        for action, state, count in (
            ("publish", "published", 1),
            ("reject", "rejected", 0),
        ):
            self.act(action)
            self.review.refresh_from_db()
            self.assertEqual(self.review.state, state)
            summary = ProductSummary.objects.get(pk=self.review.product_id)
            self.assertEqual(summary.review_count, count)

    def test_nobody_changes_a_word(self) -> None:
        page = reverse("admin:reviews_review_change", args=[self.review.pk])
        values = {"title": "Bought", "rating": 5, "state": "published"}
        save_page(self.client, page, values)
        self.review.refresh_from_db()
        self.assertEqual((self.review.rating, self.review.state), (4, "pending"))
        self.assertEqual(self.client.get(f"{LIST}add/").status_code, 403)

    def test_what_buyers_write_is_text(self) -> None:
        response = self.client.get(LIST)
        self.assertContains(response, "&lt;script&gt;alert(1)&lt;/script&gt;")
        self.assertNotContains(response, "<script>alert")

    def test_readers_may_not_decide(self) -> None:
        self.client.force_login(UserFactory(is_staff=True))
        self.client.post(
            LIST, {"action": "publish", "_selected_action": [self.review.pk]}
        )
        self.review.refresh_from_db()
        self.assertEqual(self.review.state, Review.State.PENDING)

    def test_query_count_does_not_grow_with_rows(self) -> None:
        with self.assertNumQueries(9):  # three of them note the look
            self.client.get(LIST)
        ReviewFactory.create_batch(10)
        with self.assertNumQueries(9):  # three of them note the look
            self.client.get(LIST)
