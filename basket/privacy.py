"""What baskets tell of a person."""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from basket.models import Basket, BasketLine, BasketVoucher
from basket.services import purge_baskets
from custom.privacy import Holding, Person, Retention
from custom.privacy.batches import delete_all


def _baskets_of(person: Person) -> QuerySet[Basket]:
    return Basket.objects.filter(user=person.pk)


def _abandoned() -> QuerySet[Basket]:
    limit = timezone.now() - timedelta(days=settings.BASKET_DAYS)
    return Basket.objects.abandoned_before(limit)


HOLDINGS = (
    Holding(
        model="basket.Basket",
        name="baskets",
        tells="Your baskets.",
        personal=("user", "holder"),
        rows=_baskets_of,
        shown=("public_id", "state", "created_at", "updated_at"),
        erasure="Deleted.",
        erase=lambda person: delete_all(_baskets_of(person)),
    ),
    Holding(
        model="basket.BasketLine",
        name="basket_lines",
        tells="What is in your baskets.",
        personal=("basket",),
        rows=lambda person: BasketLine.objects.filter(basket__user=person.pk),
        shown=("basket__public_id", "variant__sku", "quantity"),
        erasure="Deleted with the basket.",
    ),
    Holding(
        model="basket.BasketVoucher",
        name="basket_vouchers",
        tells="Codes you put into your baskets.",
        personal=("basket",),
        rows=lambda person: BasketVoucher.objects.filter(basket__user=person.pk),
        shown=("basket__public_id", "code"),
        erasure="Deleted with the basket.",
    ),
)
RETENTIONS = (
    Retention(
        data="Baskets of guests, and closed ones",
        period="`BASKET_DAYS` from the last change; an account's open basket for as "
        "long as the account",
        due=_abandoned,
        apply=purge_baskets,
        task="basket.purge_baskets",
    ),
)
