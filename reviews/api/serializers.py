"""What clients send and see of reviews."""

from rest_framework import serializers

from custom.api.output import ModelOutputSerializer
from custom.api.serializers import StrictSerializer
from reviews.models import (
    MAX_RATING,
    MIN_RATING,
    TEXT_LENGTH,
    TITLE_LENGTH,
    Review,
)


class ReviewInputSerializer(StrictSerializer):
    """Body of ``POST /api/product/{id or slug}/review/``."""

    rating = serializers.IntegerField(min_value=MIN_RATING, max_value=MAX_RATING)
    title = serializers.CharField(
        max_length=TITLE_LENGTH, required=False, allow_blank=True, default=""
    )
    text = serializers.CharField(
        max_length=TEXT_LENGTH, required=False, allow_blank=True, default=""
    )


class ReviewSerializer(ModelOutputSerializer[Review]):
    """A review; of its author no more than the first name is told."""

    author = serializers.CharField(source="author.first_name")
    verified_buyer = serializers.BooleanField(source="is_verified_buyer")

    class Meta:
        model = Review
        fields = (
            "id",
            "rating",
            "title",
            "text",
            "author",
            "verified_buyer",
            "state",
            "created_at",
        )
        read_only_fields = fields
