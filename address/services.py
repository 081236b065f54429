"""Every write to address books; each locks the owner's row first.

The owner's row stands for the book, which may be empty: so two requests can neither
both add the last address that fits nor both make theirs the default.
"""

from collections.abc import Collection
from typing import NamedTuple, TypedDict
from uuid import UUID

from django.db.models import Q

from address.errors import (
    AddressFormatError,
    AddressGoneError,
    AddressMissingError,
    AddressStaleError,
    BookFullError,
)
from address.formats import find_faults
from address.models import MAX_ADDRESSES, Address
from custom.history import recorded
from custom.idempotency import RequestKey, run_once_if_keyed
from custom.ids import new_public_id
from custom.transactions import transactional
from users.models import User

DEFAULTS = ("is_default_shipping", "is_default_billing")
# ``Address.revision`` as the client has seen it, or any of several; None: whatever.
Revisions = Collection[str] | None


class AddressValues(TypedDict, total=False):
    """What is written; parts that are left out stay, or are empty if new."""

    first_name: str
    last_name: str
    company: str
    line1: str
    line2: str
    city: str
    region: str
    postcode: str
    country: str
    phone: str
    vat_id: str
    is_default_shipping: bool
    is_default_billing: bool


class AddedAddress(NamedTuple):
    """An address, and whether an earlier request with the same key added it."""

    address: Address
    is_replay: bool


def add_address(
    owner_id: int, values: AddressValues, *, request_key: RequestKey | None = None
) -> AddedAddress:
    """Put an address into a book, once for each request key if there is one.

    Raises:
        AddressFormatError: It does not fit its country.
        BookFullError: The book has ``MAX_ADDRESSES`` already.
        AddressGoneError: The key's address has been deleted since.
    """
    public_id = new_public_id()

    def work() -> str:
        _add_address(owner_id, public_id, values)
        return str(public_id)

    outcome = run_once_if_keyed(request_key, work, makes=str(public_id))
    book = Address.objects.of_user(owner_id)
    stored = book.filter(public_id=outcome.made).first()
    if stored is None:
        msg = "The address this request added has been deleted."
        raise AddressGoneError(msg)
    return AddedAddress(stored, outcome.is_replay)


@transactional
def change_address(
    owner_id: int, public_id: UUID, values: AddressValues, *, expected: Revisions = None
) -> Address:
    """Write parts of an address; a default it becomes, another ceases to be.

    Raises:
        AddressMissingError: The book has no such address.
        AddressStaleError: It is at none of the ``expected`` revisions.
        AddressFormatError: What comes out does not fit its country.
    """
    address = _lock(owner_id, public_id, expected)
    address.version += 1
    _write(address, values)
    return address


@transactional
def remove_address(
    owner_id: int, public_id: UUID, *, expected: Revisions = None
) -> None:
    """Take an address out of a book; no other becomes a default in its place.

    Raises:
        AddressMissingError: The book has no such address.
        AddressStaleError: It is at none of the ``expected`` revisions.
    """
    address = _lock(owner_id, public_id, expected)
    with recorded("Address removed."):
        address.delete()


@transactional
def _add_address(owner_id: int, public_id: UUID, values: AddressValues) -> None:
    """Insert an address under the lock of its owner; 3 statements and the defaults."""
    User.objects.lock(owner_id)
    if Address.objects.of_user(owner_id).count() >= MAX_ADDRESSES:
        msg = f"An address book takes {MAX_ADDRESSES} addresses."
        raise BookFullError(msg, most=MAX_ADDRESSES)
    _write(Address(user_id=owner_id, public_id=public_id), values)


def _lock(owner_id: int, public_id: UUID, expected: Revisions) -> Address:
    """Lock the owner and then the address, as the client expects it."""
    User.objects.lock(owner_id)
    address = Address.objects.lock(owner_id, public_id)
    if address is None:
        msg = "Your address book has no such address."
        raise AddressMissingError(msg)
    if expected is not None and address.revision not in expected:
        msg = "The address has changed. Please look at it again."
        raise AddressStaleError(msg)
    return address


def _write(address: Address, values: AddressValues) -> None:
    """Store the values, after another address has ceased to be a default."""
    for name, value in values.items():
        setattr(address, name, value)
    _check_format(address)
    for name in DEFAULTS:
        setattr(address, name, getattr(address, name) or None)
    with recorded("Address written."):
        _replace_defaults(address, [name for name in DEFAULTS if values.get(name)])
        address.save()


def _replace_defaults(address: Address, names: Collection[str]) -> None:
    """Let other addresses of the book cease to be what this one becomes.

    1 query, and 1 for each of the at most two; none without names.
    """
    if not names:
        return
    others = Address.objects.of_user(address.user_id).exclude(pk=address.pk)
    having = Q.create([(name, True) for name in names], connector=Q.OR)
    for other in others.filter(having).select_for_update():
        for name in names:
            setattr(other, name, None)
        other.version += 1
        other.save()


def _check_format(address: Address) -> None:
    """Refuse parts that do not fit together, as when two changes met."""
    if faults := find_faults(address.as_copy()):
        errors = [
            {"pointer": f"#/{each.part}", "code": each.code, "detail": each.detail}
            for each in faults
        ]
        raise AddressFormatError(faults[0].detail, errors=errors)
