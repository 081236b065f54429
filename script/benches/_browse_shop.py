"""Fills an empty database with films to look at and customers who have bought some.

    python -m script.benches._browse_shop PRODUCTS USERS [--verify]

The first 2,500 products are stored by the services, the others are their copies. Prints
what requests need: slugs of products and categories, and tokens.
"""

import argparse
import hashlib
import json
import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

import django
from django.core.management import call_command

BASE = 2_500  # products stored by the services
BATCH = 500  # of them in a transaction; orders too
ORDERS, LINES = 20, 3  # of a user, of an order
REVIEWED = 4  # every so many products
SHOWN = 1_000  # slugs that are printed
WORDS, SHORTEST_WORD = 200, 5  # of titles that are printed; letters

django.setup()

from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from catalogue.models import Category, Product, Variant  # noqa: E402
from catalogue.services import (  # noqa: E402
    NewProduct,
    NewVariant,
    StoredImage,
    create_category,
    create_product_type,
    create_products,
)
from orders.requests import HistoricOrder  # noqa: E402
from orders.services import import_orders  # noqa: E402
from partner.models import Partner, StockRecord  # noqa: E402
from partner.services import (  # noqa: E402
    NewStockRecord,
    create_partner,
    create_stock_records,
)
from reviews.models import Review  # noqa: E402
from reviews.services import refresh_ratings  # noqa: E402
from script.benches._copies import analyse_tables, copy_products  # noqa: E402
from search.services import rebuild_index  # noqa: E402
from shop.demo.catalogue import DEFINITIONS  # noqa: E402
from shop.demo.films import Film, read_films  # noqa: E402
from shop.demo.rules import FORMATS, formats_of, listings_of, sku_of  # noqa: E402
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
    users = list(make_users(wanted.users))
    load_reviews(users)
    if copies := wanted.products // BASE - 1:
        copy_products(copies)
        analyse_tables()
    rebuild_index()
    load_orders(users)
    if wanted.verify:
        for command in ("catalogue", "stock", "search_index"):
            call_command(command, "verify")
    print(json.dumps(what_to_ask(users)))


def load_films(number: int) -> None:
    """Store so many products with variants, pictures, categories and offers."""
    films = list(islice((row for row in read_films() if isinstance(row, Film)), number))
    kind = create_product_type(code="film", name="Film", definitions=DEFINITIONS)
    categories = make_categories(films)
    partners = make_partners(films)
    for start in range(0, number, BATCH):
        batch = films[start : start + BATCH]
        create_products(
            [
                new_product(film, categories[film.genre, film.creative_type])
                for film in batch
            ],
            product_type=kind,
        )
        create_stock_records(list(offers(batch, partners)), source="bench")


def new_product(film: Film, category: Category) -> NewProduct:
    """Describe a film as the demo shop does; there is no file behind its picture."""
    digest = hashlib.sha1(film.title.encode(), usedforsecurity=False).hexdigest()
    facts = [film.genre, film.creative_type, film.year, film.director]
    return NewProduct(
        title=film.title,
        description=" · ".join(fact for fact in facts if fact),
        attributes={
            "director": film.director,
            "release_date": film.released_on,
            "rating": film.rating,
            "running_time": film.minutes,
            "score": film.score,
            "source": film.source,
        },
        categories=(category,),
        images=(
            StoredImage(
                name=f"products/{digest[:2]}/{digest}.png",
                alt=f"Poster of {film.title}",
                width=400,
                height=600,
            ),
        ),
        variants=[
            NewVariant(
                sku=sku_of(film, name), title=FORMATS[name], attributes={"format": name}
            )
            for name in formats_of(film)
        ],
    )


def offers(films: list[Film], partners: dict[str, Partner]) -> Iterator[NewStockRecord]:
    """Yield what the demo's rule makes of the films."""
    skus = [sku_of(film, name) for film in films for name in FORMATS]
    variants = dict(Variant.objects.filter(sku__in=skus).values_list("sku", "pk"))
    for film in films:
        for listing in listings_of(film):
            sku = sku_of(film, listing.format)
            yield NewStockRecord(
                partner_id=partners[listing.partner].pk,
                variant_id=variants[sku],
                partner_sku=sku,
                price=listing.price,
                compare_at_price=listing.compare_at_price,
                currency=settings.SHOP_CURRENCY,
                num_in_stock=listing.num_in_stock,
                backorder=listing.backorder,
            )


def make_categories(films: list[Film]) -> dict[tuple[str, str], Category]:
    """Store genres with creative types below them."""
    found: dict[tuple[str, str], Category] = {}
    tops: dict[str, Category] = {}
    for genre, kind in sorted({(film.genre, film.creative_type) for film in films}):
        top = tops.get(genre) or create_category(name=genre or "Unsorted")
        tops[genre] = top
        found[genre, kind] = create_category(name=kind, parent=top) if kind else top
    return found


def make_partners(films: list[Film]) -> dict[str, Partner]:
    """Store who sells the films."""
    names = sorted({each.partner for film in films for each in listings_of(film)})
    return {
        name: create_partner(code=f"seller-{number}", name=name)
        for number, name in enumerate(names)
    }


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
    for start in range(0, len(users), BATCH // ORDERS):
        import_orders(
            [
                HistoricOrder(
                    user=user,
                    address=ADDRESS,
                    quantities=dict.fromkeys(draw.sample(records, LINES), 1),
                    placed_at=now - timedelta(days=20 * age + 20),
                    completed_at=now - timedelta(days=20 * age + 10),
                )
                for user in users[start : start + BATCH // ORDERS]
                for age in range(ORDERS)
            ]
        )


def what_to_ask(users: list[User]) -> dict[str, list[str]]:
    """Return slugs, words and tokens, spread over all there are."""
    count = Product.objects.count()
    products = Product.objects.order_by("pk")
    slugs = list(products.values_list("slug", flat=True)[:: max(count // SHOWN, 1)])
    titles = products.values_list("title", flat=True)[:BASE]
    words = sorted(
        {
            word.lower()
            for title in titles
            for word in title.split()
            if word.isalpha() and len(word) >= SHORTEST_WORD
        }
    )
    tokens = [AuthToken.objects.create(user=user)[1] for user in users]
    return {
        "slugs": slugs,
        "categories": list(Category.objects.values_list("slug", flat=True)),
        "words": words[:: max(len(words) // WORDS, 1)],
        "tokens": tokens,
        "users": [str(user.pk) for user in users],
    }


if __name__ == "__main__":
    main()
