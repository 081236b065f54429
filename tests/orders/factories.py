from decimal import Decimal

import factory

from basket.requests import LineRequest
from catalogue.models import Product, ProductType, Variant
from orders.models import Order, OrderEvent, OrderLine
from orders.numbers import new_number
from orders.requests import OrderRequest
from partner.models import Partner, StockRecord
from partner.services import create_stock_record
from tests.users.factories import UserFactory

ADDRESS = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "company": "",
    "line1": "Stephansplatz 1",
    "line2": "",
    "city": "Wien",
    "region": "",
    "postcode": "1010",
    "country": "AT",
    "phone": "",
    "vat_id": "",
}


class VariantFactory(factory.django.DjangoModelFactory):
    """A variant of a public product of its own."""

    class Meta:
        model = Variant

    sku = factory.Sequence(lambda number: f"SKU-{number}")

    class Params:
        product_title = "Metropolis"

    @factory.lazy_attribute_sequence
    def product(self, number: int) -> Product:
        kind, _ = ProductType.objects.get_or_create(
            code="film", defaults={"name": "Film"}
        )
        return Product.objects.create(
            product_type=kind, title=self.product_title, slug=f"film-{number}"
        )


def make_offer(
    *, num_in_stock: int = 10, price: str = "9.90", **options: object
) -> StockRecord:
    """Offer a new variant (or ``variant``) by a new partner (or ``partner``)."""
    number = Partner.objects.count()
    return create_stock_record(
        partner=options.pop("partner", None)
        or Partner.objects.create(code=f"partner-{number}", name=f"Partner {number}"),
        variant=options.pop("variant", None) or VariantFactory(),
        partner_sku=f"P-{StockRecord.objects.count()}",
        price=Decimal(price),
        currency=options.pop("currency", "EUR"),
        num_in_stock=num_in_stock,
        source="test",
        **options,
    )


def order_request(*lines: LineRequest, **fields: object) -> OrderRequest:
    """Return a signed-in customer's wish for these lines."""
    if "guest_email" in fields:
        fields.setdefault("user", None)
    elif "user" not in fields:
        fields["user"] = UserFactory()
    addresses = {"shipping_address": ADDRESS, "billing_address": ADDRESS}
    return OrderRequest(lines=lines, **addresses | fields)


class OrderFactory(factory.django.DjangoModelFactory):
    """An order without lines, of a customer of its own."""

    class Meta:
        model = Order

    number = factory.LazyFunction(new_number)
    user = factory.SubFactory(UserFactory)
    currency = "EUR"
    subtotal = Decimal("9.900")
    included_tax = Decimal("1.650")
    total_amount = Decimal("9.900")
    shipping_address = ADDRESS
    billing_address = ADDRESS


class OrderLineFactory(factory.django.DjangoModelFactory):
    """A line of an order of its own."""

    class Meta:
        model = OrderLine

    order = factory.SubFactory(OrderFactory)
    position = factory.Sequence(int)
    product_id = 1
    variant_id = 2
    stock_record_id = factory.Sequence(int)
    partner_id = 4
    partner_name = "Ufa"
    sku = "SKU-1"
    title = "Metropolis"
    quantity = 1
    unit_price = Decimal("9.900")
    line_total = Decimal("9.900")
    tax_amount = Decimal("1.650")


class OrderEventFactory(factory.django.DjangoModelFactory):
    """The event that an order was placed."""

    class Meta:
        model = OrderEvent

    order = factory.SubFactory(OrderFactory)
    type = OrderEvent.Type.PLACED
    to_status = Order.Status.PENDING
