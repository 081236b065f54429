"""Whose a slug is, or was last: what old addresses lead to (decision 0033)."""

from django.db import models

from catalogue.models.categories import SLUG_LENGTH, Category
from catalogue.models.products import Product
from catalogue.querysets import TakenSlugQuerySet


class TakenSlug(models.Model):
    """A slug and the row that has it, or that was the last to have it.

    Written when a slug is taken, so nobody needs to know what a row was called before.
    The row may be deleted since: then this is all that is left of its address.
    """

    slug = models.CharField(
        max_length=SLUG_LENGTH, primary_key=True, db_collation="utf8mb4_bin"
    )
    owner_id: int

    objects = TakenSlugQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.slug


class ProductSlug(TakenSlug):
    """A slug of a product."""

    # No constraint: the slug outlives a product that is deleted.
    owner = models.ForeignKey(
        Product, on_delete=models.DO_NOTHING, related_name="slugs", db_constraint=False
    )


class CategorySlug(TakenSlug):
    """A slug of a category."""

    # No constraint: the slug outlives a category that is deleted.
    owner = models.ForeignKey(
        Category, on_delete=models.DO_NOTHING, related_name="slugs", db_constraint=False
    )
    instead = models.ForeignKey(
        Category,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Of a deleted category: the one it was below.",
    )
