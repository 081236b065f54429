"""What somebody means to buy; nothing here promises stock or a price."""

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from basket.querysets import BasketQuerySet, BasketRow
from basket.requests import LineRequest
from catalogue.models import Variant
from custom.fields import CodeField, MoneyField
from custom.ids import new_public_id

MAX_LINES = 100
MAX_QUANTITY = 9_999  # units of one line
MAX_VOUCHERS = 10


def revision_of(basket: "Basket | BasketRow") -> str:
    """Return what changes with every write of a basket, and is no other basket's."""
    return f"{basket.public_id.hex[-12:]}.{basket.version}"


class Basket(models.Model):
    """Lines and vouchers of one holder, until they become an order.

    Its row is locked by every change of it or of its lines, which all raise
    ``version``.
    """

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", "Open"
        ORDERED = "ordered", "Ordered"
        MERGED = "merged", "Merged into another at sign-in"

    public_id = models.UUIDField(default=new_public_id, unique=True, editable=False)
    holder = CodeField(
        null=True,
        blank=True,
        unique=True,
        help_text="Whose open basket it is; empty once it is closed.",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="baskets",
    )
    state = CodeField(max_length=16, choices=State.choices, default=State.OPEN)
    order = models.UUIDField(
        null=True, blank=True, help_text="Public id of the order it became."
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    updated_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = BasketQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="open", holder__isnull=False)
                | (~Q(state="open") & Q(holder__isnull=True)),
                name="basket_held_while_open",
            ),
            models.CheckConstraint(
                condition=Q(state="ordered", order__isnull=False)
                | (~Q(state="ordered") & Q(order__isnull=True)),
                name="basket_order_when_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.public_id}"

    @property
    def revision(self) -> str:
        """Return what changes with every write, and is no other basket's."""
        return revision_of(self)


class BasketLine(models.Model):
    """Units of one variant, from an offer that was named or that the shop picks."""

    basket = models.ForeignKey(Basket, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(
        Variant, on_delete=models.CASCADE, related_name="basket_lines"
    )
    offer = models.PositiveBigIntegerField(
        default=0, help_text="Stock record to buy from; 0: the shop picks."
    )
    quantity = models.PositiveIntegerField()
    seen_price = MoneyField(help_text="Unit price when the line was last written.")
    currency = models.CharField(max_length=3)

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("basket", "variant", "offer"), name="basketline_item_once"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY),
                name="basketline_quantity_in_bounds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant_id}"

    def as_request(self) -> LineRequest:
        """Return the line as what is looked up and priced."""
        return LineRequest(self.variant_id, self.quantity, self.offer or None)

    def see_price(self, price: Decimal, currency: str) -> None:
        """Take a price for what the holder was shown; still to be stored."""
        self.seen_price, self.currency = price, currency


class BasketVoucher(models.Model):
    """A code the holder wants to use; whether it counts is asked at every look."""

    basket = models.ForeignKey(
        Basket, on_delete=models.CASCADE, related_name="vouchers"
    )
    code = CodeField()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("basket", "code"), name="basketvoucher_once"
            )
        ]

    def __str__(self) -> str:
        return self.code
