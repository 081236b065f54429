from decimal import Decimal

import factory

from partner.models import Partner, StockRecord
from partner.services import create_stock_record
from tests.catalogue.factories import VariantFactory


class PartnerFactory(factory.django.DjangoModelFactory):
    """An active partner without members."""

    class Meta:
        model = Partner

    code = factory.Sequence(lambda number: f"partner-{number}")
    name = factory.Sequence(lambda number: f"Partner {number}")


class StockRecordFactory(factory.Factory):
    """An offer of 10 units, with level, ledger and price, made by the service."""

    class Meta:
        model = StockRecord

    partner = factory.SubFactory(PartnerFactory)
    variant = factory.SubFactory(VariantFactory)
    partner_sku = factory.Sequence(lambda number: f"P-{number}")
    price = Decimal("9.90")
    currency = "EUR"
    num_in_stock = 10
    source = "factory"

    @classmethod
    def _create(cls, *_args: object, **kwargs: object) -> StockRecord:
        return create_stock_record(**kwargs)
