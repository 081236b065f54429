"""What reviews tell of a person."""

from custom.privacy import Holding, Person
from custom.privacy.batches import each_batch
from custom.privacy.traces import forget_rows_of
from reviews.models import Review
from reviews.services import silence_reviews


def _erase(person: Person) -> None:
    """Take the words out of the reviews, of their history too."""
    each_batch(Review.objects.filter(author=person.pk), silence_reviews)
    forget_rows_of(Review, "author", person.pk)


HOLDINGS = (
    Holding(
        model="reviews.Review",
        name="reviews",
        tells="Your reviews.",
        personal=("author", "title", "text"),
        rows=lambda person: Review.objects.filter(author=person.pk),
        shown=(
            "product__title",
            "rating",
            "title",
            "text",
            "is_verified_buyer",
            "state",
            "created_at",
        ),
        erasure="Title and text are emptied, with their history.",
        erase=_erase,
        kept="The points you gave stay part of each product's rating, without a name.",
    ),
)
