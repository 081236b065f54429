"""What keys of partners may do with stock."""

from typing import Final

from partner.models import PartnerMember
from users.models import User
from users.scopes import Scope, add_scopes

STOCK_READ: Final = "stock:read"
STOCK_WRITE: Final = "stock:write"


def works_for_partner(user: User) -> bool:
    """Tell whether an account works for some partner, as the API asks it; 1 query."""
    return PartnerMember.objects.of_user(user.pk).exists()


add_scopes(
    Scope(STOCK_READ, "Read the stock of the owner's partners", works_for_partner),
    Scope(STOCK_WRITE, "Change it, as the owner may", works_for_partner),
)
