"""Writes to partners and their staff."""

from catalogue.models import Product
from catalogue.services import announce_changes
from custom.history import recorded
from custom.transactions import transactional
from partner.models import Partner, PartnerMember
from partner.services.summaries import refresh_summaries
from users.models import User


@transactional
def create_partner(*, code: str, name: str, is_active: bool = True) -> Partner:
    """Store a partner."""
    with recorded("Partner created."):
        return Partner.objects.create(code=code, name=name, is_active=is_active)


@transactional
def update_partner(
    partner_id: int, *, name: str | None = None, is_active: bool | None = None
) -> Partner:
    """Rename a partner, or start or stop selling its offers; locks the partner."""
    partner = Partner.objects.select_for_update().get(pk=partner_id)
    before = (partner.name, partner.is_active)
    if name is not None:
        partner.name = name
    if is_active is not None:
        partner.is_active = is_active
    with recorded("Partner changed."):
        partner.save()
    if (partner.name, partner.is_active) != before:  # pages show both
        offered = Product.objects.filter(variants__stock_records__partner=partner)
        products = set(offered.values_list("pk", flat=True))
        announce_changes(products - refresh_summaries(products))
    return partner


@transactional
def add_member(
    *,
    partner: Partner,
    user: User,
    role: PartnerMember.Role = PartnerMember.Role.CLERK,
) -> PartnerMember:
    """Let a user work for a partner; one who already does gets the role."""
    with recorded("Member added."):
        member, _created = PartnerMember.objects.update_or_create(
            partner=partner, user=user, defaults={"role": role}
        )
    return member
