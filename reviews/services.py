"""Every write to reviews."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from django.db.models import Count, Sum

from catalogue.models import ProductSummary
from catalogue.pages import product_tag
from catalogue.services import announce_changes
from custom.caching.versions import announce
from custom.history import record_all, recorded
from custom.idempotency import RequestKey, run_once
from custom.transactions import transactional
from reviews.errors import ReviewExistsError, ReviewGoneError
from reviews.models import Review
from users.models import User

HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReview:
    """A review to be stored; the rating is 1 to 5."""

    product_id: int
    author: User
    rating: int
    title: str = ""
    text: str = ""
    is_verified_buyer: bool = False


class WrittenReview(NamedTuple):
    """A review, and whether an earlier request with the same key wrote it."""

    review: Review
    is_replay: bool


def write_review(
    new: NewReview, *, request_key: RequestKey | None = None
) -> WrittenReview:
    """Store a review, once for each request key; staff decide who else reads it.

    Locks the product's summary, so that of two reviews at once one is refused.

    Raises:
        ReviewExistsError: The author has reviewed the product.
        ReviewGoneError: The key's review has been deleted since.
    """
    if request_key is None:
        return WrittenReview(_store_review(new), is_replay=False)
    outcome = run_once(request_key, lambda: str(_store_review(new).pk))
    stored = Review.objects.for_list().filter(pk=outcome.made).first()
    if stored is None:
        msg = "The review this request wrote has been deleted."
        raise ReviewGoneError(msg)
    return WrittenReview(stored, outcome.is_replay)


@transactional
def decide_reviews(review_ids: Iterable[int], *, state: Review.State) -> int:
    """Publish or reject reviews, or put them back; the ratings follow.

    Locks the reviews, then the summaries of their products.

    Returns:
        Number of reviews whose state has changed.
    """
    changed = [
        review for review in Review.objects.lock(review_ids) if review.state != state
    ]
    with recorded("Reviews decided."):
        for review in changed:
            review.state = state
        Review.objects.bulk_update(changed, ["state"])
        record_all(changed)
    refresh_ratings(review.product_id for review in changed)
    return len(changed)


@transactional
def silence_reviews(review_ids: Collection[int]) -> None:
    """Empty what reviews say; their points count on. 1 SELECT, 1 UPDATE; no version."""
    telling = Review.objects.filter(pk__in=review_ids).exclude(title="", text="")
    products = list(telling.order_by("pk").values_list("product", flat=True))
    telling.order_by("pk").update(title="", text="")
    announce(product_tag(pk) for pk in products)


@transactional
def refresh_ratings(product_ids: Iterable[int]) -> None:
    """Work out the ratings of products again, and announce them; 7 statements.

    Locks the summaries and only then reads the reviews, so that of two transactions
    the one that commits last has seen the other's change.
    """
    summaries = ProductSummary.objects.lock(set(product_ids))
    published = Review.objects.published().filter(
        product__in=[row.pk for row in summaries]
    )
    by_product = published.order_by().values_list("product")
    figures = {
        product: (points, count)
        for product, points, count in by_product.annotate(
            Sum("rating"), count=Count("*")
        )
    }
    for row in summaries:
        points, row.review_count = figures.get(row.pk, (0, 0))
        row.rating = _mean(points, row.review_count)
    ProductSummary.objects.bulk_update(summaries, ["rating", "review_count"])
    announce_changes(row.pk for row in summaries)


@transactional
def _store_review(new: NewReview) -> Review:
    """Insert a review unless its author has one; 3 statements and its version."""
    ProductSummary.objects.lock([new.product_id])
    written = Review.objects.of_product(new.product_id).filter(author=new.author)
    if written.exists():
        msg = "You have reviewed this product already."
        raise ReviewExistsError(msg)
    with recorded("Review written.", actor=new.author):
        return Review.objects.create(
            product_id=new.product_id,
            author=new.author,
            rating=new.rating,
            title=new.title,
            text=new.text,
            is_verified_buyer=new.is_verified_buyer,
        )


def _mean(points: int, count: int) -> Decimal | None:
    """Return the mean in hundredths, halves upwards, or None of none."""
    if not count:
        return None
    return (Decimal(points) / count).quantize(HUNDREDTH, rounding=ROUND_HALF_UP)
