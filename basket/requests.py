"""What is to be priced, before anything is looked up."""

from dataclasses import dataclass

from address.destinations import Destination


@dataclass(frozen=True, slots=True)
class LineRequest:
    """One wanted line.

    Attributes:
        variant_id: What is bought.
        quantity: At least 1.
        offer_id: The stock record it is bought from; None lets the shop pick.
    """

    variant_id: int
    quantity: int
    offer_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteRequest:
    """What a buyer wants a price for.

    Attributes:
        lines: At least one; the same item may come twice.
        country: ISO 3166 alpha-2, where the goods go; empty while it is unknown.
        shipping_method: Its code; empty for the cheapest.
        vouchers: Codes as they were typed.
        customer: Whose uses of a voucher count; empty while the buyer is unknown.
    """

    lines: tuple[LineRequest, ...]
    country: str = ""
    postcode: str = ""
    region: str = ""
    shipping_method: str = ""
    vouchers: tuple[str, ...] = ()
    customer: str = ""

    @property
    def destination(self) -> Destination:
        """Return where the goods go, as far as it is known."""
        return Destination(self.country, self.postcode, self.region)
