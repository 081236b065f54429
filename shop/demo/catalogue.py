"""Films become categories, partners, products and offers."""

from collections.abc import Callable, Iterable, Sequence

from django.conf import settings
from django.utils.text import slugify

from catalogue.models import AttributeDefinition, Category, ProductType, Variant
from catalogue.services import (
    NewDefinition,
    NewProduct,
    NewVariant,
    StoredImage,
    create_category,
    create_product_type,
    create_products,
    store_image,
)
from custom.history import recorded
from custom.transactions import transactional
from partner.models import Partner
from partner.services import NewStockRecord, create_partner, create_stock_records
from shop.demo.films import RATINGS, Film
from shop.demo.posters import draw_poster
from shop.demo.rules import (
    FORMATS,
    HOUSE_PARTNER,
    REASON,
    WEIGHT_GRAMS,
    formats_of,
    listings_of,
    sku_of,
)

FILM_TYPE = "film"
UNSORTED = "Unsorted"
SOURCE = "demo"  # of the first stock movements
BATCH = 400  # films stored in one transaction

Kind = AttributeDefinition.Kind
DEFINITIONS = (
    NewDefinition(code="director", name="Director", kind=Kind.TEXT),
    NewDefinition(code="release_date", name="Release date", kind=Kind.DATE),
    NewDefinition(
        code="rating",
        name="Rating",
        kind=Kind.CHOICE,
        options=[(rating, rating) for rating in RATINGS],
        is_facet=True,
    ),
    NewDefinition(
        code="running_time", name="Running time (minutes)", kind=Kind.INTEGER
    ),
    NewDefinition(code="score", name="Score", kind=Kind.DECIMAL),
    NewDefinition(code="source", name="Source", kind=Kind.TEXT, is_facet=True),
    NewDefinition(
        code="format",
        name="Format",
        kind=Kind.CHOICE,
        applies_to=AttributeDefinition.AppliesTo.VARIANT,
        options=tuple(FORMATS.items()),
        is_required=True,
        is_facet=True,
    ),
)


def draw_picture(film: Film) -> StoredImage:
    """Write a film's poster to disk."""
    poster = draw_poster(film.title, _credit(film), film.year)
    return store_image(poster, alt=f"Poster of {film.title}")


def load_catalogue(
    films: Sequence[Film],
    report: Callable[[int], object],
    *,
    picture: Callable[[Film], StoredImage] = draw_picture,
) -> int:
    """Store the films that are not there yet, some hundred in one transaction.

    Args:
        films: Rows of one list; a film is known by its line in it.
        report: Told how many of the missing films are stored.
        picture: Makes what a film's page shows.

    Returns:
        Number of films stored.
    """
    product_type = ProductType.objects.filter(code=FILM_TYPE).first()
    if product_type is None:
        product_type = create_product_type(
            code=FILM_TYPE, name="Film", definitions=DEFINITIONS
        )
    categories = _categories(films)
    partners = _partners(films)
    known = set(
        Variant.objects.filter(product__product_type=product_type).values_list(
            "sku", flat=True
        )
    )
    missing = [film for film in films if sku_of(film, formats_of(film)[0]) not in known]
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        products = [
            _product(film, categories[film.genre, film.creative_type], picture(film))
            for film in batch
        ]
        _store(batch, products, product_type, partners)
        report(start + len(batch))
    return len(missing)


@transactional
@recorded(REASON)
def _store(
    films: Sequence[Film],
    products: Sequence[NewProduct],
    product_type: ProductType,
    partners: dict[str, Partner],
) -> None:
    """Store products and their offers together, so that a film is whole or absent."""
    create_products(products, product_type=product_type)
    skus = [variant.sku for product in products for variant in product.variants]
    variants = dict(Variant.objects.filter(sku__in=skus).values_list("sku", "pk"))
    create_stock_records(
        [
            NewStockRecord(
                partner_id=partners[listing.partner].pk,
                variant_id=variants[sku_of(film, listing.format)],
                partner_sku=sku_of(film, listing.format),
                price=listing.price,
                compare_at_price=listing.compare_at_price,
                currency=settings.SHOP_CURRENCY,
                num_in_stock=listing.num_in_stock,
                backorder=listing.backorder,
            )
            for film in films
            for listing in listings_of(film)
        ],
        source=SOURCE,
    )


def _credit(film: Film) -> str:
    return f"Directed by {film.director}" if film.director else film.distributor


def _product(film: Film, category: Category, image: StoredImage) -> NewProduct:
    """Describe a film as a product."""
    facts = [film.genre, film.creative_type, film.year, _credit(film)]
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
        images=(image,),
        variants=[
            NewVariant(
                sku=sku_of(film, name),
                title=FORMATS[name],
                attributes={"format": name},
                weight_grams=WEIGHT_GRAMS[name],
            )
            for name in formats_of(film)
        ],
    )


def _categories(films: Iterable[Film]) -> dict[tuple[str, str], Category]:
    """Return the category of each genre and creative type, made where missing."""
    known = {category.slug: category for category in Category.objects.all()}

    def find(slug: str, name: str, parent: Category | None) -> Category:
        if slug not in known:
            known[slug] = create_category(name=name, slug=slug, parent=parent)
        return known[slug]

    found: dict[tuple[str, str], Category] = {}
    for genre, kind in sorted({(film.genre, film.creative_type) for film in films}):
        name = genre or UNSORTED
        top = find(slugify(name), name, None)
        below = slugify(f"{name} {kind}")
        found[genre, kind] = find(below, kind, top) if kind else top
    return found


def _partners(films: Iterable[Film]) -> dict[str, Partner]:
    """Return the partner of each distributor by its name, made where missing."""
    known = {partner.code: partner for partner in Partner.objects.all()}
    names = {listing.partner for film in films for listing in listings_of(film)}
    found = {}
    for name in sorted(names | {HOUSE_PARTNER}):
        code = slugify(name)
        if code not in known:
            known[code] = create_partner(code=code, name=name)
        found[name] = known[code]
    return found
