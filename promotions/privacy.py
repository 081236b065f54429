"""What uses of vouchers tell of a person."""

from django.db.models import QuerySet

from custom.privacy import Holding, Person
from promotions.codes import customer_key
from promotions.models import VoucherRedemption


def _uses_of(person: Person) -> QuerySet[VoucherRedemption]:
    return VoucherRedemption.objects.filter(customer=customer_key(person.pk))


HOLDINGS = (
    Holding(
        model="promotions.VoucherRedemption",
        name="vouchers_used",
        tells="Vouchers you used.",
        personal=("customer",),
        rows=_uses_of,
        shown=("voucher__code", "order", "amount", "created_at", "given_back_at"),
        erasure="Nothing: the anonymous account stays named.",
        kept="That a voucher was used for an order, as part of the books.",
    ),
)
