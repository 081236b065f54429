"""Files of rows that came in, and what became of each row."""

import uuid
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.deconstruct import deconstructible

from custom.fields import CodeField
from custom.ids import new_public_id
from custom.pieces import is_stuck
from exchange.querysets import ImportQuerySet, ImportRowQuerySet

KEY_LENGTH = 190


@deconstructible
class PrivateStorage(FileSystemStorage):
    """Files that no address leads to; every worker must see the same folder."""

    @property
    def location(self) -> str:
        """Return the folder as the settings now name it."""
        return str(Path(settings.EXCHANGE_ROOT).absolute())


class Format(models.TextChoices):
    """How rows are written in a file."""

    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"
    JSON = "json", "JSON"


def upload_path(run: "Import", _name: str) -> str:
    """Return a name nobody can guess, whatever the file was called."""
    return f"{run.public_id}.{run.format}"


class Import(models.Model):
    """One file: first all rows are checked, then, if staff say so, applied."""

    class State(models.TextChoices):
        """How far it is; a worker moves it on but for ``CHECKED``."""

        WAITING = "waiting", "waiting"
        CHECKING = "checking", "being checked"
        CHECKED = "checked", "checked"
        APPLYING = "applying", "being applied"
        DONE = "done", "done"
        REFUSED = "refused", "refused"

    public_id = models.UUIDField(default=new_public_id, unique=True, editable=False)
    kind = models.CharField(max_length=20)
    format = models.CharField(max_length=4, choices=Format)
    name = models.CharField(max_length=255, help_text="Of the file, as uploaded.")
    file = models.FileField(upload_to=upload_path, storage=PrivateStorage())
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    problem = models.CharField(
        max_length=500, blank=True, help_text="Why the file was refused."
    )
    batch = models.UUIDField(
        default=uuid.uuid4, help_text="The step of the history that undoes it."
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    num_rows = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(
        default=0, help_text="Rows checked, or applied, so far."
    )
    offset = models.PositiveBigIntegerField(
        default=0, help_text="Byte of the plain file at which the next row begins."
    )
    num_created = models.PositiveIntegerField(default=0)
    num_updated = models.PositiveIntegerField(default=0)
    num_unchanged = models.PositiveIntegerField(default=0)
    num_errors = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    moved_at = models.DateTimeField(
        default=timezone.now,
        db_default=Now(),
        help_text="When a worker last came further.",
    )
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name

    @property
    def is_running(self) -> bool:
        """Tell whether a worker has something to do."""
        waits = (self.State.CHECKED, self.State.DONE, self.State.REFUSED)
        return self.state not in waits

    @property
    def is_stuck(self) -> bool:
        """Tell whether a worker has something to do, and none has done it for long."""
        return self.is_running and is_stuck(self.moved_at)

    @property
    def plain_path(self) -> Path:
        """Return where its rows are kept, one JSON object a line."""
        return Path(settings.EXCHANGE_ROOT) / f"{self.public_id}.rows"


class ImportRow(models.Model):
    """What became of a row, or what would."""

    class Outcome(models.TextChoices):
        """What a row does; these are the values services use as well."""

        CREATED = "created", "create"
        UPDATED = "updated", "update"
        UNCHANGED = "unchanged", "unchanged"
        ERROR = "error", "error"

    run = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text="From 1; the names are no row.")
    key = CodeField(max_length=KEY_LENGTH, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome)
    changes = models.JSONField(default=list, help_text="[column, before, after], …")
    column = models.CharField(max_length=64, blank=True, help_text="At fault.")
    fault = models.CharField(max_length=500, blank=True)
    cells: models.JSONField[Any, Any] = models.JSONField(
        null=True, help_text="The row as it came, of errors: for the file of them."
    )

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        ordering = ("number",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("run", "number"), name="importrow_number_unique"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=("run", "key"), name="importrow_by_key"),
            models.Index(
                fields=("run", "outcome", "number"), name="importrow_by_outcome"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.outcome}"
