"""Numbers of papers; what they say is read from orders."""

from django.db import models
from django.utils import timezone

from orders.models.events import OrderEvent
from orders.models.orders import Order


class Paper(models.Model):
    """A number of a range that has no gap."""

    number = models.PositiveIntegerField(
        unique=True, help_text="Counted from 1, without a gap."
    )
    issued_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True
        ordering = ("-number",)

    def __str__(self) -> str:
        return str(self.number)


class Invoice(Paper):
    """The number an order was invoiced under; what it says is the order as placed."""

    order = models.OneToOneField(
        Order, on_delete=models.PROTECT, related_name="invoice"
    )


class CreditNote(Paper):
    """The number under which something that was taken back is told of an invoice.

    What it says is read from its event, and from those before it.
    """

    event = models.OneToOneField(
        OrderEvent, on_delete=models.PROTECT, related_name="credit_note"
    )
