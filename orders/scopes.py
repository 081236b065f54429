"""What keys of partners may do with orders."""

from typing import Final

from partner.scopes import works_for_partner
from users.scopes import Scope, add_scopes

ORDERS_READ: Final = "orders:read"
ORDERS_SHIP: Final = "orders:ship"

add_scopes(
    Scope(ORDERS_READ, "Read orders of the owner's partners", works_for_partner),
    Scope(ORDERS_SHIP, "Ship their lines, and tell what arrived", works_for_partner),
)
