"""What the processes of a race do."""

import random
import time
from decimal import Decimal
from typing import Any

from django.test import Client
from rest_framework.test import APIClient

from catalogue.errors import (
    CategoryMoveError,
    CategoryNotEmptyError,
    SlugTakenError,
)
from catalogue.models import Category, ChangeCounter, Product
from catalogue.services import (
    create_category,
    delete_category,
    follow_windows,
    move_category,
    number_changes,
    rename_category,
    update_product,
)
from custom.transactions import run_in_transaction
from partner.services import update_stock_record
from tests.child import tell
from users.models import User

LAST_TITLE = "The end"  # of the product that tells a reader to stop
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


def change_products(seed: int, own: list[int], records: list[int]) -> int:
    """Change products at random, numbering now and then; count the changes.

    Args:
        seed: Of the mix.
        own: Products nobody else deletes.
        records: Stock records that anyone may give a price.
    """
    chance = random.Random(seed)  # noqa: S311 - a repeatable mix, not a secret
    alive = list(own)
    for step in range(CHANGES):
        product = chance.choice(alive)
        kind = chance.choice(["title", "title", "hide", "show", "price", "delete"])
        if kind == "title":
            update_product(product, title=f"Title {seed} {step}")
        elif kind == "price":
            price = Decimal(chance.randrange(1, 9999)) / 100
            update_stock_record(chance.choice(records), price=price)
        elif kind == "delete" and len(alive) > 1:
            alive.remove(product)
            Product.objects.get(pk=product).delete()
        else:
            update_product(product, is_public=kind == "show")
        if chance.random() < 0.7:  # else somebody else's message brings it along
            number_changes()
    return CHANGES


def hold_change(record: int) -> int:
    """Change a price and commit only once later changes have long been numbered."""

    def change() -> int:
        update_stock_record(record, price=Decimal("12.34"))
        first = _last_number()
        tell("holding")
        while _last_number() < first + 10:
            time.sleep(0.01)
        return _last_number() - first

    passed = run_in_transaction(change)
    number_changes()
    return passed


def keep_copy(marker: int) -> dict[str, Any]:
    """Sync without a pause until the marker has its last title; return the copy."""
    client = Client(SERVER_NAME="localhost")
    rows: dict[int, Any] = {}
    url = "/api/product/?updated_since=0&page_size=3"
    tell("syncing")
    while rows.get(marker, {}).get("title") != LAST_TITLE:
        body = client.get(url).json()
        for pk in body["deleted"]:
            rows.pop(pk, None)
        rows |= {row["id"]: row for row in body["results"]}
        url = f"/api/product/?updated_since={body['synced_at']}&page_size=3"
    return {str(pk): row for pk, row in rows.items()}


def put(user: int, path: str, body: dict[str, Any]) -> int:
    """Send a body as one of the staff; return the status."""
    client = APIClient(SERVER_NAME="localhost")
    client.force_authenticate(User.objects.get(pk=user))
    return client.put(path, body, format="json").status_code


def post(user: int, path: str, body: dict[str, Any]) -> list[str]:
    """Send rows as one of the staff; return what became of each."""
    client = APIClient(SERVER_NAME="localhost")
    client.force_authenticate(User.objects.get(pk=user))
    results = client.post(path, body, format="json").json()["results"]
    return [each["outcome"] for each in results]


def add_page(user: int, path: str, values: dict[str, Any]) -> int:
    """Send the page that adds a row; return the status, 302 where one was added."""
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    client.force_login(User.objects.get(pk=user))
    return client.post(path, values).status_code


def _last_number() -> int:
    return ChangeCounter.objects.get().last
