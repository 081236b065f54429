"""What keys of the shop's own staff may do with the catalogue."""

from typing import Final

from users.models import User
from users.scopes import Scope, add_scopes

CATALOGUE_READ: Final = "catalogue:read"
CATALOGUE_WRITE: Final = "catalogue:write"


def _may_read(user: User) -> bool:
    return user.is_staff and user.has_perm("catalogue.view_product")


def _may_write(user: User) -> bool:
    return user.is_staff and user.has_perm("catalogue.change_product")


add_scopes(
    Scope(CATALOGUE_READ, "Read products that are not public yet, too", _may_read),
    Scope(CATALOGUE_WRITE, "Make and change products, as the owner may", _may_write),
)
