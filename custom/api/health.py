"""Whether this process lives, and whether it may be sent requests."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_redis import get_redis_connection
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError

from custom import outbox

logger = logging.getLogger(__name__)

OK = "ok"
FAILED = "failed"
DEGRADED = "degraded"
LONGEST_WAIT = timedelta(minutes=5)  # of a message that is due; relays ring every 2 s


@never_cache
@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """Answer; that is all there is to prove."""
    return JsonResponse({"status": OK})


@never_cache
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Tell whether requests can be answered: 503 without database or migrations.

    The shop sells without Redis, workers and what ``HEALTH_CHECKS`` names, if more
    slowly and without mails: ``degraded``, with a 200.
    """
    checks = {
        "database": check_database(),
        "migrations": check_migrations(),
        "redis": check_redis(),
    }
    if FAILED in (checks["database"], checks["migrations"]):
        return JsonResponse({"status": FAILED, "checks": checks}, status=503)
    for name, path in settings.HEALTH_CHECKS.items():
        checks[name] = OK if import_string(path)() else FAILED
    left = outbox.backlog()
    checks["queue"] = FAILED if left.overdue > LONGEST_WAIT else OK
    status = DEGRADED if FAILED in checks.values() else OK
    told = {
        "pending": left.pending,
        "oldest_seconds": int(left.oldest_age.total_seconds()),
        "parked": left.parked,
    }
    return JsonResponse({"status": status, "checks": checks, "outbox": told})


def check_database() -> str:
    """Ask the database for an answer; 1 query."""
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("database_check_failed")
        return FAILED
    return OK


def check_migrations() -> str:
    """Compare the migrations of the code with those of the database; 2 queries."""
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    except DatabaseError:
        return FAILED
    is_behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return FAILED if is_behind else OK


def check_redis() -> str:
    """Ask Redis for an answer; one round trip."""
    try:
        get_redis_connection().ping()
    except (RedisError, ConnectionInterrupted, OSError):
        logger.warning("redis_check_failed", exc_info=True)
        return FAILED
    return OK
