"""What address books tell of a person."""

from address.models import PARTS, Address
from custom.privacy import Holding, Person
from custom.privacy.batches import delete_all
from custom.privacy.traces import forget_rows_of


def _erase(person: Person) -> None:
    """Delete the book, and every version of what was ever in it."""
    delete_all(Address.objects.of_user(person.pk))
    forget_rows_of(Address, "user", person.pk)


HOLDINGS = (
    Holding(
        model="address.Address",
        name="addresses",
        tells="Your address book.",
        personal=("user", *PARTS),
        rows=lambda person: Address.objects.of_user(person.pk),
        shown=(
            "public_id",
            *PARTS,
            "is_default_shipping",
            "is_default_billing",
            "created_at",
        ),
        erasure="Deleted, with its history.",
        erase=_erase,
    ),
)
