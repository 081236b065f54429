"""How tax classes are put back: the default of all is chosen, never brought back."""

from collections.abc import Mapping
from typing import Any

from custom.history.rules import ModelRules
from tax.models import TaxClass


class TaxClassRules(ModelRules[TaxClass]):
    """Another class may have become the default."""

    def bring_back(self, row: TaxClass, links: Mapping[str, Any]) -> None:
        """Bring a class back as no default."""
        row.is_default = None
        super().bring_back(row, links)
