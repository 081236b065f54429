"""Fills an empty database with films to look at and customers who have bought some.

    python -m script.benches._browse_shop PRODUCTS USERS [--verify]

The first 2,500 products and 200 customers are stored by the services, the others are
their copies. Prints what requests need: slugs of products and categories, ids of what
can be bought, and tokens.
"""

import argparse
import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import django
from django.core.management import call_command
from django.db.models import QuerySet

from custom.batching import batched

BASE = 2_500  # products stored by the services
BATCH = 500  # of them in a transaction; orders too
ORDERS, LINES = 20, 3  # of a user, of an order
REVIEWED = 4  # every so many products
CUSTOMERS = 200  # stored by the services, with their orders
SHOWN = 1_000  # slugs, offers and tokens that are printed, at most
PLENTY = 10  # units of an offer that is printed
WORDS, SHORTEST_WORD = 200, 5  # of titles that are printed; letters
COMMON = 5  # films with such a word: with their copies a full page of any shop

django.setup()

from django.utils import timezone  # noqa: E402

from catalogue.models import Category, Product  # noqa: E402
from catalogue.services import StoredImage  # noqa: E402
from orders.requests import HistoricOrder  # noqa: E402
from orders.services import import_orders  # noqa: E402
from partner.models import StockRecord  # noqa: E402
from reviews.models import Review  # noqa: E402
from reviews.services import refresh_ratings  # noqa: E402
from script.benches._copies import (  # noqa: E402
    analyse_tables,
    copy_customers,
    copy_products,
)
from search.services import rebuild_index  # noqa: E402
from shop.demo.catalogue import load_catalogue  # noqa: E402
from shop.demo.films import Film, read_films  # noqa: E402
from users.models import AuthToken, User  # noqa: E402

ADDRESS = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "company": "",
    "line1": "Stephansplatz 1",
    "line2": "",
    "city": "Wien",
    "region": "",
    "postcode": "1010",
    "country": "AT",
    "phone": "",
}


def main() -> None:
    """Migrate, load, and tell what there is to ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("products", type=int)
    parser.add_argument("users", type=int)
    parser.add_argument("--verify", action="store_true", help="prove that all is right")
    wanted = parser.parse_args()
    call_command("migrate", verbosity=0)
    load_films(min(wanted.products, BASE))
    users = list(make_users(min(wanted.users, CUSTOMERS)))
    load_reviews(users)
    if copies := wanted.products // BASE - 1:
        copy_products(copies)
    load_orders(users)
    if (copies := wanted.users // CUSTOMERS - 1) > 0:
        copy_customers(copies)
    analyse_tables()
    rebuild_index()
    if wanted.verify:
        for command in ("catalogue", "stock", "search_index"):
            call_command(command, "verify")
    print(json.dumps(what_to_ask()))


def load_films(number: int) -> None:
    """Store so many films as the demo shop does, but for the files of their posters."""
    films = islice((row for row in read_films() if isinstance(row, Film)), number)
    load_catalogue(list(films), lambda _stored: None, picture=picture_without_file)


def picture_without_file(film: Film) -> StoredImage:
    """Name a poster that is not on disk."""
    digest = hashlib.sha1(film.title.encode(), usedforsecurity=False).hexdigest()
    return StoredImage(
        name=f"products/{digest[:2]}/{digest}.png",
        alt=f"Poster of {film.title}",
        width=400,
        height=600,
    )


def make_users(number: int) -> Iterator[User]:
    """Store accounts that nobody can sign in to by password."""
    for at in range(number):
        yield User.objects.create_user(f"customer{at}@example.com", first_name="Ada")


def load_reviews(users: list[User]) -> None:
    """Publish one to five reviews of every fourth product."""
    draw = random.Random(5)  # noqa: S311 - the same every time
    pks = list(Product.objects.order_by("pk").values_list("pk", flat=True)[::REVIEWED])
    Review.objects.bulk_create(
        Review(
            product_id=pk,
            author=author,
            rating=draw.randint(1, 5),
            title="As I remember it",
            is_verified_buyer=False,
            state=Review.State.PUBLISHED,
        )
        for pk in pks
        for author in draw.sample(users, min(draw.randint(1, 5), len(users)))
    )
    refresh_ratings(pks)


def load_orders(users: list[User]) -> None:
    """Give each user 20 orders of 3 lines, all of them paid and delivered."""
    draw = random.Random(7)  # noqa: S311 - the same every time
    records = list(
        StockRecord.objects.order_by("pk").values_list("pk", flat=True)[:BASE]
    )
    now = timezone.now().replace(microsecond=0)
    for some in batched(users, BATCH // ORDERS):
        import_orders(
            [
                HistoricOrder(
                    user=user,
                    address=ADDRESS,
                    quantities=dict.fromkeys(draw.sample(records, LINES), 1),
                    placed_at=now - timedelta(days=20 * age + 20),
                    completed_at=now - timedelta(days=20 * age + 10),
                )
                for user in some
                for age in range(ORDERS)
            ]
        )


def what_to_ask() -> dict[str, list[str]]:
    """Return slugs, words, ids of variants and tokens, spread over all there are."""
    products = Product.objects.order_by("pk")
    titles = products.values_list("title", flat=True)[:BASE]
    numbers = Counter(
        word
        for title in titles
        for word in {word.lower() for word in title.split() if word.isalpha()}
    )
    words = sorted(
        word
        for word, number in numbers.items()
        if number >= COMMON and len(word) >= SHORTEST_WORD
    )
    users = User.objects.in_bulk(spread(User.objects.all()))
    tokens = [AuthToken.objects.create(user=user)[1] for user in users.values()]
    stocked = StockRecord.objects.filter(level__num_in_stock__gte=PLENTY)
    offers = StockRecord.objects.in_bulk(spread(stocked))
    return {
        "slugs": [each.slug for each in products.in_bulk(spread(products)).values()],
        "categories": list(Category.objects.values_list("slug", flat=True)),
        "words": words[:: max(len(words) // WORDS, 1)],
        "variants": [str(each.variant_id) for each in offers.values()],
        "tokens": tokens,
        "users": [str(pk) for pk in users],
    }


def spread(rows: QuerySet[Any]) -> list[int]:
    """Return keys of so many rows, as far from each other as there are."""
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    return keys[:: max(len(keys) // SHOWN, 1)][:SHOWN]


if __name__ == "__main__":
    main()
