"""Who acts on an order, and in which role."""

from dataclasses import dataclass
from enum import StrEnum

from users.models import User


class Role(StrEnum):
    """As what somebody acts; one person may have several roles."""

    CUSTOMER = "customer"
    PARTNER = "partner"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody in a role.

    Attributes:
        user: None for guests and for the shop itself.
        partner_ids: The partners a partner's member acts for; empty in other roles.
    """

    role: Role
    user: User | None = None
    partner_ids: frozenset[int] = frozenset()


SYSTEM = Actor(Role.SYSTEM)
