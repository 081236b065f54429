"""Reviews in the admin: read them, publish or reject them."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from custom.admin import ShopAdmin
from reviews.models import Review
from reviews.services import decide_reviews
from staff.admin import PersonalPagesMixin


@admin.register(Review)
class ReviewAdmin(PersonalPagesMixin[Review], ShopAdmin[Review]):
    """What buyers wrote; staff decide who reads it, and change no word of it."""

    list_display = (
        "__str__",
        "product",
        "author",
        "is_verified_buyer",
        "state",
        "created_at",
    )
    list_filter = ("state", "rating", "is_verified_buyer")
    list_select_related = ("product", "author")
    search_fields = ("title", "product__title", "author__email")
    ordering = ("-created_at", "-id")
    readonly_fields = (
        "product",
        "author",
        "rating",
        "title",
        "text",
        "is_verified_buyer",
        "state",
        "created_at",
    )
    fields = readonly_fields
    actions = ("publish", "reject")

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Refuse: buyers write reviews."""
        return False

    @admin.action(description="Publish", permissions=("change",))
    def publish(self, request: HttpRequest, reviews: QuerySet[Review]) -> None:
        """Let everyone read the chosen reviews."""
        self._decide(request, reviews, Review.State.PUBLISHED)

    @admin.action(description="Reject", permissions=("change",))
    def reject(self, request: HttpRequest, reviews: QuerySet[Review]) -> None:
        """Keep the chosen reviews from everyone but staff."""
        self._decide(request, reviews, Review.State.REJECTED)

    def _decide(
        self, request: HttpRequest, reviews: QuerySet[Review], state: Review.State
    ) -> None:
        """Let the service decide, and say how many it was."""
        changed = decide_reviews(reviews.values_list("pk", flat=True), state=state)
        self.message_user(request, f"{changed} changed.", messages.SUCCESS)
