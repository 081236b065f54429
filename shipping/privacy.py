"""Zones and rates tell of places, and of nobody."""

from custom.privacy import NotPersonal

NOT_PERSONAL = (
    NotPersonal("shipping.ShippingZone", ("countries", "postcodes"), "of a zone"),
)
