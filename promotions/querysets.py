"""Every filter, lock and counter update of vouchers, by name."""

import uuid
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from custom.mysql.compiler import lock_through

if TYPE_CHECKING:
    from promotions.models import (  # noqa: F401 - in strings
        Voucher,
        VoucherCounter,
        VoucherRedemption,
    )


class VoucherQuerySet(models.QuerySet["Voucher"]):
    """Codes that take something off."""

    def usable(self, currency: str) -> Self:
        """Keep vouchers that staff have not switched off, of the right currency."""
        return self.filter(is_active=True, currency=currency)

    def with_uses(self) -> Self:
        """Read the counter in the same query."""
        return self.annotate(num_used=F("counter__num_used"))

    def with_uses_of(self, customer: str) -> Self:
        """Count in the same query how often a customer has used each."""
        redemptions: Any = self.model.redemptions.rel.related_model
        used = (
            redemptions.objects.standing()
            .filter(voucher=OuterRef("pk"), customer=customer)
            .order_by()
            .values("voucher")
            .annotate(number=Count("pk"))
            .values("number")
        )
        return self.with_uses().annotate(
            num_used_by_customer=Coalesce(Subquery(used), 0)
        )


class VoucherCounterQuerySet(models.QuerySet["VoucherCounter"]):
    """How often vouchers were used."""

    def count_use(self, limits: Mapping[int, int | None]) -> int:
        """Count one use of every voucher that has one left, in one UPDATE.

        Args:
            limits: Voucher id -> uses at most; None for no limit.

        Returns:
            Number of vouchers that had a use left. The caller raises when it is
            less than ``len(limits)``, which rolls all of it back.
        """
        limited = {pk: limit for pk, limit in limits.items() if limit is not None}
        has_left = ~Q(pk__in=limited)
        if limited:
            most = Case(
                *(When(pk=pk, then=limit) for pk, limit in sorted(limited.items())),
                output_field=models.IntegerField(),
            )
            has_left |= Q(num_used__lt=most)
        return (
            self.filter(pk__in=sorted(limits))
            .filter(has_left)
            .order_by("pk")  # rows are locked in key order
            .update(num_used=F("num_used") + 1)
        )

    def take_use_back(self, voucher_ids: Collection[int]) -> int:
        """Count one use less of each voucher; rows are locked in key order."""
        rows = self.filter(pk__in=sorted(voucher_ids)).order_by("pk")
        return rows.update(num_used=F("num_used") - 1)


class VoucherRedemptionQuerySet(models.QuerySet["VoucherRedemption"]):
    """Uses of vouchers."""

    def standing(self) -> Self:
        """Keep uses that were not given back."""
        return self.filter(given_back_at__isnull=True)

    def lock_standing(self, order: uuid.UUID) -> "list[VoucherRedemption]":
        """Read an order's uses under exclusive locks, by voucher, and no others."""
        # By the key: sorting by the voucher itself would join and lock its row too.
        found = self.standing().filter(order=order).order_by("voucher_id")
        found = lock_through(found, "voucherredemption_once_an_order")
        return list(found.select_for_update())

    def count_by_voucher(
        self, voucher_ids: Collection[int], customer: str
    ) -> dict[int, int]:
        """Return voucher id -> a customer's uses; those never used are left out."""
        rows = self.standing().filter(voucher__in=voucher_ids, customer=customer)
        counts = rows.order_by().values_list("voucher").annotate(number=Count("pk"))
        return dict(counts)
