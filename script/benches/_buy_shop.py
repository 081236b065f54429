"""Adds products to buy to a database, and prints their variants' ids."""

import json
import sys
from decimal import Decimal

import django
from django.core.management import call_command

UNITS = 1_000_000

django.setup()

from catalogue.models import Product, ProductType, Variant  # noqa: E402
from partner.models import Partner  # noqa: E402
from partner.services import NewStockRecord, create_stock_records  # noqa: E402


def main(number: int) -> None:
    """Migrate, and offer one variant of each of so many products."""
    call_command("migrate", verbosity=0)
    kind = ProductType.objects.create(code="bought-film", name="Film")
    products = Product.objects.bulk_create(
        Product(product_type=kind, title=f"Film {at}", slug=f"bought-film-{at}")
        for at in range(number)
    )
    variants = Variant.objects.bulk_create(
        Variant(product=product, sku=f"BOUGHT-{product.pk}") for product in products
    )
    partner = Partner.objects.create(code="bought-from", name="Seller")
    create_stock_records(
        [
            NewStockRecord(
                partner_id=partner.pk,
                variant_id=variant.pk,
                partner_sku=variant.sku,
                price=Decimal("9.90"),
                currency="EUR",
                num_in_stock=UNITS,
            )
            for variant in variants
        ],
        source="bench",
    )
    print(json.dumps([variant.pk for variant in variants]))


if __name__ == "__main__":
    main(int(sys.argv[1]))
