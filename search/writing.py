"""How a product's document becomes terms, values and spellings in Xapian."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import xapian
from django.conf import settings

from search.columns import ColumnWriter, attribute_column

ID_PREFIX = "Q"
TEXT_PREFIXES = {"title": "XT:", "details": "XD:", "text": "XB:"}
TOKEN_PREFIXES = {
    "category_exact": "XC:",
    "partner_exact": "XP:",
    "attribute_exact": "XA:",
    "price_band_exact": "XN:",
    "in_stock": "XI:",
}
VALUES = ("title_order_exact", "price", "price_rank", "created")  # sorted, compared by
COUNTED = ("category_exact", "partner_exact", "price_band_exact")  # attributes too
COMPARED = ("price",)  # numbers that bounds are about
SPELT = ("title", "details")  # whose words are suggested
FIELD_GAP = 100  # positions; no phrase reaches from one field into another
# How often a word is in a field counts for more where the field is short. That is
# written with the word: a search would have to look up how long each match is.
ONCE = 10  # what a word counts in a field of the usual length
USUAL_WORDS = {"title": 3, "details": 6, "text": 40}
LENGTH_MATTERS = 0.5  # from 0, not at all, to 1


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
    return as_term(value)


class Writer:
    """Writes documents into one generation of the index, or into a part of one."""

    def __init__(
        self,
        database: xapian.WritableDatabase,
        slots: Mapping[str, int],
        columns: xapian.WritableDatabase | None = None,
    ) -> None:
        """Take what is written to.

        Args:
            database: Where documents go.
            slots: Field -> where its value goes.
            columns: Of a part, where columns go; else they go with the documents.
        """
        self._database = database
        self._slots = slots
        self._stemmer = make_stemmer()
        self._columns = ColumnWriter(columns or database)
        self._is_part = columns is not None

    def put_all(self, documents: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        """Write many products' documents."""
        for pk, prepared in documents:
            self.put(pk, prepared)
        if self._is_part:  # little at a time: what waits in memory is slow to write
            self._database.commit()

    def put(self, pk: int, prepared: Mapping[str, Any]) -> None:
        """Write a product's document in place of the one it had."""
        self._forget_spellings(pk)
        document = xapian.Document()
        spelt = " ".join(str(prepared[field]) for field in SPELT)
        document.set_data(f"{prepared['fingerprint']} {spelt}")
        self._add_text(document, prepared)
        self._add_tokens(document, prepared)
        for field in VALUES:
            document.add_value(self._slots[field], as_value(prepared[field]))
        document.add_boolean_term(f"{ID_PREFIX}{pk}")
        for word in spelt.split():
            self._database.add_spelling(word)
        self._database.replace_document(pk, document)  # found without being opened
        self._columns.put(pk, _counted(prepared))

    def remove(self, pk: int) -> None:
        """Take a product out, its words included, if it is there."""
        if self._forget_spellings(pk):
            self._database.delete_document(pk)
            self._columns.put(pk, {})

    def commit(self) -> None:
        """Let readers see what was written, for good."""
        self._columns.flush()
        self._database.commit()

    @staticmethod
    def fingerprint(document: xapian.Document) -> str:
        """Return the digest of the state that a document was made of."""
        return str(document.get_data().decode().partition(" ")[0])

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
            words = str(prepared[field]).split()
            weight = _weight(field, len(words))
            for word in words:
                position += 1
                document.add_posting(f"{prefix}{word}", position, weight)
                stem = self._stemmer(word).decode()
                document.add_term(f"{stem_prefix(prefix)}{stem}", weight)
            position += FIELD_GAP

    def _add_tokens(
        self, document: xapian.Document, prepared: Mapping[str, Any]
    ) -> None:
        """Add the terms that filters ask for; they carry no weight."""
        for field, prefix in TOKEN_PREFIXES.items():
            for each in _listed(prepared[field]):
                document.add_boolean_term(f"{prefix}{as_term(each)}")

    def _forget_spellings(self, pk: int) -> bool:
        """Count a product's words no more: what is gone is not suggested.

        Returns:
            Whether the product is there.
        """
        if pk > self._database.get_lastdocid():
            return False
        try:
            stored = self._database.get_document(pk).get_data().decode()
        except xapian.DocNotFoundError:
            return False
        for word in stored.split()[1:]:
            self._database.remove_spelling(word)
        return True


def _weight(field: str, length: int) -> int:
    """Return what a word counts in a field of so many words."""
    usual = 1 - LENGTH_MATTERS + LENGTH_MATTERS * length / USUAL_WORDS[field]
    return max(round(ONCE / usual), 1)


def _listed(value: Any) -> list[Any]:  # noqa: ANN401
    return value if isinstance(value, list) else [value]


def _counted(prepared: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return column -> values."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for field in COUNTED:
        found[field] += filter(None, _listed(prepared[field]))
    for field in COMPARED:
        found[field].append(str(prepared[field]))
    for each in prepared["attribute_exact"]:
        code, _, value = each.partition("=")
        found[attribute_column(code)].append(value)
    return found
