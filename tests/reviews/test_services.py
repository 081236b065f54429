from decimal import Decimal

from django.db import IntegrityError, connection
from django.test import TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext
from reversion.models import Version

from catalogue.models import ProductSummary
from custom.transactions import run_in_transaction
from reviews.errors import ReviewExistsError
from reviews.models import Review
from reviews.services import NewReview, decide_reviews, write_review
from tests.catalogue.factories import ProductFactory
from tests.processes import race
from tests.reviews.factories import ReviewFactory
from tests.users.factories import UserFactory


class WriteTests(TestCase):
    """reviews.services.write_review"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.product = ProductFactory()
        cls.author = UserFactory()

    def test_a_review_waits_and_changes_no_rating(self) -> None:
        new = NewReview(product_id=self.product.pk, author=self.author, rating=1)
        review, is_replay = write_review(new)
        self.assertEqual((review.state, is_replay), (Review.State.PENDING, False))
        summary = ProductSummary.objects.get(pk=self.product.pk)
        self.assertEqual((summary.rating, summary.review_count), (None, 0))

    def test_a_second_review_of_a_product_is_refused(self) -> None:
        first = ReviewFactory(product=self.product, author=self.author, rating=2)
        new = NewReview(product_id=self.product.pk, author=self.author, rating=5)
        with self.assertRaises(ReviewExistsError) as caught:
            write_review(new)
        self.assertEqual(caught.exception.code, "review-exists")
        self.assertEqual([row.rating for row in Review.objects.all()], [first.rating])

    def test_the_database_refuses_other_ratings(self) -> None:
        for rating in (0, 6):
            with self.assertRaises(IntegrityError):
                run_in_transaction(
                    lambda rating=rating: Review.objects.create(
                        product=self.product,
                        author=self.author,
                        rating=rating,
                        is_verified_buyer=False,
                    )
                )


class DecideTests(TestCase):
    """reviews.services.decide_reviews"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.product = ProductFactory()
        cls.reviews = [
            ReviewFactory(product=cls.product, rating=rating) for rating in (5, 4, 4)
        ]
        cls.pks = [review.pk for review in cls.reviews]

    def figures(self) -> tuple[Decimal | None, int]:
        summary = ProductSummary.objects.get(pk=self.product.pk)
        return summary.rating, summary.review_count

    def test_published_reviews_make_the_rating(self) -> None:
        self.assertEqual(decide_reviews(self.pks, state=Review.State.PUBLISHED), 3)
        self.assertEqual(self.figures(), (Decimal("4.33"), 3))
        changed = decide_reviews(self.pks[:1], state=Review.State.REJECTED)
        self.assertEqual(changed, 1)
        self.assertEqual(self.figures(), (Decimal("4.00"), 2))

    def test_halves_are_rounded_upwards(self) -> None:
        ReviewFactory.create_batch(5, product=self.product, rating=5)
        pks = Review.objects.values_list("pk", flat=True)
        decide_reviews(pks, state=Review.State.PUBLISHED)
        self.assertEqual(self.figures(), (Decimal("4.75"), 8))
        ReviewFactory.create_batch(8, product=self.product, rating=5)
        decide_reviews(pks.all(), state=Review.State.PUBLISHED)
        self.assertEqual(self.figures(), (Decimal("4.88"), 16))  # 4.875

    def test_deciding_again_changes_nothing(self) -> None:
        decide_reviews(self.pks, state=Review.State.PUBLISHED)
        self.assertEqual(decide_reviews(self.pks, state=Review.State.PUBLISHED), 0)

    def test_a_deleted_review_leaves_the_rating(self) -> None:
        decide_reviews(self.pks, state=Review.State.PUBLISHED)
        self.reviews[0].refresh_from_db()
        self.reviews[0].delete()
        self.assertEqual(self.figures(), (Decimal("4.00"), 2))

    def test_a_decision_is_a_version(self) -> None:
        decide_reviews(self.pks[:1], state=Review.State.PUBLISHED)
        (version,) = Version.objects.get_for_object(self.reviews[0])
        self.assertEqual(version.field_dict["state"], Review.State.PUBLISHED)

    def test_statements_do_not_grow_with_reviews(self) -> None:
        published = Review.State.PUBLISHED
        counts = []
        for reviews in (self.reviews[:2], ReviewFactory.create_batch(10)):
            with CaptureQueriesContext(connection) as captured:
                decide_reviews([row.pk for row in reviews], state=published)
            statements = [row["sql"] for row in captured]
            # A version is a row of its own for each review; content types are kept.
            own = [sql for sql in statements if "content_type" not in sql]
            counts.append(sum("reversion_" not in sql for sql in own))
        self.assertEqual(counts[0], counts[1])


class RaceTests(TransactionTestCase):
    """Two requests of one author at the same moment"""

    def test_one_review_is_written(self) -> None:
        product, author = ProductFactory(), UserFactory()
        wanted = {"product": product.pk, "author": author.pk}
        outcomes = race("tests.reviews.racers.write", [wanted] * 4)
        codes = sorted(outcome.code or "written" for outcome in outcomes)
        self.assertEqual(codes, ["review-exists"] * 3 + ["written"])
        self.assertEqual(Review.objects.count(), 1)
