"""Searches, facets, suggestions and updates, beside raw Xapian and SQL LIKE.

    script/bench search [--json FILE] [--rounds N]

Measures on the demo shop's films, then on about 10,000 products (the same films three
times). Each figure is the median of many calls in one process: the index and the
database are warm. Whole requests go through Django without a web server.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import count
from pathlib import Path

import django

from script.lib.console import run_main, say
from tests.servers import private_servers

ROUNDS = 60
COPIES = 2  # of the demo's films, on top of them
WORD = "king"
FACETS = "category,partner,price,attr.rating"
BATCH = 400
Timing = dict[str, float]


def main() -> int:
    """Measure both sizes, print a table, and store the numbers if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the numbers here")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    wanted = parser.parse_args()
    with private_servers(), tempfile.TemporaryDirectory() as place:
        _prepare(Path(place))
        sizes = {}
        for copies in (0, COPIES):
            count = _load(copies)
            say(f"Measuring with {count} products")
            sizes[str(count)] = _measure(wanted.rounds)
    _print(sizes)
    if wanted.json:
        rows = [
            {"name": name, "products": int(count), "ms": value}
            for count, timing in sizes.items()
            for name, value in timing.items()
        ]
        wanted.json.write_text(json.dumps(rows, indent=2))
    return 0


def _prepare(place: Path) -> None:
    """Set Django up on private servers, with an empty shop."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "shop.settings.dev",
        "DJANGO_DEBUG": "0",
        "DJANGO_ALLOWED_HOSTS": "testserver",
        "SHOP_DEMO": "1",
        "LOG_LEVEL": "ERROR",
        "MEDIA_ROOT": str(place / "media"),
        "SEARCH_URL": f"xapian://{place / 'search'}",
        "EMAIL_URL": "memorymail://",
        "RATE_PER_MINUTE": "60000/min",
    }
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - after setup

    call_command("migrate", interactive=False, verbosity=0)


def _load(copies: int) -> int:
    """Load the demo's films, or more of them without pictures; count products."""
    from django.core.management import call_command  # noqa: PLC0415

    from catalogue.models import Product  # noqa: PLC0415

    if not copies:
        call_command("load_demo", stdout=sys.stderr)
    for copy in range(copies):
        _copy_films(copy)
    return Product.objects.count()


def _copy_films(copy: int) -> None:
    """Store each film of the demo once more, with an offer of the first partner."""
    from catalogue.models import Category, ProductType, Variant  # noqa: PLC0415
    from catalogue.services import (  # noqa: PLC0415
        NewProduct,
        NewVariant,
        create_products,
    )
    from partner.models import Partner  # noqa: PLC0415
    from partner.services import (  # noqa: PLC0415
        NewStockRecord,
        create_stock_records,
    )
    from shop.demo.films import Film, read_films  # noqa: PLC0415

    films = [row for row in read_films() if isinstance(row, Film)]
    kind, partner = ProductType.objects.get(code="film"), Partner.objects.first()
    assert partner is not None  # noqa: S101 - the demo shop has some
    leaves = {row.name: row for row in Category.objects.filter(level=1)}
    for start in range(0, len(films), BATCH):
        batch = films[start : start + BATCH]
        create_products(
            [
                NewProduct(
                    title=film.title,
                    description=f"{film.genre} {film.creative_type}",
                    attributes={"director": film.director, "rating": film.rating},
                    categories=[leaves[film.creative_type]]
                    if film.creative_type in leaves
                    else [],
                    variants=[
                        NewVariant(
                            sku=f"copy-{copy}-{film.line}",
                            attributes={"format": "dvd"},
                        )
                    ],
                )
                for film in batch
            ],
            product_type=kind,
        )
        skus = [f"copy-{copy}-{film.line}" for film in batch]
        found = Variant.objects.filter(sku__in=skus).values_list("pk", "sku")
        create_stock_records(
            [
                NewStockRecord(
                    partner_id=partner.pk,
                    variant_id=pk,
                    partner_sku=sku,
                    price=Decimal(4 + pk % 20),
                    currency="EUR",
                    num_in_stock=pk % 3,
                )
                for pk, sku in found
            ],
            source="bench",
        )


