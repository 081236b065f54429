"""Where goods go, as far as taxes and shipping care."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Destination:
    """A place; parts that are unknown are empty.

    Attributes:
        country: ISO 3166 alpha-2, in capitals.
        region: State or province, as it was written.
    """

    country: str = ""
    postcode: str = ""
    region: str = ""
