"""How addresses are put back: through the service of the book."""

from collections.abc import Mapping, Sequence
from typing import Any

from address.models import Address
from address.services import change_address
from custom.history.rules import ModelRules
from users.models import User


class AddressRules(ModelRules[Address]):
    """The defaults of a book are not put back: each is one of all its addresses."""

    def lock_first(self, pks: Sequence[str]) -> None:
        """Lock owners before addresses, as the service does."""
        found = Address.objects.filter(pk__in=pks).order_by()
        for owner in sorted(set(found.values_list("user", flat=True))):
            User.objects.lock(owner)

    def put_back(self, row: Address, values: Mapping[str, Any]) -> None:
        """Let the service check the parts against the country."""
        change_address(row.user_id, row.public_id, dict(values))  # type: ignore[arg-type]

    def bring_back(self, row: Address, links: Mapping[str, Any]) -> None:
        """Bring it back as no default: another may have become one."""
        row.is_default_shipping = row.is_default_billing = None
        super().bring_back(row, links)
