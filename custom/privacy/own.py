"""What the kernel holds: messages, keys, history; Django's and reversion's tables."""

import json
from datetime import timedelta

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from reversion.models import Revision

from custom import idempotency, outbox
from custom.history import pruning
from custom.models import IdempotencyKey, OutboxMessage
from custom.origins import ADMIN
from custom.privacy.batches import delete_all
from custom.privacy.holdings import Holding, NotPersonal, Person, Retention
from custom.purging import purge_in_batches

BATCH = 500  # rows in one transaction


def _messages_of(person: Person) -> QuerySet[OutboxMessage]:
    """Return messages that hold the address; those that name an id hold nothing."""
    as_stored = json.dumps(person.email)  # whole, or it would be in longer ones
    texts = OutboxMessage.objects.annotate(text=Cast("payload", TextField()))
    return texts.filter(text__icontains=as_stored)


def _revisions_of(person: Person) -> QuerySet[Revision]:
    """Return changes outside the admin, where what is changed is others'."""
    return Revision.objects.filter(user=person.pk).exclude(note__source=ADMIN)


def _keys_of(person: Person) -> QuerySet[IdempotencyKey]:
    return IdempotencyKey.objects.filter(caller=f"user:{person.pk}")


def _days_ago(days: int) -> object:
    return timezone.now() - timedelta(days=days)


def _log_entries_due() -> QuerySet[LogEntry]:
    limit = _days_ago(settings.RETENTION_STAFF_LOG_DAYS)
    return LogEntry.objects.filter(action_time__lt=limit).order_by("pk")


def _sessions_due() -> QuerySet[Session]:
    return Session.objects.filter(expire_date__lt=timezone.now())


def _messages_parked() -> QuerySet[OutboxMessage]:
    limit = _days_ago(settings.RETENTION_PARKED_DAYS)
    parked = OutboxMessage.objects.filter(
        state=OutboxMessage.State.DEAD, next_at__lt=limit
    )
    return parked.order_by("next_at")


HOLDINGS = (
    Holding(
        model="custom.OutboxMessage",
        name="messages",
        tells="Mails and other effects that are still to be carried out.",
        personal=("payload",),
        rows=_messages_of,
        unshown="They name accounts and orders by number; what for is elsewhere.",
        erasure="Those that hold the address are deleted.",
        erase=lambda person: delete_all(_messages_of(person)),
        of_guests=True,
    ),
    Holding(
        model="custom.IdempotencyKey",
        name="request_keys",
        tells="Digests of requests that may be repeated.",
        personal=("caller",),
        rows=_keys_of,
        unshown="Digests, which tell nothing to anybody.",
        erasure="Deleted.",
        erase=lambda person: delete_all(_keys_of(person)),
    ),
    Holding(
        model="reversion.Revision",
        name="changes",
        tells="When you changed something of yours, and why.",
        personal=("user", "comment"),
        rows=_revisions_of,
        shown=("date_created", "comment"),
        erasure="Goes with the former versions of your rows; what is left names the "
        "anonymous account.",
    ),
    Holding(
        model="admin.LogEntry",
        name="staff_log",
        tells="What staff did in the admin.",
        personal=("user", "object_repr", "change_message"),
        rows=lambda person: LogEntry.objects.filter(user=person.pk),
        unshown="The shop's record of its staff, which names other people.",
        erasure="Names of erased rows are taken out.",
        kept="Accounts of the staff are not erased; the record names the account.",
    ),
)
NOT_PERSONAL = (
    NotPersonal(
        "reversion.Version",
        ("serialized_data", "object_repr"),
        "former versions: they are exported and erased with the rows they are of",
    ),
    NotPersonal("sessions.Session", ("session_data",), "ids alone, signed"),
    NotPersonal("custom.HistoryBatch", ("reason",), "the name of a bulk action"),
    NotPersonal("custom.HistoryUndo", ("reason",), "the name of a bulk action"),
    NotPersonal("custom.HistoryUndoFault", ("detail",), "names of fields"),
    NotPersonal("custom.VersionMark", ("links",), "keys of rows"),
    NotPersonal("admin.LogEntry", ("object_id",), "the key of a row"),
)
RETENTIONS = (
    Retention(
        data="Messages of the outbox that are done",
        period="7 days from when they were carried out",
        due=lambda: OutboxMessage.objects.done_before(
            timezone.now() - outbox.KEEP_DONE
        ),
        apply=outbox.purge,
        task="custom.purge_outbox",
    ),
    Retention(
        data="Messages of the outbox that are parked",
        period="`RETENTION_PARKED_DAYS` from the last attempt",
        due=_messages_parked,
        apply=lambda: purge_in_batches(_messages_parked(), batch=BATCH),
    ),
    Retention(
        data="Digests of requests that may be repeated",
        period="`IDEMPOTENCY_KEY_HOURS` from the request",
        due=idempotency.expired_keys,
        apply=idempotency.purge_keys,
        task="custom.purge_idempotency_keys",
    ),
    Retention(
        data="Former versions of rows",
        period="`HISTORY_KEEP_DAYS` from the change, the last of each row for as long "
        "as the row; of a deleted row `HISTORY_RECOVER_DAYS` from the deletion",
        due=pruning.superseded,
        apply=pruning.prune,
        task="custom.purge_history",
    ),
    Retention(
        data="The log of what staff did in the admin",
        period="`RETENTION_STAFF_LOG_DAYS`",
        due=_log_entries_due,
        apply=lambda: purge_in_batches(_log_entries_due(), batch=BATCH),
    ),
    Retention(
        data="Sessions",
        period="two weeks from the sign-in",
        due=_sessions_due,
        apply=lambda: purge_in_batches(_sessions_due(), batch=BATCH),
    ),
)
