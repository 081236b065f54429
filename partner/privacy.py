"""What partners and their stock tell of a person."""

from django.db.models import QuerySet

from custom.bulks import expired_answers
from custom.privacy import Holding, NotPersonal, Person, Retention
from custom.privacy.batches import delete_all
from partner.models import PartnerMember, StockImport, StockMovement
from partner.services import purge_imports


def _members_of(person: Person) -> QuerySet[PartnerMember]:
    return PartnerMember.objects.filter(user=person.pk)


HOLDINGS = (
    Holding(
        model="partner.PartnerMember",
        name="memberships",
        tells="Partners you work for.",
        personal=("user",),
        rows=_members_of,
        shown=("partner__name", "role"),
        erasure="Deleted.",
        erase=lambda person: delete_all(_members_of(person)),
    ),
    Holding(
        model="partner.StockMovement",
        name="stock_movements",
        tells="Changes of stock that you or your orders caused.",
        personal=("actor",),
        rows=lambda person: StockMovement.objects.filter(actor=person.pk),
        shown=("created_at", "reason", "in_stock_delta", "allocated_delta"),
        erasure="Nothing: the anonymous account stays named.",
        kept="The books of the stock; they name the account by its number.",
    ),
)
NOT_PERSONAL = (
    NotPersonal("partner.StockMovement", ("reason",), "one of a few words"),
    NotPersonal("partner.PartnerRate", ("reason",), "why a company's limit differs"),
    NotPersonal("partner.StockImport", ("results",), "stock and prices"),
    NotPersonal("partner.Partner", ("users",), "declared with the memberships"),
)
RETENTIONS = (
    Retention(
        data="Answers to bulks of stock",
        period="`IDEMPOTENCY_KEY_HOURS` from the request",
        due=lambda: expired_answers(StockImport),
        apply=purge_imports,
        task="partner.purge_stock_imports",
    ),
)
