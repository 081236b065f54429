"""The addresses customers keep for their next order."""

from typing import ClassVar

import reversion
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from address.formats import COUNTRY_LENGTH
from address.numbers import PHONE_LENGTH, VAT_ID_LENGTH
from address.querysets import AddressQuerySet
from custom.fields import CodeField
from custom.ids import new_public_id

MAX_ADDRESSES = 100  # of one account
PARTS = (
    "first_name",
    "last_name",
    "company",
    "line1",
    "line2",
    "city",
    "region",
    "postcode",
    "country",
    "phone",
    "vat_id",
)


@reversion.register()
class Address(models.Model):
    """One address of one account's book; orders copy it and never point at it.

    Every write of the API locks the owner's row first.
    """

    public_id = models.UUIDField(default=new_public_id, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="addresses",
        db_index=False,  # address_one_default_shipping begins with it
        editable=False,
    )
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150)
    company = models.CharField(max_length=150, blank=True)
    line1 = models.CharField("line 1", max_length=200)
    line2 = models.CharField("line 2", max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=16, blank=True)
    country = CodeField(max_length=COUNTRY_LENGTH, help_text="ISO 3166 alpha-2.")
    phone = models.CharField(
        max_length=PHONE_LENGTH, blank=True
    )  # E.164, or an old one
    vat_id = models.CharField(
        "VAT id",
        max_length=VAT_ID_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text="Of a company.",
    )
    # True or NULL, never False: the database then keeps one default of each account.
    is_default_shipping = models.BooleanField(
        "default for shipping", null=True, editable=False
    )
    is_default_billing = models.BooleanField(
        "default for billing", null=True, editable=False
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AddressQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "addresses"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("user", "is_default_shipping"),
                name="address_one_default_shipping",
            ),
            models.UniqueConstraint(
                fields=("user", "is_default_billing"),
                name="address_one_default_billing",
            ),
            models.CheckConstraint(
                condition=Q(is_default_shipping__isnull=True)
                | Q(is_default_shipping=True),
                name="address_shipping_true_or_null",
            ),
            models.CheckConstraint(
                condition=Q(is_default_billing__isnull=True)
                | Q(is_default_billing=True),
                name="address_billing_true_or_null",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.last_name}, {self.line1}, {self.city}, {self.country}"

    @property
    def revision(self) -> str:
        """Return what changes with every write, and is no other address's."""
        return f"{self.public_id.hex[-12:]}.{self.version}"

    def as_copy(self) -> dict[str, str]:
        """Return the parts, as orders keep them."""
        return {name: getattr(self, name) for name in PARTS}