def _measure(rounds: int) -> Timing:
    """Return name -> milliseconds, the median; a rebuild's are of one."""
    from django.test import Client  # noqa: PLC0415

    from catalogue.models import Product  # noqa: PLC0415
    from catalogue.services import announce_changes  # noqa: PLC0415
    from search.services import (  # noqa: PLC0415
        find_drift,
        follow_changes,
        rebuild_index,
    )

    timing = {"rebuild": _once(rebuild_index), "verify": _once(find_drift)}
    client = Client()
    pages = {
        "search": f"?q={WORD}",
        "search, best of everything": "",
        "phrase": "?q=%22king+kong%22",
        "typo": "?q=kign+kogn",
        "filters and order": f"?q={WORD}&in_stock=true&price_max=10&ordering=price",
        "4 facets": f"?q={WORD}&facets={FACETS}",
        "4 facets of everything": f"?facets={FACETS}",
        "3 facets, one chosen": "?facets=category,partner,attr.rating&attr.rating=R",
        "suggest": "suggest/?q=ki",
    }
    for name, query in pages.items():
        timing[f"request: {name}"] = _median(rounds, _get(client, query))
    pks = list(Product.objects.values_list("pk", flat=True)[:500])

    def update(number: int) -> Callable[[], object]:
        announce_changes(pks[:number])
        return follow_changes

    timing["update 1 product"] = statistics.median(_once(update(1)) for _ in range(9))
    timing["update 500 products"] = _once(update(500))
    timing |= _floors(rounds)
    return timing


def _get(client: object, query: str) -> Callable[[], object]:
    """Return a request for what nobody has asked before, but for suggestions."""
    cents = count()

    def ask() -> None:
        sign = "&" if "?" in query else "?"
        new = "" if "suggest" in query else f"{sign}price_min={next(cents) / 100}"
        answer = client.get(f"/api/search/{query}{new}")  # type: ignore[attr-defined]
        assert answer.status_code == 200, answer.content  # noqa: S101, PLR2004

    return ask


def _floors(rounds: int) -> Timing:
    """Measure the search alone, and what it is compared with."""
    import xapian  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from search.premises import read_premises  # noqa: PLC0415
    from search.requests import SearchRequest  # noqa: PLC0415
    from search.selectors import search_products  # noqa: PLC0415

    def search(facets: tuple[str, ...] = ()) -> Callable[[], object]:
        wanted = SearchRequest(query=WORD, facets=facets, limit=20)
        cents = count()
        return lambda: search_products(
            replace(wanted, price_min=next(cents)), read_premises()
        )

    path = f"{settings.HAYSTACK_CONNECTIONS['default']['PATH']}/current"

    def raw_xapian() -> None:
        database = xapian.Database(path)
        enquire = xapian.Enquire(database)
        terms = [f"Z{prefix}:{WORD}" for prefix in ("XT", "XD", "XB")]
        enquire.set_query(xapian.Query(xapian.Query.OP_OR, terms))
        found = enquire.get_mset(0, 20, database.get_doccount())
        for match in found:
            match.document.get_value(0)

    def like(where: str, words: list[str]) -> Callable[[], object]:
        def ask() -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT SQL_CALC_FOUND_ROWS id, title FROM catalogue_product "  # noqa: S608
                    f"WHERE is_public AND ({where}) ORDER BY title LIMIT 20",
                    words,
                )
                cursor.fetchall()

        return ask

    text = "title LIKE %s OR description LIKE %s OR attributes LIKE %s"
    return {
        "search alone, no page": _median(rounds, search()),
        "search alone, 4 facets": _median(rounds, search(tuple(FACETS.split(",")))),
        "floor: raw Xapian": _median(rounds, raw_xapian),
        "floor: SQL LIKE on titles": _median(rounds, like("title LIKE %s", ["%king%"])),
        "floor: SQL LIKE on all texts": _median(rounds, like(text, ["%king%"] * 3)),
    }


def _median(rounds: int, work: Callable[[], object]) -> float:
    work()
    return statistics.median(_once(work) for _ in range(rounds))


def _once(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def _print(sizes: dict[str, Timing]) -> None:
    """Print milliseconds, and how often the raw query would fit in."""
    heads = [f"{count} products" for count in sizes]
    print(f"{'ms':34}" + "".join(f"{head:>17}{'x raw':>8}" for head in heads))
    for name in next(iter(sizes.values())):
        row = f"{name:34}"
        for timing in sizes.values():
            ratio = timing[name] / timing["floor: raw Xapian"]
            row += f"{timing[name]:17.2f}{ratio:8.1f}"
        print(row)


if __name__ == "__main__":
    run_main(main)
