"""What staff may do with an order, and what is asked of them for it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from custom.buttons import Button, RowForm
from custom.fields import MONEY_DECIMAL_PLACES, MONEY_MAX_DIGITS
from custom.money import format_money, round_money
from orders.actors import Role
from orders.models import Order
from orders.transitions import allowed_actions
from payments.models import REASON_LENGTH

CHANGE = "orders.change_order"
MOVE_MONEY = "payments.move_money"


class SeenForm(RowForm):
    """Knows which state of the order its page showed, lest it is sent twice."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.row.version


class UnitsForm(SeenForm):
    """Units of each line; none named means all there are.

    Attributes:
        counter: Property of a line: how many units the step may name.
    """

    counter: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names: dict[str, int] = {}  # of a field -> line
        for line in self.row.lines.all():
            if left := getattr(line, self.counter):
                name = f"units_{line.pk}"
                self.names[name] = line.pk
                self.fields[name] = forms.IntegerField(
                    label=f"{line.title}, {line.sku}",
                    min_value=0,
                    max_value=left,
                    required=False,
                    help_text=f"Of {left}. All lines left empty: everything.",
                )

    def clean(self) -> dict[str, Any]:
        """Gather line id -> units as ``quantities``, None for everything."""
        values = super().clean() or {}
        units = {pk: values.pop(name, None) for name, pk in self.names.items()}
        named = {pk: number for pk, number in units.items() if number}
        is_open = all(number is None for number in units.values())
        if not named and not is_open:
            msg = "Name at least one unit."
            raise forms.ValidationError(msg)
        return values | {"quantities": named or None}


class ShipForm(UnitsForm):
    """What leaves, and where it can be followed."""

    counter = "open_quantity"
    carrier = forms.CharField(max_length=32, required=False)
    tracking_number = forms.CharField(max_length=100, required=False)


class CancelForm(UnitsForm):
    """What is given up of what has not left, and why."""

    counter = "open_quantity"
    reason = forms.CharField(
        max_length=500, required=False, help_text="Shown to the buyer."
    )


class ReturnForm(UnitsForm):
    """What has come back, and why."""

    counter = "returnable_quantity"
    reason = forms.CharField(
        max_length=500, required=False, help_text="Shown to the buyer."
    )


class CreditForm(SeenForm):
    """How much goes back without goods, and why."""

    amount = forms.DecimalField(
        max_digits=MONEY_MAX_DIGITS, decimal_places=MONEY_DECIMAL_PLACES
    )
    reason = forms.CharField(max_length=REASON_LENGTH, help_text="Shown to the buyer.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        currency, owed = self.row.currency, self.row.owed_amount
        shipping = format_money(self.row.shipping_amount, currency)
        self.fields["amount"].help_text = (
            f"In {currency}, at most {format_money(owed, currency)}; the shipping was "
            f"{shipping}."
        )

    def clean_amount(self) -> Decimal:
        """Refuse parts of the smallest coin."""
        amount: Decimal = self.cleaned_data["amount"]
        if amount != round_money(amount, self.row.currency):
            msg = f"{self.row.currency} has no such amount."
            raise forms.ValidationError(msg)
        return amount


class NoteForm(forms.Form):
    """Something to remember."""

    text = forms.CharField(
        max_length=2_000, widget=forms.Textarea, help_text="Never shown to the buyer."
    )


def _allows(action: str) -> Callable[[Order], bool]:
    """Return what tells whether staff may do this to an order now."""
    return lambda order: action in allowed_actions(order, Role.STAFF)


STEPS: tuple[Button[Order], ...] = (
    Button(
        name="ship",
        label="Ship",
        permission=CHANGE,
        is_lawful=_allows("ship"),
        form=ShipForm,
    ),
    Button(
        name="deliver",
        label="All shipments have arrived",
        permission=CHANGE,
        is_lawful=_allows("deliver"),
    ),
    Button(
        name="cancel",
        label="Cancel and refund what is not shipped",
        permission=CHANGE,
        is_lawful=_allows("cancel"),
        form=CancelForm,
    ),
    Button(
        name="return",
        label="Take back and refund what was shipped",
        permission=CHANGE,
        is_lawful=_allows("return"),
        form=ReturnForm,
    ),
    Button(
        name="credit",
        label="Refund an amount without goods",
        permission=MOVE_MONEY,
        is_lawful=lambda order: (
            order.owed_amount > 0 and "credit" in allowed_actions(order, Role.STAFF)
        ),
        form=CreditForm,
    ),
    Button(
        name="invoice",
        label="Issue the invoice",
        permission=CHANGE,
        is_lawful=lambda order: (
            not order.is_cancelled and getattr(order, "invoice", None) is None
        ),
    ),
    Button(
        name="note",
        label="Add a private note",
        permission=CHANGE,
        is_lawful=lambda _order: True,
        form=NoteForm,
    ),
)
