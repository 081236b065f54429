"""Telephone numbers and VAT ids: read as they are typed, kept in one form each.

Nobody is asked over a network whether a number is in use: a telephone number has to be
one of its country's plan, a VAT id has to have its country's form and check digits.
The plans and forms are imported by whoever reads a number: most processes never do.
"""

from collections.abc import Callable, Mapping

from address.formats import Fault

PHONE_LENGTH = 32
VAT_ID_LENGTH = 20
PREFIXES = {"GR": "EL"}  # of VAT ids, where the European Union does not use ISO 3166
NORTHERN_IRELAND = "XI"  # part of a country, with ids of the Union
# Places with a code of their own whose companies have VAT ids of another country.
TAXED_IN = {
    "AX": "FI",
    "BL": "FR",
    "GF": "FR",
    "GP": "FR",
    "IM": "GB",
    "LI": "CH",
    "MC": "FR",
    "MF": "FR",
    "MQ": "FR",
    "RE": "FR",
    "YT": "FR",
}


class UnreadableNumberError(ValueError):
    """The text is no such number; says so in a sentence."""


def read_phone(text: str, country: str) -> str:
    """Return a telephone number in E.164, ``+436641234567``.

    Args:
        text: As it is dialled in the country, or with ``+`` and any country's code.
        country: ISO 3166 alpha-2.

    Raises:
        UnreadableNumberError: It is no number of that country's plan.
    """
    import phonenumbers  # noqa: PLC0415

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        msg = "This is not a telephone number; begin with + and the country's code."
        raise UnreadableNumberError(msg) from error
    if number.extension:
        msg = "Give the telephone number without an extension."
        raise UnreadableNumberError(msg)
    if not phonenumbers.is_valid_number(number):
        msg = "There is no such telephone number in its country."
        raise UnreadableNumberError(msg)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_vat_id(text: str, country: str) -> str:
    """Return a company's VAT id in its country's own form, ``ATU13585627``.

    Args:
        text: With or without the country's prefix, blanks and dots.
        country: ISO 3166 alpha-2, where the company is.

    Raises:
        UnreadableNumberError: It is none of that country's, or none are known there.
    """
    from stdnum.exceptions import ValidationError as NotValidError  # noqa: PLC0415

    try:
        return _european(text, country) or _national(text, country)
    except NotValidError as error:
        msg = "This is not a VAT id of the country."
        raise UnreadableNumberError(msg) from error


def read_numbers(
    typed: Mapping[str, str], country: str
) -> tuple[dict[str, str], list[Fault]]:
    """Read numbers of an address; return them in their form, and what is wrong.

    Args:
        typed: Name of a part -> what was typed; empty ones are left alone.
        country: ISO 3166 alpha-2.
    """
    read: dict[str, str] = {}
    faults: list[Fault] = []
    for name, text in typed.items():
        try:
            read[name] = READERS[name](text, country) if text else ""
        except UnreadableNumberError as error:
            faults.append(Fault(name, "invalid", str(error)))
    return read, faults


def _european(text: str, country: str) -> str:
    """Return the id with its prefix; empty where the Union gives none."""
    from stdnum.eu import vat as eu_vat  # noqa: PLC0415

    place = TAXED_IN.get(country, country)
    prefix = PREFIXES.get(place, place)
    typed = text.strip().upper()
    if prefix != place:  # known by either
        typed = typed.removeprefix(place)
    if country == "GB" and typed.startswith(NORTHERN_IRELAND):
        prefix = NORTHERN_IRELAND
    elif place.lower() not in eu_vat.MEMBER_STATES:
        return ""
    number: str = eu_vat.validate(
        typed if typed.startswith(prefix) else f"{prefix}{typed}"
    )
    return number


def _national(text: str, country: str) -> str:
    """Return the id as the country writes it, without blanks and dots."""
    from stdnum import get_cc_module  # noqa: PLC0415

    module = get_cc_module(TAXED_IN.get(country, country), "vat")
    if module is None:
        msg = "VAT ids of this country are not known."
        raise UnreadableNumberError(msg)
    number: str = module.validate(text)
    return number


READERS: Mapping[str, Callable[[str, str], str]] = {
    "phone": read_phone,
    "vat_id": read_vat_id,
}
