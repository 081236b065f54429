from decimal import Decimal

from promotions.models import Voucher
from promotions.services import save_voucher

Kind = Voucher.Kind


def new_voucher(code: str = "SAVE", **fields: object) -> Voucher:
    """Return a voucher, still to be stored: a tenth off, unless ``fields`` say else."""
    if not {"percent", "amount", "kind"} & fields.keys():
        fields["percent"] = 10
    if "percent" in fields:
        fields |= {"kind": Kind.PERCENT, "percent": Decimal(str(fields["percent"]))}
    elif "amount" in fields:
        fields |= {"kind": Kind.FIXED, "amount": Decimal(str(fields["amount"]))}
    return Voucher(code=code, **{"currency": "EUR"} | fields)


def make_voucher(code: str = "SAVE", **fields: object) -> Voucher:
    """Store such a voucher."""
    return save_voucher(new_voucher(code, **fields))
