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
    found: list[str] = []
    tree_ids = [top.tree_id for top in children.get(None, [])]
    if len(set(tree_ids)) != len(tree_ids):
        found.append(f"tops share a tree: {tree_ids}")
    seen = sum(
        _check(top, top.tree_id, 1, 0, children, found)
        for top in children.get(None, [])
    )
    if seen != len(rows):
        found.append(f"{len(rows) - seen} rows hang from nowhere")
    return found


def _check(
    row: Category,
    tree_id: int,
    lft: int,
    level: int,
    children: dict[int | None, list[Category]],
    found: list[str],
) -> int:
    """Walk a row and all below it; return how many rows that are."""
    below = children.get(row.pk, [])
    names = [child.name.casefold() for child in below]
    if names != sorted(names):
        found.append(f"below {row}: {names}")
    seen, position = 1, lft + 1
    for child in below:
        size = _check(child, tree_id, position, level + 1, children, found)
        seen += size
        position += 2 * size
    expected = (tree_id, lft, position, level)
    actual = (row.tree_id, row.lft, row.rght, row.level)
    if actual != expected:
        found.append(f"{row}: {actual} instead of {expected}")
    return seen
