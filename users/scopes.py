"""What an API key may be let do, and who may let it.

An app names its scopes in a ``scopes.py`` that its ``ready()`` imports; a view names
the one it needs in ``key_scope`` (custom.api.views).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from users.models import User


@dataclass(frozen=True)
class Scope:
    """One thing a key may do, in the name of its owner.

    Attributes:
        code: ``stock:read``; never given another meaning.
        label: What it allows, for people.
        is_held_by: Tells whether an account may do so itself. Views ask for the same
            right at each request, so a key ends with the right of its owner.
    """

    code: str
    label: str
    is_held_by: Callable[[User], bool]


SCOPES: Final[dict[str, Scope]] = {}


def add_scopes(*scopes: Scope) -> None:
    """Make scopes known; called once for each, at start-up."""
    SCOPES.update({scope.code: scope for scope in scopes})


def held_scopes(user: User) -> list[Scope]:
    """Return what an account may give to a key, by code; a few queries."""
    return [SCOPES[code] for code in sorted(SCOPES) if SCOPES[code].is_held_by(user)]


def missing_scopes(user: User, codes: Collection[str]) -> list[str]:
    """Return those of the codes that nobody knows, or the account does not hold."""
    held = {scope.code for scope in held_scopes(user)}
    return sorted({*codes} - held)
