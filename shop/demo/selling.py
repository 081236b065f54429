"""The demo shop's taxes, shipping and vouchers; docs/demo.md tells of them."""

from decimal import Decimal

from django.conf import settings

from custom.history import record_all, recorded
from custom.money import round_money
from custom.transactions import transactional
from promotions.models import Voucher
from promotions.services import save_voucher
from shipping.models import ShippingMethod, ShippingRate, ShippingZone
from shop.demo.rules import REASON
from tax.models import TaxClass, TaxRate
from tax.services import make_default

# Country -> percent of the standard and of the reduced rate; empty: anywhere else.
TAX_PERCENTS = {
    "AT": ("20", "10"),
    "BE": ("21", "6"),
    "CH": ("8.1", "2.6"),
    "DE": ("19", "7"),
    "DK": ("25", "25"),
    "ES": ("21", "10"),
    "FR": ("20", "5.5"),
    "GB": ("20", "0"),
    "IE": ("23", "9"),
    "IT": ("22", "10"),
    "NL": ("21", "9"),
    "": ("0", "0"),
}
# Code, name, days.
METHODS = (
    ("standard", "Standard", (3, 5)),
    ("express", "Express", (1, 2)),
    ("pick-up", "Pick-up point", (3, 6)),
)
CENTRAL = ["AT", "CH", "DE"]
WEST = ["BE", "DK", "ES", "FR", "GB", "IE", "IT", "NL"]
HEAVY = 2_000  # grams; above it a parcel costs more
# Name, countries, postcodes, method -> price up to 2 kg, price above.
ZONES: tuple[tuple[str, list[str], str, dict[str, tuple[str, str]]], ...] = (
    (
        "North Sea islands",
        ["DE"],
        "25849\n2599*\n2654*",
        {"standard": ("9.90", "14.90")},
    ),
    (
        "Central Europe",
        CENTRAL,
        "",
        {
            "standard": ("4.90", "6.90"),
            "express": ("9.90", "14.90"),
            "pick-up": ("3.90", "4.90"),
        },
    ),
    (
        "Western Europe",
        WEST,
        "",
        {"standard": ("8.90", "12.90"), "express": ("19.90", "29.90")},
    ),
    ("World", [], "", {"standard": ("14.90", "29.90")}),
)
FREE_FROM = Decimal(50)  # standard and pick-up within Central Europe


@transactional
@recorded(REASON)
def load_selling() -> None:
    """Store taxes, shipping and vouchers, each kind only in a shop without any."""
    if not TaxClass.objects.exists():
        _store_taxes()
    if not ShippingZone.objects.exists() and not ShippingMethod.objects.exists():
        _store_shipping()
    if not Voucher.objects.exists():
        for voucher in _vouchers():
            save_voucher(voucher)


def _store_taxes() -> None:
    """Store two classes with the rates of the demo's countries."""
    standard = TaxClass.objects.create(code="standard", name="Standard rate")
    reduced = TaxClass.objects.create(code="reduced", name="Reduced rate")
    make_default(standard)
    rates = [
        TaxRate(tax_class=tax_class, country=country, percent=Decimal(percent))
        for country, percents in TAX_PERCENTS.items()
        for tax_class, percent in zip((standard, reduced), percents, strict=True)
    ]
    TaxRate.objects.bulk_create(rates)
    record_all(rates, created=True)


def _store_shipping() -> None:
    """Store methods, zones, and a light and a heavy rate for each pair."""
    methods = {
        code: ShippingMethod.objects.create(
            code=code, name=name, min_days=days[0], max_days=days[1], position=position
        )
        for position, (code, name, days) in enumerate(METHODS)
    }
    rates = []
    for position, (name, countries, postcodes, prices) in enumerate(ZONES):
        zone = ShippingZone.objects.create(
            name=name, countries=countries, postcodes=postcodes, position=position
        )
        for code, (light, heavy) in prices.items():
            is_free = countries == CENTRAL and code != "express"
            for price, band in ((light, (0, HEAVY)), (heavy, (HEAVY + 1, None))):
                rates.append(
                    ShippingRate(
                        zone=zone,
                        method=methods[code],
                        price=_amount(price),
                        currency=settings.SHOP_CURRENCY,
                        min_weight_grams=band[0],
                        max_weight_grams=band[1],
                        free_from=_amount(FREE_FROM) if is_free else None,
                    )
                )
    ShippingRate.objects.bulk_create(rates)
    record_all(rates, created=True)


def _vouchers() -> list[Voucher]:
    """Return a voucher of each kind, still to be stored."""
    currency = settings.SHOP_CURRENCY
    return [
        Voucher(
            code="WELCOME10",
            name="Ten percent off the first order",
            kind=Voucher.Kind.PERCENT,
            percent=Decimal(10),
            currency=currency,
            max_uses_per_customer=1,
        ),
        Voucher(
            code="FIVEOFF",
            name="Five off thirty",
            kind=Voucher.Kind.FIXED,
            amount=_amount(5),
            minimum_subtotal=_amount(30),
            currency=currency,
            max_uses=100,
            is_exclusive=True,
        ),
        Voucher(
            code="FREESHIP",
            name="Free shipping",
            kind=Voucher.Kind.FREE_SHIPPING,
            currency=currency,
        ),
    ]


def _amount(number: Decimal | str | int) -> Decimal:
    """Return an amount of the shop's currency."""
    return round_money(Decimal(number), settings.SHOP_CURRENCY)
