"""What all kinds of rows have in common: read, judge, then write a chunk of them.

The columns of a kind are fields of a django-import-export resource, so that a cell is
written and read by the same widget. Its loading and saving are not used: it holds a
file in memory and saves row by row, past the shop's services.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from import_export.fields import Field
from import_export.resources import Resource

from custom.codes import read_code
from exchange.cells import Code
from exchange.errors import FileRefusedError
from exchange.models import KEY_LENGTH, ImportRow
from users.models import User

Outcome = ImportRow.Outcome
ERROR_COLUMN = "error"
FAULT_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom rows are read and written, and what they are narrowed to.

    Attributes:
        partner_ids: Whose offers there are for the reader; None for everybody's.
        may_create: New rows are taken.
        source: Names the movements of stock.
        planned: Keys that earlier rows of a check would create.
        category_id: Of an export: this category and those below it.
    """

    actor: User
    partner_ids: Sequence[int] | None = None
    may_create: bool = True
    source: str = ""
    planned: frozenset[str] = frozenset()
    category_id: int | None = None


class RowError(Exception):
    """A row cannot be carried out; it stops no other."""

    def __init__(self, detail: str, column: str) -> None:
        super().__init__(detail)
        self.column = column
        self.detail = detail


@dataclass(slots=True)
class Line:
    """A row of a file on its way.

    Attributes:
        cells: As they came.
        values: As they were read, by column; those that are not there are left out.
        found: The stored row it is about, if there is one.
        changes: ``[column, before, after]`` as people read them.
    """

    number: int
    cells: Mapping[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    found: Any = None
    outcome: str = Outcome.UNCHANGED
    changes: list[list[str]] = field(default_factory=list)
    column: str = ""
    fault: str = ""

    @property
    def is_wanted(self) -> bool:
        """Tell whether there is something to write."""
        return self.outcome in (Outcome.CREATED, Outcome.UPDATED)

    def refuse(self, column: str, detail: str) -> None:
        """Make an error of it."""
        self.outcome, self.changes = Outcome.ERROR, []
        self.column, self.fault = column[:64], detail[:FAULT_LENGTH]

    def refuse_repetition(self, column: str) -> None:
        """Make an error of a row that an earlier one is about; that has the key."""
        self.key = ""
        self.refuse(column, "An earlier row of the file is about the same.")


class Kind(Resource):
    """A kind of rows; subclasses name the columns, load, judge and store.

    Attributes:
        name: In addresses, and of imports.
        keys: Columns that say which row it is.
        view: Permission to export.
        change: Permission to import, and to change rows.
        create: Permission to make new ones.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    keys: ClassVar[tuple[str, ...]]
    view: ClassVar[str]
    change: ClassVar[str]
    create: ClassVar[str]
    fields: dict[str, Field]

    def __init__(self) -> None:
        super().__init__()
        declared: dict[str, Field] = self.fields
        self.fields = {each.column_name: each for each in declared.values()}

    @property
    def columns(self) -> list[str]:
        """Return the names of the columns, in their order in files."""
        return list(self.fields)

    def check_columns(self, names: Sequence[str]) -> None:
        """Refuse a file that lacks a key, or has a column nobody knows.

        Raises:
            FileRefusedError: It does.
        """
        if lacking := [key for key in self.keys if key not in names]:
            msg = f"The column {lacking[0]} is missing."
            raise FileRefusedError(msg)
        if unknown := sorted(set(names) - {*self.columns, ERROR_COLUMN}):
            msg = f"Unknown column {unknown[0][:50]}. Known: {', '.join(self.columns)}."
            raise FileRefusedError(msg)

    def read(self, lines: Sequence[Line]) -> list[Line]:
        """Read the cells of a chunk; return the rows that can be judged."""
        seen: set[str] = set()
        return [line for line in lines if self._read(line, seen)]

    def mentioned(self, line: Line) -> set[str]:
        """Return keys of the same kind that a row relies on."""
        return set()

    def judge(self, lines: Sequence[Line], scope: Scope) -> Any:  # noqa: ANN401 - the kind's own
        """Decide what becomes of each row that was read; writes nothing.

        Returns:
            What ``store`` needs beside the rows.
        """
        loaded = self.load(lines, scope)
        for line in lines:
            try:
                self.judge_one(line, loaded, scope)
                if line.outcome == Outcome.CREATED and not scope.may_create:
                    msg = "There is no such row, and you may not make new ones."
                    raise RowError(msg, self.keys[-1])  # noqa: TRY301 - one way out
            except RowError as error:
                line.refuse(error.column, error.detail)
        return loaded

    def load(self, lines: Sequence[Line], scope: Scope) -> Any:  # noqa: ANN401 - the kind's own
        """Read all that the rows name, in a number of queries that is always the same.

        Sets ``found`` of each line; returns what the kind needs to judge and store.
        """
        raise NotImplementedError

    def judge_one(self, line: Line, loaded: Any, scope: Scope) -> None:  # noqa: ANN401
        """Set a row's outcome and changes.

        Raises:
            RowError: It cannot be carried out.
        """
        raise NotImplementedError

    def lock(self) -> None:
        """Take the locks under which rows are judged and then stored."""

    def store(self, lines: Sequence[Line], loaded: Any, scope: Scope) -> None:  # noqa: ANN401
        """Write the rows that are to be created or updated, by the services."""
        raise NotImplementedError

    def stored_rows(self, scope: Scope) -> Iterator[dict[str, Any]]:
        """Yield the rows a reader may see, read some at a time."""
        raise NotImplementedError

    def row_of(self, stored: Any) -> dict[str, Any]:  # noqa: ANN401 - of any model
        """Return a stored row as a row of a file."""
        fields = self.fields.items()
        return {name: self.export_field(each, stored) for name, each in fields}

    def compare(self, line: Line, *, skip: Sequence[str] = ()) -> None:
        """Set the outcome of a row from what its cells change.

        Args:
            line: ``found`` is the stored row, or None for a new one.
            skip: Columns that say nothing of a row that is there.

        Raises:
            RowError: A code that a row is given has what cannot be seen.
        """
        is_new = line.found is None
        for name, value in line.values.items():
            if name in skip and not is_new:
                continue
            after = self._shown(name, value)
            before = ""
            if not is_new:
                before = str(self.export_field(self.fields[name], line.found))
            if before != after:
                self._check_code(name, after)
                line.changes.append([name, before, after])
        if is_new:
            line.outcome = Outcome.CREATED
        elif line.changes:
            line.outcome = Outcome.UPDATED

    def _check_code(self, name: str, value: str) -> None:
        """Refuse a new code with what cannot be seen; one that is stored may stay."""
        if not isinstance(self.fields[name].widget, Code):
            return
        try:
            read_code(value)
        except ValidationError as error:
            raise RowError(str(error.message), name) from error

    def _shown(self, name: str, value: Any) -> str:  # noqa: ANN401 - of any column
        return str(self.fields[name].widget.render(value))

    def _read(self, line: Line, seen: set[str]) -> bool:
        """Read the cells of a row, and note its key; false if it is refused."""
        for name, each in self.fields.items():
            if name not in line.cells:
                continue
            try:
                line.values[name] = each.widget.clean(line.cells[name])
            except (ValueError, OverflowError) as error:
                line.refuse(name, str(error))
                return False
        if unknown := sorted(line.cells.keys() - {*self.fields, ERROR_COLUMN}):
            line.refuse(unknown[0], "Unknown column.")
            return False
        if lacking := [key for key in self.keys if not line.values.get(key)]:
            line.refuse(lacking[0], "Required.")
            return False
        line.key = "/".join(line.values[key] for key in self.keys)
        if len(line.key) > KEY_LENGTH:
            line.key = ""
            line.refuse(self.keys[-1], "Too long.")
            return False
        if line.key in seen:
            line.refuse_repetition(self.keys[-1])
            return False
        seen.add(line.key)
        return True
