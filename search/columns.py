"""Columns: of one field, what every product has, found by the product's id.

Xapian reads a value from the beginning of the chunk that it lies in: among a million
products, a look at some thousands of them reads all. A column is an array of numbers,
each of which stands for one combination of values, so that a look costs the same
wherever it goes. Columns lie in the index's metadata, in blocks: they are of the same
commit as its documents, and a process reads again only the blocks that have changed.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

import xapian

SEPARATOR = "\0"  # between the values of one product: no value has it
BLOCK = 1024  # products
NUMBER = "I"  # the type of numbers as they are stored
SMALLER = "BHI"  # those of an array in memory: the first that is large enough
FEW = 64  # different numbers, each of which bytes are looked through for
NOTHING = 0  # the number of products without a value
NAMES_KEY = "columns"
STAMP_KEY = "stamp"
Fits = Callable[[Sequence[str]], bool]  # told the values of a product
Numbers = Sequence[int]  # bytes, or an array where numbers are larger


def attribute_column(code: str) -> str:
    """Return the name of an attribute's column."""
    return f"attribute:{code}"


class ColumnWriter:
    """Writes the columns of one index; nothing of it is there before ``flush``."""

    def __init__(self, database: xapian.WritableDatabase) -> None:
        self._database = database
        self._names = _names(database)
        self._blocks: dict[tuple[str, int], array[int]] = {}
        self._changed: set[tuple[str, int]] = set()
        self._numbers: dict[tuple[str, str], int] = {}

    def put(self, pk: int, values: Mapping[str, Sequence[str]]) -> None:
        """Note a product's values by column; of others it has none any more."""
        self._add_names(values)
        for name in self._names:
            combination = SEPARATOR.join(values.get(name, ()))
            number = self._number(name, combination) if combination else NOTHING
            self._set(name, pk, number)

    def add(self, other: xapian.Database) -> None:
        """Take over the columns of an index that has other products."""
        names = _names(other)
        self._add_names(names)
        for name in names:
            column = Column().as_of(other, name)
            for pk, number in enumerate(column.numbers):
                if number:
                    combination = SEPARATOR.join(column.values(other, name, number))
                    self._set(name, pk, self._number(name, combination))

    def flush(self) -> None:
        """Hand what has changed to the database, which the caller commits."""
        if not self._changed:
            return
        stamp = int(self._database.get_metadata(STAMP_KEY) or 0) + 1
        self._database.set_metadata(STAMP_KEY, str(stamp))
        self._database.set_metadata(NAMES_KEY, SEPARATOR.join(self._names))
        for name in {name for name, _ in self._changed}:
            places = [place for other, place in self._changed if other == name]
            stamps = array(NUMBER, self._database.get_metadata(_stamps_key(name)))
            stamps.extend([0] * (max(places) + 1 - len(stamps)))
            for place in places:
                stamps[place] = stamp
                block = self._blocks[name, place].tobytes()
                self._database.set_metadata(_block_key(name, place), block)
            self._database.set_metadata(_stamps_key(name), stamps.tobytes())
        self._changed.clear()

    def _add_names(self, names: Iterable[str]) -> None:
        """Know columns by these names, too."""
        self._names += [name for name in names if name not in self._names]

    def _set(self, name: str, pk: int, number: int) -> None:
        place, at = divmod(pk, BLOCK)
        block = self._blocks.get((name, place))
        if block is None:
            stored = self._database.get_metadata(_block_key(name, place))
            block = array(NUMBER, stored or bytes(BLOCK * array(NUMBER).itemsize))
            self._blocks[name, place] = block
        if block[at] != number:
            block[at] = number
            self._changed.add((name, place))

    def _number(self, name: str, combination: str) -> int:
        """Return what stands for a combination, given to it when it is first seen."""
        number = self._numbers.get((name, combination))
        if number is None:
            key = _number_key(name, combination)
            number = int(self._database.get_metadata(key) or 0)
            if not number:
                number = _last_number(self._database, name) + 1
                self._database.set_metadata(_last_key(name), str(number))
                self._database.set_metadata(key, str(number))
                self._database.set_metadata(_values_key(name, number), combination)
            self._numbers[name, combination] = number
        return number


