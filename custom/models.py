"""Tables of the kernel: keys, outbox, locks, history; the shape of rates."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from custom.fields import CodeField
from custom.ids import new_public_id
from custom.origins import SOURCES
from custom.pieces import is_stuck
from custom.querysets import (
    IdempotencyKeyQuerySet,
    KeptAnswerQuerySet,
    OutboxMessageQuerySet,
)
from custom.rates import MAX_LIMIT, PER_MINUTE, SETTINGS, Rate


class IdempotencyKey(models.Model):
    """One request that was carried out, so that repeating it finds what it made.

    Neither key nor body is stored: only digests, and the id of what was made, from
    which the answer is rendered again.
    """

    caller = CodeField(help_text="Whose key it is; empty when nobody is signed in.")
    endpoint = CodeField()
    key_digest = CodeField(help_text="SHA-256 of the key, in hexadecimal.")
    fingerprint = CodeField(help_text="Keyed digest of the body, in hexadecimal.")
    made = CodeField(help_text="Public id of what the request made.")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["caller", "endpoint", "key_digest"],
                name="idempotencykey_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.endpoint} {self.made}"


class KeptAnswer(models.Model):
    """What became of each row of a request, kept to be told to who repeats it."""

    public_id = models.UUIDField(default=new_public_id, unique=True, editable=False)
    results = models.JSONField(help_text="What became of each row, as answered.")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = KeptAnswerQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ("-id",)

    def __str__(self) -> str:
        return str(self.public_id)


class OutboxMessage(models.Model):
    """What must happen because a transaction committed; the truth, not the broker."""

    class State(models.TextChoices):
        """Where a message stands."""

        PENDING = "pending", "Pending"
        DONE = "done", "Done"
        DEAD = "dead", "Parked after too many attempts"

    public_id = models.UUIDField(default=new_public_id, unique=True, editable=False)
    topic = CodeField()
    handler = CodeField(
        max_length=128, db_default="", help_text="Dotted path of what it is for."
    )
    payload = models.JSONField(default=dict)
    request_id = CodeField(
        max_length=128, blank=True, default="", help_text="Of the request behind it."
    )
    state = CodeField(max_length=16, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    claimed_by = CodeField(blank=True, default="")
    claimed_until = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = [
            models.Index(fields=["state", "next_at"], name="outboxmessage_due"),
            models.Index(fields=["state", "done_at"], name="outboxmessage_done"),
        ]
        permissions = [("resend_outboxmessage", "Can send messages again")]

    def __str__(self) -> str:
        return f"{self.topic} {self.public_id}"


class NamedLock(models.Model):
    """A row to lock when no other stands for what is protected; see custom.locks."""

    name = CodeField(primary_key=True)
    taken = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class RateOverride(models.Model):
    """A rate of one caller, in place of the one in the settings."""

    class Period(models.IntegerChoices):
        """In how many seconds the requests may come."""

        MINUTE = 60, "minute"
        HOUR = 3600, "hour"
        DAY = 86400, "day"

    scope = CodeField(
        max_length=32,
        default=PER_MINUTE,
        choices=[(scope, scope.replace("_", " ")) for scope in SETTINGS],
    )
    requests = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MAX_LIMIT)]
    )
    period = models.PositiveIntegerField(choices=Period.choices, default=Period.MINUTE)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=models.Q(requests__gte=1, requests__lte=MAX_LIMIT),
                name="%(class)s_requests_countable",
            ),
            models.CheckConstraint(
                condition=models.Q(period__in=(60, 3600, 86400)),
                name="%(class)s_period_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requests} in a {self.get_period_display()} ({self.scope})"

    @property
    def rate(self) -> Rate:
        """Return what the limits work with."""
        return Rate(self.requests, self.period)


class HistoryBatch(models.Model):
    """Changes of many rows that were one step of somebody's: a bulk edit, an import."""

    public_id = models.UUIDField(primary_key=True, editable=False)
    reason = models.CharField(max_length=200, blank=True)
    first_revision = models.ForeignKey(
        "reversion.Revision",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="Says who began, and when.",
    )
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    undone_by = models.OneToOneField(
        "self", on_delete=models.SET_NULL, null=True, related_name="undoes"
    )

    class Meta:
        ordering = ("-created_at",)
        verbose_name_plural = "history batches"
        permissions = [("undo_historybatch", "Can undo bulk edits and imports")]

    def __str__(self) -> str:
        return self.reason or str(self.public_id)


