"""Writes to taxes that are more than one row."""

from custom.history import recorded
from custom.transactions import transactional
from tax.models import TaxClass


@transactional
def make_default(tax_class: TaxClass) -> None:
    """Let products without a class be of this one; locks all tax classes.

    Two statements, so that there is one default before and after, and never two.
    """
    with recorded("Another default."):
        for other in TaxClass.objects.lock_all():
            if other.is_default and other.pk != tax_class.pk:
                other.is_default = None
                other.save(update_fields=["is_default"])
        tax_class.is_default = True
        tax_class.save(update_fields=["is_default"])
