"""What buyers think of products."""

from typing import ClassVar

import reversion
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalogue.models import Product
from custom.fields import CodeField
from reviews.querysets import ReviewQuerySet

MIN_RATING = 1
MAX_RATING = 5
TITLE_LENGTH = 120
TEXT_LENGTH = 5_000  # characters


@reversion.register()
class Review(models.Model):
    """One user's opinion of one product; read by others once staff let it."""

    class State(models.TextChoices):
        """Where a review stands."""

        PENDING = "pending", "Waiting for a decision"
        PUBLISHED = "published", "Published"
        REJECTED = "rejected", "Rejected"

    product = models.ForeignKey(
        Product,
        on_delete=models.CASCADE,
        related_name="reviews",
        db_index=False,  # review_of_product begins with it
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reviews"
    )
    rating = models.PositiveSmallIntegerField(help_text="1, the worst, to 5.")
    title = models.CharField(max_length=TITLE_LENGTH, blank=True)
    text = models.TextField(blank=True)
    is_verified_buyer = models.BooleanField(
        "verified buyer", help_text="Had bought the product when writing."
    )
    state = CodeField(max_length=16, choices=State, default=State.PENDING)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("product", "author"), name="review_once_a_user"
            ),
            models.CheckConstraint(
                condition=Q(rating__gte=MIN_RATING, rating__lte=MAX_RATING),
                name="review_rating_in_range",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=("product", "state", "-created_at", "-id"),
                name="review_of_product",
            ),
            models.Index(fields=("state", "-created_at", "-id"), name="review_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.rating} of {MAX_RATING}: {self.title}".rstrip(": ")
