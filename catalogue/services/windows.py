"""Let lists and search follow windows that open or close by themselves."""

from django.utils import timezone

from catalogue.models import ProductSummary
from catalogue.services.listings import refresh_listings
from catalogue.services.values import in_batches


def follow_windows() -> int:
    """Bring lists in step with every window that has opened or closed; count products.

    Each batch is a transaction of its own. What a crash leaves undone is still due;
    what is done twice, by two workers, is the same.
    """
    due = ProductSummary.objects.due(timezone.now())
    pks = list(due.values_list("pk", flat=True))
    for batch in in_batches(pks):
        refresh_listings(batch)
    return len(pks)
