"""Every product has a summary, whoever saves it."""

from django.db.models.signals import post_save
from django.dispatch import receiver

from catalogue.models import Product, ProductSummary


@receiver(post_save, sender=Product)
def add_summary(
    *, instance: Product, created: bool, raw: bool, **_signal: object
) -> None:
    """Give a new product the summary of one that nobody offers."""
    if created and not raw:
        ProductSummary.objects.create(product=instance)
