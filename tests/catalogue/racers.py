"""What the processes of a race do."""

import random

from catalogue.errors import (
    CategoryMoveError,
    CategoryNotEmptyError,
    SlugTakenError,
)
from catalogue.models import Category, Product
from catalogue.services import (
    create_category,
    delete_category,
    follow_windows,
    move_category,
    rename_category,
    update_product,
)

CHANGES = 12  # of each process
REFUSALS = (CategoryMoveError, CategoryNotEmptyError, Category.DoesNotExist)


def change_tree(seed: int) -> dict[str, int]:
    """Change the tree and what is in it at random; count the changes by kind."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable mix, not a secret
    made = {"create": 0, "move": 0, "rename": 0, "delete": 0, "file": 0}
    for _ in range(CHANGES):
        kind = chance.choice(["create", "create", *made, "move"])
        try:
            _change(kind, chance)
        except REFUSALS:
            continue  # somebody else was faster
        made[kind] += 1
    return made


def _change(kind: str, chance: random.Random) -> None:
    nodes = list(Category.objects.order_by("pk"))
    node, other = chance.choice(nodes), chance.choice([None, *nodes])
    if kind == "create":
        create_category(name=f"{chance.random()}", parent=other)
    elif kind == "move":
        move_category(node, parent=other)
    elif kind == "rename":
        rename_category(node, f"{chance.random()}")
    elif kind == "delete":
        delete_category(node)
    else:
        product = chance.choice(list(Product.objects.order_by("pk")))
        update_product(product.pk, categories=[node])


def change_slugs(seed: int, slugs: list[str]) -> int:
    """Give products slugs of a few; count those that were free."""
    chance = random.Random(seed)  # noqa: S311 - a repeatable mix, not a secret
    pks = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    made = 0
    for _ in range(CHANGES):
        try:
            update_product(chance.choice(pks), slug=chance.choice(slugs))
        except SlugTakenError:
            continue
        made += 1
    return made


def follow() -> int:
    """Follow windows; count the products."""
    return follow_windows()
