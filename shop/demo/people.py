"""The demo shop's accounts, and the orders its customers have placed."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.text import slugify

from custom.history import recorded
from custom.transactions import transactional
from orders.requests import HistoricOrder
from orders.services import import_orders
from partner.models import Partner, PartnerMember, StockRecord
from partner.services import add_member
from shop.demo.rules import HOUSE_PARTNER, REASON
from staff import groups
from users.models import User

PASSWORD = "demo-shop-2026"  # noqa: S105 - meant to be known
CUSTOMER = "customer@example.com"
STAFF = "staff@example.com"
PARTNER = "partner@example.com"
# Address -> the group whose member it is; beside the superuser.
MEMBERS = {
    "editor@example.com": groups.CATALOGUE_EDITOR,
    "clerk@example.com": groups.ORDER_CLERK,
    "service@example.com": groups.CUSTOMER_SERVICE,
    "finance@example.com": groups.FINANCE,
    "auditor@example.com": groups.AUDITOR,
    PARTNER: groups.PARTNER,
}
CUSTOMERS, ORDERS_EACH = 50, 10
SPAN = timedelta(days=730)  # over which the orders are spread
SETTLED = timedelta(days=7)  # an order of the past is complete after so long

_FIRST_NAMES = ("Ada", "Björn", "Chloé", "Elif", "Gabriel", "João", "Mei", "Søren")
_LAST_NAMES = ("Bauer", "Costa", "García", "Jensen", "Müller", "O'Brien", "Öztürk")
_CITIES = (
    ("Hauptstraße", "Wien", "1010", "AT"),
    ("Rue de Rivoli", "Paris", "75001", "FR"),
    ("Calle Mayor", "Madrid", "28013", "ES"),
    ("Via Roma", "Torino", "10121", "IT"),
    ("Prinsengracht", "Amsterdam", "1015 DX", "NL"),
    ("Torstraße", "Berlin", "10119", "DE"),
)


@transactional
@recorded(REASON)
def load_accounts() -> None:
    """Store the accounts whose password everyone knows; those there stay as they are.

    Only with ``SHOP_DEMO``; the partner's account works for the house partner.
    """
    if not settings.SHOP_DEMO:
        return
    customer = _find(CUSTOMER) or _new_customer(0)
    if not customer.has_usable_password():
        customer.set_password(PASSWORD)
        customer.save()
    if not _find(STAFF):
        User.objects.create_superuser(STAFF, PASSWORD, first_name="Staff")
    is_partner_there = _find(PARTNER) is not None
    for email, group in MEMBERS.items():
        if not _find(email):
            _new_member(email, group)
    if not is_partner_there:
        member = User.objects.with_email(PARTNER).get()
        house = Partner.objects.get(code=slugify(HOUSE_PARTNER))
        add_member(partner=house, user=member, role=PartnerMember.Role.MANAGER)


@transactional
@recorded(REASON)
def load_orders() -> int:
    """Give each of the 50 customers ten orders of the past two years; count them.

    Customers who have an order are left alone. The same customer buys the same
    things in every shop loaded from the same list.
    """
    now = timezone.now()
    customers = [_find(_email(at)) or _new_customer(at) for at in range(CUSTOMERS)]
    have_bought = set(
        User.objects.filter(pk__in=[user.pk for user in customers])
        .filter(orders__isnull=False)
        .values_list("pk", flat=True)
    )
    offers = list(
        StockRecord.objects.filter(currency=settings.SHOP_CURRENCY)
        .order_by("partner_sku", "pk")
        .values_list("pk", flat=True)
    )
    if not offers:
        return 0
    history = [
        order
        for at, user in enumerate(customers)
        if user.pk not in have_bought
        for order in _orders(at, user, offers, now)
    ]
    return import_orders(history) if history else 0


def _orders(
    at: int, user: User, offers: Sequence[int], now: datetime
) -> Iterator[HistoricOrder]:
    """Yield a customer's orders, oldest first."""
    draw = random.Random(at)  # noqa: S311 - repeatable on purpose
    address = _address(at, user)
    gap = (SPAN - SETTLED) / ORDERS_EACH
    for position in range(ORDERS_EACH):
        age = SETTLED + gap * (ORDERS_EACH - position - draw.random())
        placed_at = (now - age).replace(microsecond=0)
        chosen = draw.sample(offers, min(draw.randint(1, 3), len(offers)))
        yield HistoricOrder(
            user=user,
            address=address,
            quantities={pk: draw.choice((1, 1, 1, 2)) for pk in chosen},
            placed_at=placed_at,
            completed_at=placed_at + timedelta(days=draw.randint(1, SETTLED.days)),
        )


def _email(at: int) -> str:
    """Return a customer's address; the first one's may be signed in with."""
    return CUSTOMER if at == 0 else f"customer{at:02d}@example.com"


def _find(email: str) -> User | None:
    return User.objects.with_email(email).first()


def _new_customer(at: int) -> User:
    """Store a customer who cannot sign in."""
    return User.objects.create_user(
        _email(at),
        first_name=_FIRST_NAMES[at % len(_FIRST_NAMES)],
        last_name=_LAST_NAMES[at * 7 % len(_LAST_NAMES)],
    )


def _new_member(email: str, group: groups.StaffGroup) -> None:
    """Store an account that may do in the admin what a group may."""
    user = User.objects.create_user(
        email, PASSWORD, first_name=group.name, is_staff=True
    )
    user.groups.add(Group.objects.get(name=group.name))


def _address(at: int, user: User) -> dict[str, str]:
    """Return where a customer lives."""
    street, city, postcode, country = _CITIES[at % len(_CITIES)]
    return {
        "first_name": user.first_name,
        "last_name": user.last_name,
        "company": "",
        "line1": f"{street} {at + 1}",
        "line2": "",
        "city": city,
        "region": "",
        "postcode": postcode,
        "country": country,
        "phone": "",
    }
