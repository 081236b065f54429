"""Files that come in hold goods and prices; who uploaded them is known."""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from custom.privacy import Holding, NotPersonal, Retention
from exchange.models import Import
from exchange.services import purge_imports


def _old_imports() -> QuerySet[Import]:
    limit = timezone.now() - timedelta(days=settings.EXCHANGE_KEEP_DAYS)
    return Import.objects.begun_before(limit)


HOLDINGS = (
    Holding(
        model="exchange.Import",
        name="imports",
        tells="Files you uploaded.",
        personal=("actor", "name"),
        rows=lambda person: Import.objects.filter(actor=person.pk),
        shown=("kind", "name", "state", "num_rows", "created_at", "finished_at"),
        erasure="Nothing: only staff and partners upload files.",
        kept="Files of goods and prices, deleted by age.",
        until=lambda _person: (
            timezone.now() + timedelta(days=settings.EXCHANGE_KEEP_DAYS)
        ).date(),
    ),
)
NOT_PERSONAL = (
    NotPersonal("exchange.ImportRow", ("changes", "cells"), "goods and prices"),
)
RETENTIONS = (
    Retention(
        data="Imports and their files",
        period="`EXCHANGE_KEEP_DAYS` from the upload",
        due=_old_imports,
        apply=purge_imports,
        task="exchange.purge_imports",
    ),
)
