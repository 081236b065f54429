"""What a cell may hold, read strictly: what is not understood is an error.

Widgets of django-import-export: ``clean`` reads a cell and raises ``ValueError`` with a
sentence for staff, ``render`` writes one that ``clean`` reads as the same value.
"""

import json
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from import_export.widgets import Widget

from custom.codes import normalize_code

WORDS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
LARGEST = 2**31 - 1


def _as_text(value: object) -> str:
    """Return a cell as text; spreadsheets hold codes of digits as numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dict | list):
        msg = "A text was expected."
        raise ValueError(msg)  # noqa: TRY004 - one error for every bad cell
    return str(value)


class Text(Widget):
    """Words of people, up to a length."""

    def __init__(self, length: int, *, is_required: bool = False) -> None:
        super().__init__()
        self.length = length
        self.is_required = is_required

    def clean(self, value: object, row: object = None, **_options: object) -> Any:  # noqa: ANN401
        """Return the text; blanks around it do not count where it is required."""
        text = _as_text(value)
        if self.is_required:
            text = text.strip()
            if not text:
                msg = "Required."
                raise ValueError(msg)
        if len(text) > self.length:
            msg = f"At most {self.length} characters."
            raise ValueError(msg)
        return text


class CodeName(Text):
    """The code of a row that is there; an empty cell is none."""

    def clean(self, value: object, row: object = None, **_options: object) -> Any:  # noqa: ANN401
        """Return the code as it is kept, or None."""
        return super().clean(normalize_code(_as_text(value))) or None


class Code(CodeName):
    """A code that may be given to a row: ``custom.codes.read_code`` takes it then."""


class YesNo(Widget):
    """``yes`` or ``no``."""

    def clean(self, value: object, row: object = None, **_options: object) -> Any:  # noqa: ANN401
        """Return a truth; an empty cell is none."""
        found = WORDS.get(_as_text(value).strip().lower())
        if found is None:
            msg = "Write yes or no."
            raise ValueError(msg)
        return found

    def render(self, value: object, obj: object = None, **_options: object) -> Any:  # noqa: ANN401
        """Write a truth."""
        return "yes" if value else "no"


class Whole(Widget):
    """A whole number from 0; an empty cell is none."""

    def clean(self, value: object, row: object = None, **_options: object) -> Any:  # noqa: ANN401
        """Return the number, or None."""
        text = _as_text(value).strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit()) or int(text[:11]) > LARGEST:
            msg = "A whole number from 0 was expected."
            raise ValueError(msg)
        return int(text)


class Amount(Widget):
    """A price, with a point before its decimals; an empty cell is none."""

    def clean(self, value: object, row: object = None, **_options: object) -> Any:  # noqa: ANN401
        """Return the amount, or None."""
        text = _as_text(value).strip()
        if not text:
            return None
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or not 0 <= amount < Decimal(10) ** 9:
            msg = "A price like 12.50 was expected."
            raise ValueError(msg)
        return amount

    def render(self, value: Any, obj: object = None, **_options: object) -> Any:  # noqa: ANN401
        """Write an amount with the places it needs, two at least."""
        if value is None:
            return ""
        exponent = value.normalize().as_tuple().exponent
        return f"{value:.{max(2, -exponent)}f}"


class Moment(Widget):
    """A moment, ``2026-03-01T09:00:00+00:00``; UTC without a zone; empty is none."""

    def clean(self, value: object, row: object = None, **_options: object) -> Any:  # noqa: ANN401
        """Return an aware moment, or None."""
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - below
        if not isinstance(value, datetime):
            text = _as_text(value).strip()
            if not text:
                return None
            value = parse_datetime(text)
        if value is None:
            msg = "A moment like 2026-03-01T09:00:00+00:00 was expected."
            raise ValueError(msg)
        return value if timezone.is_aware(value) else timezone.make_aware(value)

    def render(self, value: Any, obj: object = None, **_options: object) -> Any:  # noqa: ANN401
        """Write a moment with its zone."""
        return value.isoformat() if value else ""


class Words(Widget):
    """Slugs with blanks between them."""

    def clean(self, value: object, row: object = None, **_options: object) -> Any:  # noqa: ANN401
        """Return each slug once, in order."""
        if isinstance(value, list):
            value = " ".join(map(str, value))
        return sorted(set(_as_text(value).split()))

    def render(self, value: Any, obj: object = None, **_options: object) -> Any:  # noqa: ANN401
        """Write slugs."""
        return " ".join(sorted(value or ()))


class Attributes(Widget):
    """Values by code, as a JSON object."""

    def clean(self, value: object, row: object = None, **_options: object) -> Any:  # noqa: ANN401
        """Return the object; an empty cell is an empty one."""
        if isinstance(value, dict):
            return value
        text = _as_text(value).strip()
        try:
            found = json.loads(text or "{}")
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            msg = 'A JSON object like {"director": "Fritz Lang"} was expected.'
            raise ValueError(msg)  # noqa: TRY004 - one error for every bad cell
        return found

    def render(self, value: Any, obj: object = None, **_options: object) -> Any:  # noqa: ANN401
        """Write the object in a fixed order of codes."""
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
