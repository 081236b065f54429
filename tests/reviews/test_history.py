from django.test import TestCase

from custom.history.reading import versions_of
from custom.history.reverting import revert
from custom.history.rules import NothingToRevertError
from reviews.models import Review
from reviews.services import decide_reviews
from tests.reviews.factories import ReviewFactory


class ReviewTests(TestCase):
    """reviews.history"""

    def test_a_decision_goes_back_with_the_rating_and_no_word_does(self) -> None:
        review = ReviewFactory()
        decide_reviews([review.pk], state=Review.State.PUBLISHED)
        published = versions_of(Review, review.pk).first()
        decide_reviews([review.pk], state=Review.State.REJECTED)
        Review.objects.filter(pk=review.pk).update(text="Edited")
        revert(published)
        review.refresh_from_db()
        self.assertEqual((review.state, review.text), ("published", "Edited"))
        summary = type(review.product.summary).objects.get(product=review.product)
        self.assertEqual(summary.review_count, 1)
        with self.assertRaises(NothingToRevertError):
            revert(published)
