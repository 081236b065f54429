"""How a product's document becomes terms, values and spellings in Xapian."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import xapian
from django.conf import settings
from haystack.constants import DJANGO_ID

ID_PREFIX = "Q"
TEXT_PREFIXES = {"title": "XT:", "details": "XD:", "text": "XB:"}
TOKEN_PREFIXES = {
    "category_exact": "XC:",
    "partner_exact": "XP:",
    "attribute_exact": "XA:",
    "price_band_exact": "XN:",
    "in_stock": "XI:",
}
SPELT = ("title", "details")  # whose words are suggested
SEPARATOR = "\0"  # between the values of one product: no value has it
FIELD_GAP = 100  # positions; no phrase reaches from one field into another
FIRST_ATTRIBUTE_SLOT = 1000  # behind the columns of fields
SLOT_KEY = "slot:"
SLOT_COUNT_KEY = "slots"


def stem_prefix(prefix: str) -> str:
    """Return the prefix of the stems of a field's words."""
    return f"Z{prefix}"


def make_stemmer() -> xapian.Stem:
    """Return the stemmer of the shop's language."""
    return xapian.Stem(settings.SEARCH_LANGUAGE)


def as_term(value: object) -> str:
    """Return what a filter compares."""
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)


def as_value(value: object) -> bytes | str:
    """Return what is sorted by as bytes that sort in the same way."""
    if isinstance(value, int) and not isinstance(value, bool):
        number: bytes = xapian.sortable_serialise(value)
        return number
    if isinstance(value, list):
        return SEPARATOR.join(value)
    return as_term(value)


class Writer:
    """Writes documents into one generation of the index."""

    def __init__(
        self, database: xapian.WritableDatabase, columns: Mapping[str, int]
    ) -> None:
        """Take the slot of each field."""
        self._database = database
        self._columns = columns
        self._stemmer = make_stemmer()
        self._slots: dict[str, int] = {}

    def put_all(self, documents: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        """Write many products' documents."""
        for pk, prepared in documents:
            self.put(pk, prepared)

    def put(self, pk: int, prepared: Mapping[str, Any]) -> None:
        """Write a product's document in place of the one it had."""
        self._forget_spellings(pk)
        document = xapian.Document()
        spelt = " ".join(str(prepared[field]) for field in SPELT)
        document.set_data(f"{prepared['fingerprint']} {spelt}")
        self._add_text(document, prepared)
        self._add_tokens(document, prepared)
        self._add_values(document, prepared)
        document.add_boolean_term(f"{ID_PREFIX}{pk}")
        for word in spelt.split():
            self._database.add_spelling(word)
        self._database.replace_document(pk, document)  # found without being opened

    def remove(self, pk: int) -> None:
        """Take a product out, its words included, if it is there."""
        if self._forget_spellings(pk):
            self._database.delete_document(pk)

    def commit(self) -> None:
        """Let readers see what was written, for good."""
        self._database.commit()

    @staticmethod
    def fingerprint(document: xapian.Document) -> str:
        """Return the digest of the state that a document was made of."""
        return str(document.get_data().decode().partition(" ")[0])

    @staticmethod
    def attribute_slot(database: xapian.Database, code: str) -> int | None:
        """Return where values of an attribute are; None if there are none."""
        number = database.get_metadata(f"{SLOT_KEY}{code}")
        return int(number) if number else None

    @staticmethod
    def knows(database: xapian.Database, word: str) -> bool:
        """Tell whether a product has a word, in whatever field or form."""
        stem = make_stemmer()(word).decode()
        return any(
            database.term_exists(f"{stem_prefix(prefix)}{stem}")
            for prefix in TEXT_PREFIXES.values()
        )

    def _add_text(self, document: xapian.Document, prepared: Mapping[str, Any]) -> None:
        """Add each word with its position, and its stem."""
        position = 0
        for field, prefix in TEXT_PREFIXES.items():
            for word in str(prepared[field]).split():
                position += 1
                document.add_posting(f"{prefix}{word}", position)
                stem = self._stemmer(word).decode()
                document.add_term(f"{stem_prefix(prefix)}{stem}")
            position += FIELD_GAP

    def _add_tokens(
        self, document: xapian.Document, prepared: Mapping[str, Any]
    ) -> None:
        """Add the terms that filters ask for; they carry no weight."""
        for field, prefix in TOKEN_PREFIXES.items():
            value = prepared[field]
            for each in value if isinstance(value, list) else [value]:
                document.add_boolean_term(f"{prefix}{as_term(each)}")

    def _add_values(
        self, document: xapian.Document, prepared: Mapping[str, Any]
    ) -> None:
        """Add what is sorted and counted by."""
        for field, slot in self._columns.items():
            value = prepared.get(field)
            if field not in (DJANGO_ID, *TEXT_PREFIXES, "attribute_exact"):
                is_there = value not in (None, "", [])
                if is_there:
                    document.add_value(slot, as_value(value))
        for code, values in _by_code(prepared["attribute_exact"]).items():
            document.add_value(self._slot(code), as_value(values))

    def _slot(self, code: str) -> int:
        """Return the slot of an attribute, given to it when it is first seen."""
        if code not in self._slots:
            slot = self.attribute_slot(self._database, code)
            if slot is None:
                given = int(self._database.get_metadata(SLOT_COUNT_KEY) or 0)
                slot = FIRST_ATTRIBUTE_SLOT + given
                self._database.set_metadata(f"{SLOT_KEY}{code}", str(slot))
                self._database.set_metadata(SLOT_COUNT_KEY, str(given + 1))
            self._slots[code] = slot
        return self._slots[code]

    def _forget_spellings(self, pk: int) -> bool:
        """Count a product's words no more: what is gone is not suggested.

        Returns:
            Whether the product is there.
        """
        try:
            stored = self._database.get_document(pk).get_data().decode()
        except xapian.DocNotFoundError:
            return False
        for word in stored.split()[1:]:
            self._database.remove_spelling(word)
        return True


def _by_code(tokens: Iterable[str]) -> dict[str, list[str]]:
    """Return attribute code -> values."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for each in tokens:
        code, _, value = each.partition("=")
        found[code].append(value)
    return found