class HistoryUndo(models.Model):
    """The undoing of a step: how far it is, and how it went."""

    class State(models.TextChoices):
        """Whether there are rows left to undo."""

        RUNNING = "running", "being undone"
        DONE = "done", "undone"

    batch = models.OneToOneField(
        HistoryBatch, on_delete=models.CASCADE, primary_key=True, related_name="undo"
    )
    inverse = models.UUIDField(
        default=new_public_id, unique=True, help_text="The step it is itself."
    )
    actor_pk = models.PositiveBigIntegerField(
        null=True, help_text="Of the account; a relation would point upwards."
    )
    reason = models.CharField(max_length=200)
    state = CodeField(max_length=8, choices=State.choices, default=State.RUNNING)
    num_rows = models.PositiveIntegerField(help_text="That the step changed.")
    revision = models.PositiveBigIntegerField(
        help_text="Rows are undone from the last to the first: this revision is next,"
    )
    version = models.PositiveBigIntegerField(help_text="below this version of it.")
    num_seen = models.PositiveIntegerField(default=0)
    num_restored = models.PositiveIntegerField(default=0)
    num_refused = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    moved_at = models.DateTimeField(
        default=timezone.now, help_text="When somebody last came further."
    )
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.reason

    @property
    def is_running(self) -> bool:
        """Tell whether rows are left to undo."""
        return self.state == self.State.RUNNING

    @property
    def is_stuck(self) -> bool:
        """Tell whether rows are left, and nobody has been at them for long."""
        return self.is_running and is_stuck(self.moved_at)

    @property
    def num_unchanged(self) -> int:
        """Return how many rows were as before already."""
        return self.num_seen - self.num_restored - self.num_refused


class HistoryUndoFault(models.Model):
    """A row that could not be put back, and why."""

    undo = models.ForeignKey(
        HistoryUndo, on_delete=models.CASCADE, related_name="faults"
    )
    version = models.ForeignKey(
        "reversion.Version",
        on_delete=models.CASCADE,
        related_name="+",
        help_text="The last of the row in the step.",
    )
    detail = models.CharField(max_length=500)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.detail


class RevisionNote(models.Model):
    """What reversion does not say of a revision: through what, and in which step."""

    revision = models.OneToOneField(
        "reversion.Revision",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="note",
    )
    source = CodeField(max_length=16, choices=[(name, name) for name in SOURCES])
    request_id = CodeField(max_length=128, blank=True, default="")
    batch = models.ForeignKey(
        HistoryBatch, on_delete=models.SET_NULL, null=True, related_name="notes"
    )

    class Meta:
        ordering = ("revision",)

    def __str__(self) -> str:
        return f"{self.source} {self.request_id}"


class VersionMark(models.Model):
    """A version with which a row's life begins or ends.

    A deletion is a version too, with the row as it was: so is every row it took along.
    """

    class Kind(models.TextChoices):
        """What the version tells of."""

        CREATED = "created", "Created"
        DELETED = "deleted", "Deleted"
        RECOVERED = "recovered", "Deleted, and brought back"

    version = models.OneToOneField(
        "reversion.Version",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="mark",
    )
    content_type = models.ForeignKey(
        "contenttypes.ContentType",
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,  # versionmark_by_kind begins with it
    )
    kind = CodeField(max_length=16, choices=Kind.choices)
    links = models.JSONField(
        default=dict, help_text="Name of a reverse relation -> keys that pointed here."
    )

    class Meta:
        ordering = ("version",)
        indexes = [
            models.Index(
                fields=["content_type", "kind", "version"], name="versionmark_by_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.version_id}"
