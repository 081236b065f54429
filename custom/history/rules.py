"""What the kernel cannot know of a model: how its rows are written back.

``settings.HISTORY_RULES`` names a class for each model that has rules of its own.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Model, ProtectedError, RestrictedError
from django.utils.module_loading import import_string

from custom.errors import ConflictError, InvalidError
from custom.history.reading import Values, edited_fields

M = TypeVar("M", bound=Model)
Change = tuple[M, Mapping[str, Any]]  # a locked row, and its former values by name


class RevertRefusedError(InvalidError):
    """A former value may not stand any more; nothing is changed."""

    code = "revert-refused"
    title = "Cannot be put back"


class NothingToRevertError(ConflictError):
    """The row is as it was, or has nothing that may be put back."""

    code = "nothing-to-revert"
    title = "Nothing to put back"


class ModelRules(Generic[M]):
    """How rows of a model are written back; this one does as a form would.

    Attributes:
        forward_only: Fields that are never put back, since what they say is worth
            something: stock, permissions, what others know a row by.
        together: Fields of which many rows are put back at once; others may be taken
            by another row, or decide on these.
    """

    forward_only: ClassVar[frozenset[str]] = frozenset()
    together: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, model: type[M]) -> None:
        self.model = model
        self.rows = model._base_manager  # noqa: SLF001 - public

    def revertible(self) -> frozenset[str]:
        """Return the names of the fields that may be put back."""
        return frozenset(edited_fields(self.model)) - self.forward_only

    def lock_first(self, pks: Sequence[str]) -> None:
        """Take the locks that services take before those of the rows.

        Args:
            pks: Of the rows; none of a row that is still to be made.
        """

    def lock_all(self, pks: Sequence[str]) -> dict[str, M]:
        """Lock rows as the services that write them do; those gone are left out."""
        self.lock_first(pks)
        found = self.rows.select_for_update().filter(pk__in=pks).order_by("pk")
        return {str(row.pk): row for row in found}

    def lock(self, pk: str) -> M | None:
        """Lock one row; None if it is gone."""
        return self.lock_all([pk]).get(pk)

    def put_back_all(self, changes: Sequence[Change[M]]) -> None:
        """Write former values to many locked rows, as ``put_back`` does to one."""
        joint = [one for one in changes if one[1].keys() <= self.together]
        for row, values in changes:
            if not values.keys() <= self.together:
                self.put_back(row, values)
        if joint:
            self.put_back_together(joint)

    def put_back_together(self, changes: Sequence[Change[M]]) -> None:
        """Write former values of no fields but those that are put back at once."""
        for row, values in changes:
            self.put_back(row, values)

    def remove_all(self, rows: Sequence[M]) -> None:
        """Delete many locked rows that a step to be undone had created, in order."""
        for row in rows:
            self.remove(row)

    def put_back(self, row: M, values: Mapping[str, Any]) -> None:
        """Write former values to a locked row.

        Args:
            row: Locked by ``lock``.
            values: Field name -> value; of relations the key, or a list of keys.

        Raises:
            DomainError: A service refuses.
            ValidationError: They break a rule of the model.
        """
        links = self.assign(row, values)
        if hasattr(row, "version"):
            row.version += 1
        self.check(row)
        row.save()
        self.link(row, links)

    def bring_back(self, row: M, links: Mapping[str, Any]) -> None:
        """Store a deleted row again, under its former key.

        Args:
            row: Not stored; has every value its last version holds.
            links: Relations of many to many by name -> keys.

        Raises:
            DomainError: A service refuses.
            ValidationError: It breaks a rule of the model.
        """
        self.check(row)
        born = {
            each.name: getattr(row, each.attname)
            for each in self.model._meta.concrete_fields  # noqa: SLF001 - public
            if getattr(each, "auto_now_add", False)
        }
        row.save(force_insert=True)
        if born:  # the save has set them to now
            self.rows.filter(pk=row.pk).update(**born)
        self.link(row, links)

    def check(self, row: M) -> None:
        """Raise ``ValidationError`` if the row breaks a rule of its model."""
        row.full_clean()

    def remove(self, row: M) -> None:
        """Delete a row that a step to be undone had created."""
        row.delete()

    def key_labels(self, values: Sequence[Values]) -> Mapping[str, str]:
        """Return labels for the keys of the model's JSON objects, as far as known.

        Args:
            values: Of the versions that are compared.
        """
        return {}

    def assign(self, row: M, values: Mapping[str, Any]) -> dict[str, Any]:
        """Set the values on a row, but for relations of many to many: returned."""
        links = {}
        for name, value in values.items():
            field: Any = self.model._meta.get_field(name)  # noqa: SLF001
            if field.many_to_many:
                links[name] = value
            else:
                setattr(row, field.attname, value)
        return links

    def link(self, row: M, links: Mapping[str, Any]) -> None:
        """Set relations of many to many.

        Raises:
            RevertRefusedError: A row that was linked is no more.
        """
        for name, pks in links.items():
            field: Any = self.model._meta.get_field(name)  # noqa: SLF001
            others = field.related_model._base_manager  # noqa: SLF001
            found = set(others.filter(pk__in=pks).values_list("pk", flat=True))
            if gone := set(pks) - found:
                msg = f"{field.verbose_name}: {_listed(gone)} no longer there."
                raise RevertRefusedError(msg.capitalize())
            getattr(row, name).set(pks)


class refusals:  # noqa: N801 - reads as a statement
    """Turns what the database or a model refuses into a sentence for staff."""

    def __enter__(self) -> None:
        """Watch the block."""

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        """Raise ``RevertRefusedError`` in place of what the block raised."""
        if isinstance(error, ValidationError):
            raise RevertRefusedError(" ".join(_sentences(error))) from error
        if isinstance(error, ProtectedError | RestrictedError):
            msg = "Other rows still need it, orders or offers for example."
            raise RevertRefusedError(msg) from error
        if isinstance(error, IntegrityError):
            msg = "Another row has taken its place, or one it needs is gone."
            raise RevertRefusedError(msg) from error


def rules_for(model: type[M]) -> ModelRules[M]:
    """Return the rules of a model, or those of every other."""
    path = settings.HISTORY_RULES.get(model._meta.label_lower)  # noqa: SLF001
    made = import_string(path)(model) if path else ModelRules(model)
    return cast("ModelRules[M]", made)


def _sentences(error: ValidationError) -> list[str]:
    """Return what is wrong, with the name of the field before each."""
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    return [
        text if name == "__all__" else f"{name.replace('_', ' ').capitalize()}: {text}"
        for name, texts in error.message_dict.items()
        for text in texts
    ]


def _listed(pks: set[Any]) -> str:
    numbers = ", ".join(f"number {pk}" for pk in sorted(pks))
    return f"{numbers} {'is' if len(pks) == 1 else 'are'}"
