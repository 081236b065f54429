"""What a valid tree is."""

from catalogue.models import Category


def faults() -> list[str]:
    """Compare every ``lft``, ``rght``, ``tree_id`` and ``level`` with the parents.

    Returns:
        A sentence for each row that is not where its parent says; none is good.
    """
    rows = list(Category.objects.order_by("tree_id", "lft"))
    children: dict[int | None, list[Category]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)
    tops = children.get(None, [])
    expected: dict[int, tuple[int, int, int, int]] = {}
    for top in tops:
        _number(top, (top.tree_id, 1, 0), children, expected)
    found = [
        f"{row}: {actual} instead of {expected.get(row.pk)}"
        for row in rows
        if (actual := (row.tree_id, row.lft, row.rght, row.level))
        != expected.get(row.pk)
    ]
    if len({top.tree_id for top in tops}) != len(tops):
        found.append(f"tops share a tree: {tops}")
    for siblings in children.values():
        names = [row.name.casefold() for row in siblings]
        if names != sorted(names):
            found.append(f"out of order: {names}")
    return found


def _number(
    row: Category,
    place: tuple[int, int, int],
    children: dict[int | None, list[Category]],
    expected: dict[int, tuple[int, int, int, int]],
) -> int:
    """Number a row and all below it; return the first free number behind them."""
    tree_id, lft, level = place
    position = lft + 1
    for child in children.get(row.pk, []):
        position = _number(child, (tree_id, position, level + 1), children, expected)
    expected[row.pk] = (tree_id, lft, position, level)
    return position + 1
