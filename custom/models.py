"""Tables of the kernel: idempotency keys, outbox, named locks."""

from django.db import models
from django.utils import timezone

from custom.fields import CodeField
from custom.ids import new_public_id
from custom.querysets import IdempotencyKeyQuerySet, OutboxMessageQuerySet


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
