"""The figures of a workload, and which of several rounds counts."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from script.benches._measuring import Spent
from script.benches._wrk import Load


@dataclass(frozen=True)
class Figures:
    """One workload for some seconds; times in milliseconds, a request.

    Attributes:
        products: How many the shop has, or of how many it was asked.
    """

    name: str
    products: int
    per_second: float
    p50: float
    p99: float
    sql: float
    web: float
    servers: float

    @classmethod
    def of(cls, name: str, products: int, seen: Load, spent: Spent) -> "Figures":
        """Return them of what clients saw and each of their requests has cost."""
        return cls(
            name=name,
            products=products,
            per_second=round(seen.requests / seen.seconds, 1),
            p50=round(seen.p50, 2),
            p99=round(seen.p99, 2),
            sql=round(spent.statements, 1),
            web=round(spent.web * 1000, 2),
            servers=round(spent.servers * 1000, 2),
        )

    @property
    def cpu(self) -> float:
        """Return all the time of the processor that a request takes."""
        return self.web + self.servers


def median(rounds: Sequence[Figures]) -> Figures:
    """Return the round with the median rate."""
    middle = statistics.median_low(each.per_second for each in rounds)
    return next(each for each in rounds if each.per_second == middle)
