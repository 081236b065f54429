"""The catalogue tells of goods, and of nobody."""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from catalogue.models import NumberedProduct, ProductBulk
from catalogue.services import purge_tombstones
from custom.bulks import expired_answers, purge_answers
from custom.privacy import NotPersonal, Retention


def _tombstones() -> QuerySet[NumberedProduct]:
    limit = timezone.now() - timedelta(days=settings.SYNC_TOMBSTONE_DAYS)
    return NumberedProduct.objects.gone_before(limit)


NOT_PERSONAL = (
    NotPersonal("catalogue.Category", ("description",), "of goods"),
    NotPersonal("catalogue.Product", ("description", "attributes"), "of goods"),
    NotPersonal("catalogue.ProductBulk", ("results",), "of goods"),
    NotPersonal("catalogue.Variant", ("attributes",), "of goods"),
    NotPersonal("catalogue.AttributeDefinition", ("options",), "of goods"),
)
RETENTIONS = (
    Retention(
        data="Answers to bulks of products",
        period="`IDEMPOTENCY_KEY_HOURS` from the request",
        due=lambda: expired_answers(ProductBulk),
        apply=lambda: purge_answers(ProductBulk),
        task="catalogue.purge_bulks",
    ),
    Retention(
        data="Notes of products that are gone",
        period="`SYNC_TOMBSTONE_DAYS` from then",
        due=_tombstones,
        apply=purge_tombstones,
        task="catalogue.purge_tombstones",
    ),
)