@dataclass(frozen=True, slots=True)
class Column:
    """A column as of one commit.

    Attributes:
        index: Which index it is of, by its UUID.
        stamps: When each block was written; equal ones have equal numbers.
        numbers: Product id -> number.
        kind: The type of those, one of ``SMALLER``.
        known: Number -> values; a number never changes its meaning.
    """

    index: str = ""
    stamps: bytes = b""
    numbers: Numbers = b""
    kind: str = SMALLER[0]
    known: dict[int, list[str]] = field(default_factory=dict)

    def as_of(self, database: xapian.Database, name: str) -> "Column":
        """Return the column that an open index has; what is the same is not read."""
        stamps = database.get_metadata(_stamps_key(name))
        size = array(NUMBER).itemsize
        stamps = stamps.ljust((database.get_lastdocid() // BLOCK + 1) * size, b"\0")
        index = database.get_uuid()
        if (index, stamps) == (self.index, self.stamps):
            return self
        old = self if index == self.index else Column()
        before = array(NUMBER, old.stamps.ljust(len(stamps), b"\0"))
        # Another thread may have read numbers of a later commit, which are larger.
        types = _type_of(database, name), old.kind
        numbers = array(max(types, key=SMALLER.index), array(old.kind, old.numbers))
        length = len(stamps) // size * BLOCK
        del numbers[length:]
        numbers.extend(bytes(length - len(numbers)))
        for place, stamp in enumerate(array(NUMBER, stamps)):
            if stamp != before[place]:
                block = database.get_metadata(_block_key(name, place))
                block = block or bytes(BLOCK * size)
                start = place * BLOCK
                numbers[start : start + BLOCK] = array(
                    numbers.typecode, array(NUMBER, block)
                )
        kind = numbers.typecode
        shown = numbers.tobytes() if kind == SMALLER[0] else numbers
        return Column(index, stamps, shown, kind, old.known)

    def values(self, database: xapian.Database, name: str, number: int) -> list[str]:
        """Return the values that a number stands for."""
        values = self.known.get(number)
        if values is None:
            text = database.get_metadata(_values_key(name, number)).decode()
            values = self.known[number] = text.split(SEPARATOR)
        return values


_kept: dict[str, Column] = {}  # by name: what this process has read last


def pick_numbers(database: xapian.Database, name: str, ids: Sequence[int]) -> Numbers:
    """Return what a column has of some products, in their order.

    Args:
        database: An open index.
        name: Of a column; nothing has a value in one that is not there.
        ids: Of products of this index.
    """
    numbers = _read(database, name).numbers
    # One more than there are, of no product: of a single one it were no tuple.
    picked = itemgetter(*ids, 0)(numbers) if ids else ()
    return pack(picked[:-1], numbers)


def pack(numbers: Iterable[int], like: Numbers) -> Numbers:
    """Return numbers of a column as it holds them: bytes are looked up fast."""
    return bytes(numbers) if isinstance(like, bytes) else array(NUMBER, numbers)


def count_values(
    database: xapian.Database, name: str, numbers: Numbers | None = None
) -> Counter[str]:
    """Return value -> number of products that have it.

    Args:
        database: An open index.
        name: Of a column.
        numbers: What it has of the products that count; of all if None.
    """
    column = _read(database, name)
    found: Counter[str] = Counter()
    for number, many in _tally(column.numbers if numbers is None else numbers).items():
        if number != NOTHING:
            for value in column.values(database, name, number):
                found[value] += many
    return found


def mask(database: xapian.Database, name: str, numbers: Numbers, fits: Fits) -> bytes:
    """Tell of each product whether its values fit: 1, or 0.

    Args:
        database: An open index.
        name: Of a column; products that have no value in it do not fit.
        numbers: What it has of the products.
        fits: Tells it of values.
    """
    column = _read(database, name)
    fitting = {
        number
        for number in {*numbers} - {NOTHING}
        if fits(column.values(database, name, number))
    }
    if isinstance(numbers, bytes):
        return numbers.translate(bytes(map(fitting.__contains__, range(256))))
    return bytes(map(fitting.__contains__, numbers))


def count_combinations(database: xapian.Database, name: str) -> int:
    """Return how many combinations of values a column has had."""
    return _last_number(database, name)


def _tally(numbers: Sequence[int]) -> Mapping[int, int]:
    """Count equal numbers."""
    if isinstance(numbers, bytes):
        different = {*numbers}
        if len(different) <= FEW:
            return {number: numbers.count(number) for number in different}
    return Counter(numbers)


def _read(database: xapian.Database, name: str) -> Column:
    """Return a column, and keep it."""
    column = _kept[name] = _kept.get(name, Column()).as_of(database, name)
    return column


def _names(database: xapian.Database) -> list[str]:
    """Return the names of an index's columns."""
    stored = database.get_metadata(NAMES_KEY).decode()
    return stored.split(SEPARATOR) if stored else []


def _last_number(database: xapian.Database, name: str) -> int:
    """Return the highest number that a combination has been given."""
    return int(database.get_metadata(_last_key(name)) or NOTHING)


def _type_of(database: xapian.Database, name: str) -> str:
    """Return the smallest type of array that all numbers of a column fit in."""
    last = _last_number(database, name)
    return next(each for each in SMALLER if last < 256 ** array(each).itemsize)


def _last_key(name: str) -> str:
    return f"last:{name}"


def _stamps_key(name: str) -> str:
    return f"stamps:{name}"


def _block_key(name: str, place: int) -> str:
    return f"block:{name}:{place}"


def _values_key(name: str, number: int) -> str:
    return f"values:{name}:{number}"


def _number_key(name: str, combination: str) -> str:
    """Return a key of bounded length for a combination of any."""
    digest = hashlib.blake2b(combination.encode(), digest_size=16).hexdigest()
    return f"number:{name}:{digest}"
