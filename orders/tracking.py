"""Where a buyer sees how far a parcel is."""

from urllib.parse import quote

from django.conf import settings

from orders.models import Shipment


def tracking_url(shipment: Shipment) -> str:
    """Return the carrier's page of a parcel; empty if the shop knows none."""
    pattern: str = settings.SHOP_CARRIERS.get(shipment.carrier, "")
    if not pattern or not shipment.tracking_number:
        return ""
    return pattern.format(number=quote(shipment.tracking_number, safe=""))
