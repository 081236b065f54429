"""``manage.py rebuild_lists``: work out again what product lists show."""

from django.core.management.base import BaseCommand

from catalogue.models import Product
from catalogue.services import recount_listings, refresh_listings
from custom.batching import batched
from partner.services import refresh_summaries

BATCH = 5000  # products in one transaction


class Command(BaseCommand):
    """Rebuilds summaries and lists, as after a change of ``SHOP_CURRENCY``."""

    help = "Work out again the prices, availability and lists of all products."

    def handle(self, *args: object, **options: object) -> None:
        """Go through all products, then count."""
        pks = list(Product.objects.order_by("pk").values_list("pk", flat=True))
        for batch in batched(pks, BATCH):
            refresh_summaries(batch)
            refresh_listings(batch)
        recount_listings()
        self.stdout.write(f"{len(pks)} products.")
