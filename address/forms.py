"""Form fields that several admins share."""

from typing import Any

from babel import Locale
from django import forms

from address.formats import country_codes


def country_choices() -> list[tuple[str, str]]:
    """Return every country's code and English name, by name."""
    names = Locale("en").territories
    rows = [(code, f"{names[code]} ({code})") for code in country_codes()]
    return sorted(rows, key=lambda row: row[1])


class CountryField(forms.TypedChoiceField):
    """One country, or ``empty_label``, which reads as an empty string."""

    def __init__(self, *, empty_label: str, **options: Any) -> None:  # noqa: ANN401
        options.setdefault("required", False)
        super().__init__(
            choices=lambda: [("", empty_label), *country_choices()],  # when it is shown
            empty_value="",
            **options,
        )


class CountriesField(forms.MultipleChoiceField):
    """Any number of countries, in the order of their names."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401
        options.setdefault("required", False)
        super().__init__(choices=country_choices, **options)
