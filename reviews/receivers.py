"""Keep ratings and pages in step with reviews and their authors."""

from collections.abc import Collection

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from catalogue.pages import product_tag
from custom.caching.versions import announce
from reviews.models import Review
from reviews.services import refresh_ratings
from users.models import User


@receiver(post_delete, sender=Review)
def forget_rating(*, instance: Review, **_signal: object) -> None:
    """A review has gone, by itself or with its author."""
    if instance.state == Review.State.PUBLISHED:
        refresh_ratings([instance.product_id])


@receiver(post_save, sender=Review)
@receiver(post_delete, sender=Review)
def announce_review(*, instance: Review, **_signal: object) -> None:
    """Staff corrected what is published, put a version back, or deleted it."""
    announce([product_tag(instance.product_id)])


@receiver(post_save, sender=User)
def announce_author(
    *,
    instance: User,
    created: bool,
    update_fields: Collection[str] | None,
    **_signal: object,
) -> None:
    """Reviews show their author's first name."""
    if not created and (update_fields is None or "first_name" in update_fields):
        written = Review.objects.published().filter(author=instance).order_by()
        products = written.values_list("product", flat=True)
        announce(product_tag(pk) for pk in products)
