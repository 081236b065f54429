"""System checks: what settings and servers must be, each with an id and a hint.

Those of the database run where Django may ask it: in ``migrate``, ``test`` and
``check --database default``. Those for production run with ``check --deploy``.
"""

from collections.abc import Callable, Iterator, Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django_redis import get_redis_connection
from redis.exceptions import RedisError

from custom.importing import check_paths
from custom.outbox import handlers_of

Apps = Sequence[AppConfig] | None

KNOWN_SECRETS = ("development-only", "tests-only", "django-insecure-", "change-me")
STRICT_MODES = {"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"}
VARIABLES = """
    SHOW VARIABLES WHERE Variable_name IN (
        'default_storage_engine', 'sql_mode', 'tx_isolation', 'transaction_isolation',
        'character_set_connection', 'character_set_database',
        'innodb_flush_log_at_trx_commit', 'log_bin', 'sync_binlog'
    )
"""
TABLES = """
    SELECT table_name, engine, table_collation FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name
"""


@register()
def check_outbox_handlers(
    app_configs: Apps = None, **options: object
) -> list[CheckMessage]:
    """Every path in ``OUTBOX_HANDLERS`` must import."""
    paths = (
        (path, f"OUTBOX_HANDLERS[{topic!r}] names {path!r}")
        for topic in settings.OUTBOX_HANDLERS
        for path in handlers_of(topic)
    )
    return check_paths(paths, check_id="custom.E001")


@register()
def check_history_rules(
    app_configs: Apps = None, **options: object
) -> list[CheckMessage]:
    """Every path in ``HISTORY_RULES`` and ``HISTORY_OPEN_STEPS`` must import."""
    paths = [
        (path, f"HISTORY_RULES[{label!r}] names {path!r}")
        for label, path in settings.HISTORY_RULES.items()
    ]
    paths += [
        (path, f"HISTORY_OPEN_STEPS names {path!r}")
        for path in settings.HISTORY_OPEN_STEPS
    ]
    return check_paths(paths, check_id="custom.E030")


@register(Tags.caches)
def check_redis(app_configs: Apps = None, **options: object) -> list[CheckMessage]:
    """Redis should answer; the shop runs without it, but slower."""
    try:
        get_redis_connection().ping()
    except RedisError as error:
        hint = "Start Redis, or set REDIS_URL to one that runs."
        told = f"Redis cannot be reached: {error}"
        return [CheckWarning(told, hint=hint, id="custom.W001")]
    return []


@register(Tags.security, deploy=True)
def check_secret(app_configs: Apps = None, **options: object) -> list[CheckMessage]:
    """The secret key must not be one that everybody can read in the source."""
    if not settings.SECRET_KEY.startswith(KNOWN_SECRETS):
        return []
    return [
        Error(
            "SECRET_KEY is a default that everybody knows.",
            hint="Set DJANGO_SECRET_KEY to a long random text, and keep it secret.",
            id="custom.E002",
        )
    ]


@register(Tags.database)
def check_server(
    app_configs: Apps = None,
    databases: Sequence[str] | None = None,
    **options: object,
) -> list[CheckMessage]:
    """The server's engine, mode, character set and isolation keep the data right."""
    return _ask(databases, _server_messages)


@register(Tags.database)
def check_tables(
    app_configs: Apps = None,
    databases: Sequence[str] | None = None,
    **options: object,
) -> list[CheckMessage]:
    """Every table is InnoDB and takes every character."""
    return _ask(databases, _table_messages)


@register(Tags.database, deploy=True)
def check_durability(
    app_configs: Apps = None,
    databases: Sequence[str] | None = None,
    **options: object,
) -> list[CheckMessage]:
    """A commit that was acknowledged survives a crash of the machine."""
    return _ask(databases, _durability_messages)


def _ask(
    databases: Sequence[str] | None,
    look: Callable[[BaseDatabaseWrapper], Iterator[CheckMessage]],
) -> list[CheckMessage]:
    """Apply one look to each named database; other kinds of server are refused."""
    messages: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.vendor == "mysql":
            messages += look(connection)
        elif look is _server_messages:
            told = f"Database {alias!r} is {connection.display_name}."
            hint = "Set DATABASE_URL to MySQL or MariaDB: mysql://user@host/name."
            messages.append(Error(told, hint=hint, id="custom.E003"))
    return messages


def _variables(connection: BaseDatabaseWrapper) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(VARIABLES)
        return dict(cursor.fetchall())


def _server_messages(connection: BaseDatabaseWrapper) -> Iterator[CheckMessage]:
    now = _variables(connection)
    engine = now["default_storage_engine"]
    if engine != "InnoDB":
        told = f"New tables would be {engine}, not InnoDB."
        hint = "Set default_storage_engine=InnoDB on the server."
        yield Error(told, hint=hint, id="custom.E004")
    if not STRICT_MODES & set(now["sql_mode"].split(",")):
        told = f"sql_mode is not strict: values would be cut off ({now['sql_mode']})."
        hint = "Keep STRICT_TRANS_TABLES in SQL_MODE of shop/settings/database.py."
        yield Error(told, hint=hint, id="custom.E005")
    for name in ("character_set_connection", "character_set_database"):
        if now[name] != "utf8mb4":
            told = f"{name} is {now[name]}, not utf8mb4."
            hint = "ALTER DATABASE … CHARACTER SET utf8mb4; keep charset in OPTIONS."
            yield Error(told, hint=hint, id="custom.E006")
    isolation = now.get("transaction_isolation") or now["tx_isolation"]
    if isolation != "READ-COMMITTED":
        told = f"The isolation level is {isolation}: gap locks would deadlock orders."
        hint = "Keep isolation_level 'read committed' in DATABASES' OPTIONS."
        yield Error(told, hint=hint, id="custom.E007")
    with connection.cursor() as cursor:
        cursor.execute("SELECT CONVERT_TZ('2026-01-01', 'UTC', 'Europe/Paris')")
        (converted,) = cursor.fetchone()
    if converted is None:
        told = "The server has no time zone tables: dates by day would be empty."
        hint = "mariadb-tzinfo-to-sql /usr/share/zoneinfo | mariadb mysql"
        yield Error(told, hint=hint, id="custom.E008")


def _table_messages(connection: BaseDatabaseWrapper) -> Iterator[CheckMessage]:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        tables: list[tuple[str, str, str]] = cursor.fetchall()
    for table, engine, collation in tables:
        if engine != "InnoDB":
            told = f"Table {table} is {engine}, which has no transactions."
            hint = f"ALTER TABLE {table} ENGINE=InnoDB"
            yield Error(told, hint=hint, id="custom.E009")
        if not collation.startswith("utf8mb4"):
            told = f"Table {table} is {collation}, which cannot hold every character."
            hint = f"ALTER TABLE {table} CONVERT TO CHARACTER SET utf8mb4"
            yield Error(told, hint=hint, id="custom.E010")


def _durability_messages(connection: BaseDatabaseWrapper) -> Iterator[CheckMessage]:
    now = _variables(connection)
    wanted = {"innodb_flush_log_at_trx_commit": "1"}
    if now["log_bin"] == "ON":
        wanted["sync_binlog"] = "1"
    for name, value in wanted.items():
        if now[name] != value:
            told = f"{name} is {now[name]}: a crash would lose acknowledged orders."
            yield Error(told, hint=f"Set {name}={value}.", id="custom.E011")
