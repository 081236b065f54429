"""Which ways there are to send a parcel to a place."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from operator import attrgetter, itemgetter

from django.conf import settings

from address.destinations import Destination
from custom.prepared import PreparedRead
from shipping.errors import NotShippedError, ShippingMethodError
from shipping.models import ShippingZone
from shipping.offers import Parcel, ShippingOffer, TariffRow

POINTER = "#/shipping_method"

_TARIFF = PreparedRead(ShippingZone.objects.tariff)


def shipping_offers(destination: Destination, parcel: Parcel) -> list[ShippingOffer]:
    """Return the ways to send a parcel, the cheapest first; 1 query.

    A destination is in the first zone, by position, that holds it: no other zone's
    rates count. Of the rates of a method that take the parcel the lowest price does.
    """
    return _offers(_tariff(), destination, parcel)


def pick_shipping(
    destination: Destination, parcel: Parcel, code: str = ""
) -> ShippingOffer | None:
    """Return the method of a code, or the cheapest; 1 query.

    Returns:
        None in a shop that has no shipping zones: nothing is shipped, or charged.

    Raises:
        NotShippedError: No method takes the parcel there.
        ShippingMethodError: The named one does not.
    """
    rows = _tariff()
    offers = {offer.code: offer for offer in _offers(rows, destination, parcel)}
    if code in offers:
        return offers[code]
    if code:
        msg = "This is not sent that way."
        fault = {"pointer": POINTER, "code": ShippingMethodError.code, "detail": msg}
        raise ShippingMethodError(msg, errors=[fault], methods=list(offers))
    if rows and not offers:
        msg = "This cannot be sent there."
        raise NotShippedError(msg)
    return next(iter(offers.values()), None)


def _tariff() -> list[TariffRow]:
    """Load every zone and rate; 1 query."""
    return [TariffRow(*row) for row in _TARIFF()]


def _offers(
    rows: Iterable[TariffRow], destination: Destination, parcel: Parcel
) -> list[ShippingOffer]:
    """Return the best offer of each method, the cheapest first."""
    ranked: list[tuple[Decimal, int, str, ShippingOffer]] = []
    for row in _zone_of(rows, destination):
        offer = row.offer(parcel, settings.SHOP_CURRENCY)
        if offer is not None:
            ranked.append((offer.price, row.position, offer.code, offer))
    ranked.sort(key=itemgetter(0, 1, 2))
    best: dict[str, ShippingOffer] = {}
    for *_, offer in ranked:
        best.setdefault(offer.code, offer)
    return list(best.values())


def _zone_of(rows: Iterable[TariffRow], destination: Destination) -> list[TariffRow]:
    """Return the rows of the one zone a place is in; none if it is in no zone."""
    for _, group in groupby(rows, key=attrgetter("zone_id")):
        zone = list(group)
        if zone[0].holds(destination):
            return zone
    return []
