"""What processes do in the races of address books."""

from uuid import UUID

from address.services import add_address, change_address

PARTS = {"last_name": "L", "line1": "1", "city": "Wien", "country": "AT"}


def make_default(owner: int, address: str, times: int) -> None:
    """Make an address the default for both, again and again."""
    for _ in range(times):
        values = {"is_default_shipping": True, "is_default_billing": True}
        change_address(owner, UUID(address), values)


def add(owner: int) -> None:
    """Add an address that becomes the default for shipping."""
    values = PARTS | {"postcode": "1010", "is_default_shipping": True}
    add_address(owner, values)
