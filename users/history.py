"""How accounts, groups and keys are put back: names, never what they may do."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib.auth.models import Group

from custom.history.rules import ModelRules, RevertRefusedError
from users.models import ApiKey, User


class GroupRules(ModelRules[Group]):
    """A former version would give former permissions to all who are in it."""

    forward_only: ClassVar[frozenset[str]] = frozenset({"permissions"})

    def bring_back(self, row: Group, links: Mapping[str, Any]) -> None:
        """Bring a group back that may do nothing yet."""
        super().bring_back(row, {})


class UserRules(ModelRules[User]):
    """A former version would give former permissions and a former address back."""

    def revertible(self) -> frozenset[str]:
        """Return the names, which prove nothing and open nothing."""
        return frozenset({"first_name", "last_name"})

    def put_back(self, row: User, values: Mapping[str, Any]) -> None:
        """Write the names and nothing else."""
        for name, value in values.items():
            setattr(row, name, value)
        row.clean_fields(exclude={"password", "email"})
        row.save(update_fields=list(values))

    def bring_back(self, row: User, links: Mapping[str, Any]) -> None:
        """Bring an account back that opens nothing: no password, no permissions."""
        row.is_staff = row.is_superuser = False
        row.set_unusable_password()
        super().bring_back(row, {})


class ApiKeyRules(ModelRules[ApiKey]):
    """What was revoked stays so, and no former scope comes back."""

    def revertible(self) -> frozenset[str]:
        """Return what people call it."""
        return frozenset({"name"})

    def bring_back(self, row: ApiKey, links: Mapping[str, Any]) -> None:
        """Refuse: what proves a key is not kept."""
        msg = "A deleted key cannot be brought back. Make another."
        raise RevertRefusedError(msg)
