"""Writes to groups."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission

from custom.transactions import transactional
from staff.groups import GROUPS


@dataclass(frozen=True, slots=True)
class Difference:
    """How a group of the database differs from the one that comes with the shop.

    Attributes:
        missing: Permissions that are to be added.
        surplus: Permissions that somebody added, or the shop gives no longer.
    """

    group: str
    missing: frozenset[str]
    surplus: frozenset[str]


def compare_groups() -> list[Difference]:
    """Tell which of the shop's groups differ, and how; 2 queries.

    Permissions that the database does not have (yet) are not missed.
    """
    known = _permission_keys().keys()
    names = [group.name for group in GROUPS]
    held: dict[str, set[str]] = defaultdict(set)
    for name, app, codename in Group.objects.filter(
        name__in=names, permissions__isnull=False
    ).values_list(
        "name", "permissions__content_type__app_label", "permissions__codename"
    ):
        held[name].add(f"{app}.{codename}")
    differences = []
    for group in GROUPS:
        wanted = known & set(group.permissions())
        has = held[group.name]
        if has != wanted:
            missing, surplus = frozenset(wanted - has), frozenset(has - wanted)
            differences.append(Difference(group.name, missing, surplus))
    return differences


@transactional
def keep_groups(*, exact: bool = False) -> list[Difference]:
    """Give the shop's groups what they lack; return how they differed.

    Groups of other names are left alone.

    Args:
        exact: Take away what the shop does not give, too.
    """
    names = [group.name for group in GROUPS]
    Group.objects.bulk_create(
        [Group(name=name) for name in names], ignore_conflicts=True
    )
    differences = compare_groups()
    keys = _permission_keys()
    groups = dict(Group.objects.filter(name__in=names).values_list("name", "pk"))
    through = Group.permissions.through
    through.objects.bulk_create(
        [
            through(group_id=groups[found.group], permission_id=keys[right])
            for found in differences
            for right in sorted(found.missing)
        ],
        ignore_conflicts=True,
    )
    if exact:
        for found in differences:
            _take_away(groups[found.group], [keys[each] for each in found.surplus])
    return differences


def _take_away(group_id: int, permission_ids: Collection[int]) -> None:
    """Delete grants of a group."""
    grants = Group.permissions.through.objects.filter(group=group_id)
    grants.filter(permission__in=permission_ids).delete()


def _permission_keys() -> dict[str, int]:
    """Return every permission's name, as ``has_perm`` takes it -> its key; 1 query."""
    found = Permission.objects.values_list("pk", "content_type__app_label", "codename")
    return {f"{app}.{codename}": pk for pk, app, codename in found}
