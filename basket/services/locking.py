"""How a service gets hold of a basket, and lets it go changed."""

from collections.abc import Collection

from django.utils import timezone

from basket.errors import BasketEntryMissingError, BasketStaleError
from basket.holders import Holder
from basket.models import Basket

# ``Basket.revision`` as the client has seen it, or any of several; None: whatever.
Revisions = Collection[str] | None


def lock_or_open(holder: Holder) -> Basket:
    """Lock the holder's open basket, making it if there is none; 1 or 3 statements."""
    found = Basket.objects.lock_held_by(holder.key)
    if found is not None:
        return found
    new = Basket(holder=holder.key, user_id=holder.user_id, version=0)
    Basket.objects.open_unless_held(new)
    return Basket.objects.held_by(holder.key).select_for_update().get()


def lock(holder: Holder, expected: Revisions) -> Basket:
    """Lock the holder's open basket, as the client expects it.

    Raises:
        BasketEntryMissingError: There is none.
        BasketStaleError: It is at none of the ``expected`` revisions.
    """
    basket = Basket.objects.lock_held_by(holder.key)
    if basket is None:
        raise entry_missing()
    check_revision(basket, expected)
    return basket


def check_revision(basket: Basket, expected: Revisions) -> None:
    """Refuse to go on from another revision than the client has seen.

    Raises:
        BasketStaleError: The basket is at none of the ``expected`` revisions.
    """
    if expected is not None and basket.revision not in expected:
        msg = "The basket has changed. Please look at it again."
        raise BasketStaleError(msg)


def touch(basket: Basket, *changed: str) -> None:
    """Store that the basket, which is locked, has changed."""
    basket.version += 1
    basket.updated_at = timezone.now()
    basket.save(update_fields=["version", "updated_at", *changed])


def entry_missing() -> BasketEntryMissingError:
    """Return what is raised for a line or voucher that is not there."""
    return BasketEntryMissingError("Your basket has no such entry.")
