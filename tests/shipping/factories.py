from decimal import Decimal

from shipping.models import ShippingMethod, ShippingRate, ShippingZone


def make_zone(*countries: str, postcodes: str = "", position: int = 0) -> ShippingZone:
    """Store a zone without rates."""
    return ShippingZone.objects.create(
        name="Zone",
        countries=list(countries),
        postcodes=postcodes,
        position=position,
    )


def make_method(code: str = "standard", **fields: object) -> ShippingMethod:
    """Store a method named by its code."""
    return ShippingMethod.objects.create(
        code=code, **{"name": code.capitalize()} | fields
    )


def make_rate(
    zone: ShippingZone | None = None,
    method: ShippingMethod | None = None,
    price: str = "4.90",
    **fields: object,
) -> ShippingRate:
    """Store a rate in euros; of the whole world and the standard method if unsaid."""
    return ShippingRate.objects.create(
        zone=zone or make_zone(),
        method=method or make_method(),
        price=Decimal(price),
        **{"currency": "EUR"} | fields,
    )
