"""A row of everything the admin shows, and as much again of another partner."""

import uuid
from dataclasses import dataclass

from django.contrib.auth.models import Group

from basket.models import Basket
from custom.ids import new_public_id
from custom.models import HistoryBatch, IdempotencyKey, OutboxMessage
from exchange.models import Import
from orders.models import Order
from orders.services import return_lines
from partner.models import PartnerMember, StockRecord
from partner.services import add_member
from payments.models import Refund
from promotions.models import VoucherRedemption
from search.models import Synonym
from search.services import count_fruitless
from shipping.models import ShippingMethod
from staff.access import record_access
from tests.address.factories import AddressFactory
from tests.catalogue.factories import CategoryFactory
from tests.orders.factories import make_offer
from tests.orders.stories import STAFF, delivered
from tests.partner.factories import PartnerFactory
from tests.promotions.factories import make_voucher
from tests.reviews.factories import ReviewFactory
from tests.shipping.factories import make_rate
from tests.staff.codes import enrol
from tests.staff.matrix import IMPORT_ID, LETTERS, ROOT
from tests.tax.factories import make_tax_class
from tests.users.factories import UserFactory, create_key, create_token
from users.models import User
from users.services import start_erasure


@dataclass(frozen=True)
class Shop:
    """What was made.

    Attributes:
        readers: Letter of the matrix -> an account; "" is staff without a group.
        own: Offer of the partner that the reader of letter P works for.
        foreign: Offer of another partner, in the same order.
    """

    readers: dict[str, User]
    order: Order
    own: StockRecord
    foreign: StockRecord


def make_readers() -> dict[str, User]:
    """Store one of the staff for each group, one without, and a superuser."""
    readers = {ROOT: User.objects.create_superuser("root@example.com")}
    readers[""] = UserFactory(email="nobody@example.com", is_staff=True)
    for letter, name in LETTERS.items():
        user = UserFactory(email=f"{letter.lower()}@example.com", is_staff=True)
        user.groups.add(Group.objects.get(name=name))
        readers[letter] = user
    return readers


def make_shop() -> Shop:
    """Store it all."""
    readers = make_readers()
    ours = PartnerFactory(code="ours", name="Our Films")
    theirs = PartnerFactory(code="theirs", name="Their Films")
    add_member(partner=ours, user=readers["P"], role=PartnerMember.Role.MANAGER)
    own, foreign = make_offer(partner=ours), make_offer(partner=theirs)
    order = delivered((own, 1), (foreign, 2))
    return_lines(order.pk, actor=STAFF)
    _make_others(order)
    mine = {"public_id": IMPORT_ID, "actor": readers["P"]}
    Import.objects.create(kind="stock", format="csv", **mine)
    return Shop(readers, order, own, foreign)


def _make_others(order: Order) -> None:
    """Store rows of what no order brings along."""
    voucher = make_voucher()
    VoucherRedemption.objects.create(
        voucher=voucher, order=uuid.uuid4(), customer=str(order.user_id)
    )
    if not Refund.objects.exists():
        msg = "Nothing went back for what was returned."
        raise AssertionError(msg)
    Basket.objects.create(user=order.user, holder="matrix")
    CategoryFactory()
    make_rate()
    make_tax_class()
    ReviewFactory()
    AddressFactory()
    create_token()
    create_key()
    start_erasure(UserFactory())
    Synonym.objects.create(words="sci-fi, science fiction")
    count_fruitless("nowhere to be found")
    HistoryBatch.objects.create(public_id=new_public_id(), reason="Prices of spring.")
    OutboxMessage.objects.create(topic="order.placed")
    IdempotencyKey.objects.create(key_digest="0" * 64)
    enrol(order.user)
    record_access(order.user, model=ShippingMethod, pk=1, action="view")
