"""The tree that products are found in."""

from typing import ClassVar

import reversion
from django.db import models
from mptt.fields import TreeForeignKey
from mptt.models import MPTTModel

from catalogue.category_querysets import CategoryManager

SLUG_LENGTH = 120


@reversion.register()
class Category(MPTTModel):
    """A node of the tree; ``catalogue.services`` alone writes it (decision 0004)."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(
        max_length=SLUG_LENGTH, unique=True, db_collation="utf8mb4_bin"
    )
    parent = TreeForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
    )
    description = models.TextField(blank=True)
    is_public = models.BooleanField("public", default=True)

    objects = CategoryManager()

    class MPTTMeta:
        """Siblings are kept in the order of their names."""

        order_insertion_by: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name_plural = "categories"
        indexes: ClassVar = [
            # Said here too, or migrations would not see the one mptt adds.
            models.Index(fields=("tree_id", "lft"), name="category_in_tree_order"),
        ]

    def __str__(self) -> str:
        return self.name
