"""What a reader may ask a report for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from catalogue.models import Category
from partner.models import Partner
from stats.days import DAY
from stats.periods import Period, Step
from stats.selectors.sales import Scope

FIRST_YEAR = 1970
MOST_DAYS = 3660
MOST_ROWS = 400
DEFAULT_SPAN = timedelta(days=29)  # thirty days, today included
DAILY, WEEKLY = 62, 400  # days up to which a period is cut into days, into weeks


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What there is to choose from.

    Attributes:
        categories: The whole tree, parents first.
        partners: Those whose sales the reader may see.
        sees_all: The reader may see the whole shop's.
    """

    today: date
    currency: str
    currencies: Sequence[str]
    categories: Sequence[Category]
    partners: Sequence[Partner]
    sees_all: bool


class DateInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ReportForm(forms.Form):
    """Period, step, currency, category and partner; what is not said has a default."""

    since = forms.DateField(label="From", widget=DateInput, input_formats=["%Y-%m-%d"])
    until = forms.DateField(label="To", widget=DateInput, input_formats=["%Y-%m-%d"])
    step = forms.ChoiceField(
        label="By", choices=[(step.value, step.capitalize()) for step in Step]
    )
    currency = forms.ChoiceField()
    category = forms.ChoiceField(required=False)
    partner = forms.ChoiceField(required=False)

    def __init__(self, asked: Mapping[str, str], choices: Choices) -> None:
        """Fill in what was not asked for."""
        super().__init__(_defaults(asked, choices))
        self.choices = choices
        self._offer("currency", [(code, code) for code in choices.currencies])
        tree = [
            (category.slug, "\u2003" * category.level + category.name)
            for category in choices.categories
        ]
        self._offer("category", [("", "All"), *tree])
        partners = [(str(each.pk), each.name) for each in choices.partners]
        self._offer(
            "partner", [("", "All"), *partners] if choices.sees_all else partners
        )

    def clean(self) -> dict[str, Any]:
        """Refuse periods that cannot be shown."""
        cleaned: dict[str, Any] = self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since is None or until is None or "step" not in cleaned:
            return cleaned
        if since > until:
            raise ValidationError({"until": "The last day is before the first."})
        if until > self.choices.today:
            raise ValidationError({"until": "That day is still to come."})
        period = Period(since, until)
        if period.days > MOST_DAYS or since.year < FIRST_YEAR:
            raise ValidationError({"since": f"At most {MOST_DAYS} days are shown."})
        if sum(1 for _ in period.cut(Step(cleaned["step"]))) > MOST_ROWS:
            msg = f"At most {MOST_ROWS} rows are shown; choose weeks or months."
            raise ValidationError({"step": msg})
        return cleaned

    def scope(self) -> Scope:
        """Return what was asked for; the form is valid."""
        cleaned = self.cleaned_data
        categories = {each.slug: each for each in self.choices.categories}
        return Scope(
            period=Period(cleaned["since"], cleaned["until"]),
            step=Step(cleaned["step"]),
            currency=cleaned["currency"],
            category=categories.get(cleaned["category"]),
            partner_id=int(cleaned["partner"]) if cleaned["partner"] else None,
        )

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Set what a field may be."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - see above
        field.choices = choices


def _defaults(asked: Mapping[str, str], choices: Choices) -> dict[str, str]:
    """Return what was asked for, beside what is taken where nothing was."""
    given = {name: value for name, value in asked.items() if value}
    until = given.setdefault("until", choices.today.isoformat())
    try:
        last = date.fromisoformat(until)
        given.setdefault("since", (last - DEFAULT_SPAN).isoformat())
        days = (last - date.fromisoformat(given["since"])) // DAY + 1
    except (ValueError, OverflowError):  # the field will say so
        given.setdefault("since", choices.today.isoformat())
        days = 1
    step = Step.DAY if days <= DAILY else Step.WEEK if days <= WEEKLY else Step.MONTH
    given.setdefault("step", step)
    given.setdefault("currency", choices.currency)
    if not choices.sees_all and choices.partners:
        given.setdefault("partner", str(choices.partners[0].pk))
    return given
