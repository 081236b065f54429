"""Who calls the API, and rows that addresses lead to: a customer's, a partner's."""

from typing import Any, NamedTuple

from django.contrib.auth.models import Group

from basket.holders import holder_of_user
from basket.models import BasketLine
from basket.requests import LineRequest
from basket.services import add_line
from catalogue.services import add_image
from custom.ids import new_public_id
from orders.models import Order
from partner.models import PartnerMember
from partner.services import add_member
from tests.address.factories import AddressFactory
from tests.catalogue.factories import CategoryFactory, picture
from tests.orders.factories import make_offer
from tests.orders.stories import delivered
from tests.partner.factories import PartnerFactory
from tests.staff.matrix import LETTERS
from tests.users.factories import UserFactory, create_key, create_token
from users.models import User
from users.scopes import SCOPES

NOBODY = 2**40  # no row has this key


class Place(NamedTuple):
    """What stands in an address for a row that is there, and for one that is not."""

    there: tuple[object, ...]
    missing: tuple[object, ...]


class Caller(NamedTuple):
    """An account, or none; with ``scopes`` it comes with a key that has them."""

    user: User | None = None
    scopes: list[str] | None = None


def make_callers() -> dict[str, Caller]:
    """Store who calls, by the letters of the matrix.

    Letters of staff are those of the admin's matrix, but for the order clerk's.
    """
    root = User.objects.create_superuser("root@example.com")
    callers = {
        "-": Caller(),
        "C": Caller(UserFactory(email="customer@example.com")),
        "X": Caller(UserFactory(email="other@example.com")),
        "Q": Caller(UserFactory(email="rival@example.com", is_staff=True)),
        "R": Caller(root),
        "k": Caller(root, []),
        "K": Caller(root, [*SCOPES]),
    }
    for letter, name in LETTERS.items():
        user = UserFactory(email=f"{letter.lower()}@staff.example.com", is_staff=True)
        user.groups.add(Group.objects.get(name=name))
        callers["O" if letter == "C" else letter] = Caller(user)
    callers["Q"].user.groups.add(Group.objects.get(name="Partner"))
    return callers


def make_places(callers: dict[str, Caller]) -> dict[str, Place]:
    """Store rows of C, which P's partner serves; route -> what its addresses name."""
    customer = callers["C"].user
    ours, theirs = PartnerFactory(code="ours"), PartnerFactory(code="theirs")
    for letter, partner in (("P", ours), ("Q", theirs), ("R", ours)):
        user = callers[letter].user
        add_member(partner=partner, user=user, role=PartnerMember.Role.MANAGER)
    offer = make_offer(partner=ours)
    variant = offer.variant
    product = variant.product
    product.external_id = "erp/1"
    product.save()
    category = CategoryFactory()
    image = add_image(product, picture())
    order: Order = delivered((offer, 1), user=customer)
    holder = holder_of_user(customer)
    add_line(holder, LineRequest(variant.pk, 1))
    line = BasketLine.objects.get()
    address = AddressFactory(user=customer)
    token, _secret = create_token(customer)
    key, _secret = create_key(customer)
    order_place = Place((order.number,), ("A-missing",))
    part = {"variant/<int:pk>/": variant.pk, "image/<int:pk>/": image.pk}
    places: dict[str, Any] = {
        "user/token/<int:pk>/": Place((token.pk,), (NOBODY,)),
        "user/key/<int:pk>/": Place((key.pk,), (NOBODY,)),
        "address/<uuid:public_id>/": Place((address.public_id,), (new_public_id(),)),
        "category/<str:key>/": Place((category.slug,), ("missing",)),
        "product/<str:key>/": Place((product.slug,), ("missing",)),
        "product/<str:key>/related/": Place((product.slug,), ("missing",)),
        "product/<str:key>/review/": Place((product.slug,), ("missing",)),
        "basket/line/<int:line>/": Place((line.pk,), (NOBODY,)),
        "basket/voucher/<str:code>/": Place(("SPRING",), ("AUTUMN",)),
        "order/<str:key>/": order_place,
        "order/<str:key>/payment/": order_place,
        "order/<str:key>/cancel/": order_place,
        "order/<str:key>/return/": order_place,
        "partner/stock/<int:pk>/": Place((offer.pk,), (NOBODY,)),
        "partner/order/<str:key>/": order_place,
        "partner/order/<str:key>/ship/": order_place,
        "partner/order/<str:key>/deliver/": order_place,
        "admin/product/<int:pk>/": Place((product.pk,), (NOBODY,)),
        "admin/product/by-external-id/<path:external_id>/": Place(
            ("erp/1",), ("erp/2",)
        ),
    }
    below = "admin/product/<int:product_id>/"
    for tail in ("variant/", "image/"):
        places[below + tail] = Place((product.pk,), (NOBODY,))
    for tail, pk in part.items():
        places[below + tail] = Place((product.pk, pk), (product.pk, NOBODY))
    sku = f"{below}variant/by-sku/<path:sku>/"
    places[sku] = Place((product.pk, variant.sku), (NOBODY, variant.sku))
    offers = f"{below}variant/<int:variant_id>/offer/"
    places[offers] = Place((product.pk, variant.pk), (product.pk, NOBODY))
    places[f"{offers}<str:partner>/"] = Place(
        (product.pk, variant.pk, "ours"), (product.pk, variant.pk, "nobody")
    )
    return places
