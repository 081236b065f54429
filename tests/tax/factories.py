from decimal import Decimal

from tax.models import TaxClass, TaxRate
from tax.services import make_default


def make_tax_class(code: str = "standard", **percents: str) -> TaxClass:
    """Store a class with a percentage for each country; ``other`` is anywhere else.

    The first class there is becomes the default.
    """
    made = TaxClass.objects.create(code=code, name=code.capitalize())
    if TaxClass.objects.count() == 1:
        make_default(made)
    TaxRate.objects.bulk_create(
        TaxRate(
            tax_class=made,
            country="" if country == "other" else country,
            percent=Decimal(percent),
        )
        for country, percent in percents.items()
    )
    return made
