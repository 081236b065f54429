"""What uses of vouchers tell of a person."""

from django.db.models import QuerySet

from custom.privacy import Holding, Person
from custom.privacy.batches import empty_columns
from promotions.codes import customer_key
from promotions.models import VoucherRedemption

NOBODY = "erased"  # no account's key, and no digest of an address


def _uses_of(person: Person) -> QuerySet[VoucherRedemption]:
    """Return uses by the account, and by a guest of its address if that is proved."""
    found = VoucherRedemption.objects.filter(customer=customer_key(person.pk))
    return found | _uses_of_guest(person)


def _uses_of_guest(person: Person) -> QuerySet[VoucherRedemption]:
    if not person.has_proved_email:
        return VoucherRedemption.objects.none()
    key = customer_key(None, person.email)
    found = VoucherRedemption.objects.filter(customer=key)
    return found.filter(created_at__lte=person.before) if person.before else found


def _erase(person: Person) -> None:
    """Take the digests of the address out; an account is named by its number."""
    empty_columns(_uses_of_guest(person), customer=NOBODY)


HOLDINGS = (
    Holding(
        model="promotions.VoucherRedemption",
        name="vouchers_used",
        tells="Vouchers you used.",
        personal=("customer",),
        rows=_uses_of,
        shown=("voucher__code", "order", "amount", "created_at", "given_back_at"),
        erasure="A digest of your address is taken out; an account stays named by its "
        "number.",
        erase=_erase,
        of_guests=True,
        kept="That a voucher was used for an order, as part of the books.",
    ),
)
