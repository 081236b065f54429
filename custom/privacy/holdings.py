"""What an app says of the personal data it holds, and how all of it is gathered.

An app's ``privacy.py`` has up to four tuples: ``HOLDINGS``, kinds of rows that tell of
a person; ``NOT_PERSONAL``, columns that only look so; ``RETENTIONS``, how long rows are
kept; ``WAITS``, functions that name what an erasure must wait for. It may declare
tables of packages, too. ``tests/privacy`` holds them against every column there is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db.models import Model, QuerySet
from django.utils.module_loading import module_has_submodule

NOBODY: Final = 0  # the key of no account: nothing is found by it


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whose data is looked for.

    Attributes:
        pk: Key of the account; ``NOBODY`` for a guest, who has none.
        email: The account's address as it was typed, or the guest's.
        has_proved_email: Somebody has proved to read its mails, so that what was left
            with the address elsewhere is this person's.
        before: Of a guest, what came later is not meant.
    """

    pk: int
    public_id: UUID
    email: str
    has_proved_email: bool
    before: datetime | None = None

    @classmethod
    def guest(cls, email: str, *, public_id: UUID, before: datetime) -> "Person":
        """Return the reader of an address, who has proved to be that."""
        return cls(
            pk=NOBODY,
            public_id=public_id,
            email=email,
            has_proved_email=True,
            before=before,
        )

    @property
    def is_guest(self) -> bool:
        """Tell whether there is an address alone, and no account."""
        return self.pk == NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One kind of rows that tell of a person.

    Attributes:
        model: Label of the table, ``address.Address``.
        name: Of its file in an export, and in receipts; no other's.
        tells: What it is, in words for the person.
        personal: Columns that tell of a person or lead to one.
        rows: Those of a person.
        shown: Columns of an export, ``order__number`` for one of a row pointed at.
        unshown: Why there is nothing of it in an export; empty if there is.
        erasure: What becomes of it when the person is erased, in a sentence.
        erase: Does so, in short transactions; may be repeated. None: nothing is done.
        kept: What stays and why, in a sentence for the person; empty if nothing does.
        until: The day after which nothing of it is kept; None if no day is known.
        of_guests: It is held of who has no account, too.
    """

    model: str
    name: str
    tells: str
    personal: tuple[str, ...]
    rows: Callable[[Person], QuerySet[Any, Any]]
    shown: tuple[str, ...] = ()
    unshown: str = ""
    erasure: str
    erase: Callable[[Person], None] | None = None
    kept: str = ""
    until: Callable[[Person], date | None] = lambda _person: None
    of_guests: bool = False

    @property
    def table(self) -> type[Model]:
        """Return the model itself."""
        return apps.get_model(self.model)


@dataclass(frozen=True, slots=True)
class NotPersonal:
    """Columns of a table that look personal and are not.

    Attributes:
        columns: Of free text, JSON or links to accounts, by name.
        because: What they hold instead.
    """

    model: str
    columns: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long one class of data is kept.

    Attributes:
        data: The class, as the schedule names it.
        period: How long, and from when, with the settings that say so.
        due: Rows whose time is over; read along an index.
        apply: Ends what is due, in short transactions; returns how much it was.
        task: What the scheduler runs it by; empty for ``custom.apply_retention``.
    """

    data: str
    period: str
    due: Callable[[], QuerySet[Any, Any]]
    apply: Callable[[], int]
    task: str = ""


@cache
def holdings() -> tuple[Holding, ...]:
    """Return every kind of rows that tells of a person, from the top app to the last.

    In this order they are erased: what points at an account before the account.
    """
    return tuple(_gather("HOLDINGS"))


def holdings_of(person: Person) -> tuple[Holding, ...]:
    """Return the kinds of rows that may tell of somebody, in the same order."""
    if not person.is_guest:
        return holdings()
    return tuple(each for each in holdings() if each.of_guests)


@cache
def not_personal() -> tuple[NotPersonal, ...]:
    """Return every column that only looks personal."""
    return tuple(_gather("NOT_PERSONAL"))


@cache
def retentions() -> tuple[Retention, ...]:
    """Return how long each class of data is kept."""
    return tuple(_gather("RETENTIONS"))


def waits_for(person: Person) -> list[str]:
    """Return in sentences what must come to an end before a person can be erased."""
    return [reason for each in _gather("WAITS") for reason in each(person)]


def _gather(name: str) -> Iterator[Any]:
    """Yield what the apps' declarations hold under one name."""
    for module in _declarations():
        yield from getattr(module, name, ())


@cache
def _declarations() -> tuple[ModuleType, ...]:
    """Import the declarations of the apps that have one."""
    declaring = [
        f"{config.name}.privacy"
        for config in apps.get_app_configs()
        if config.name != "custom" and module_has_submodule(config.module, "privacy")
    ]
    return tuple(import_module(path) for path in (*declaring, "custom.privacy.own"))
