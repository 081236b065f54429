"""Keep ratings in step with reviews, whoever deletes them."""

from django.db.models.signals import post_delete
from django.dispatch import receiver

from reviews.models import Review
from reviews.services import refresh_ratings


@receiver(post_delete, sender=Review)
def forget_rating(*, instance: Review, **_signal: object) -> None:
    """A review has gone, by itself or with its author."""
    if instance.state == Review.State.PUBLISHED:
        refresh_ratings([instance.product_id])
