"""Bring database, demo shop and static files up to date; a step of ``script/server``.

Arguments: the directory of the servers, and the number of database connections that
web and tasks may hold at once. What has not changed since the last start is skipped.
"""

import hashlib
import os
import sys
from pathlib import Path

import django

from script.lib.console import ScriptError, run_main, say

LIMITS_FILE = "session-limits"
SPARE_CONNECTIONS = 10  # for people, migrations and monitoring
LIMITS = {
    "mariadb": "idle_transaction_timeout=10,max_statement_time=10",
    "mysql": "max_execution_time=10000,wait_timeout=60",
}


def main() -> int:
    """Do every step; the order matters."""
    home, connections = Path(sys.argv[1]), int(sys.argv[2])
    django.setup()
    _check_database(connections)
    _write_limits(home)
    _migrate()
    _load_demo(home)
    _index()
    _collect_static(home)
    return 0


def _check_database(needed: int) -> None:
    """Refuse a server that cannot be reached or allows too few connections.

    Raises:
        ScriptError: Says which, and what to change.
    """
    from django.db import DatabaseError, connection  # noqa: PLC0415 - after setup

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@max_connections")
            (allowed,) = cursor.fetchone()
    except DatabaseError as error:
        msg = f"the database of DATABASE_URL cannot be used: {error}"
        raise ScriptError(msg) from error
    if needed + SPARE_CONNECTIONS > allowed:
        msg = (
            f"web and tasks may hold {needed} connections, {SPARE_CONNECTIONS} are "
            f"kept spare, but the server's max_connections is {allowed}: raise it, or "
            "lower SHOP_WEB_WORKERS or SHOP_WEB_THREADS."
        )
        raise ScriptError(msg)


def _write_limits(home: Path) -> None:
    """Leave the session limits that this kind of server understands."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        (version,) = cursor.fetchone()
    kind = "mariadb" if "MariaDB" in version else "mysql"
    (home / "run" / LIMITS_FILE).write_text(LIMITS[kind])


def _migrate() -> None:
    from django.core.management import call_command  # noqa: PLC0415

    say("Bringing the database up to date")
    call_command("migrate", interactive=False, verbosity=0)


def _load_demo(home: Path) -> None:
    """Fill an empty shop; a load that was cut off starts again."""
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    from catalogue.models import Product  # noqa: PLC0415

    unfinished = home / "run" / "demo-unfinished"
    if not settings.SHOP_DEMO:
        return
    if Product.objects.exists() and not unfinished.exists():
        return
    say("Loading the demo shop")
    unfinished.touch()
    films = os.environ.get("SHOP_DEMO_FILMS")
    call_command("load_demo", **({"films": Path(films)} if films else {}))
    unfinished.unlink()


def _index() -> None:
    """Make the search index where there is none, or one that other code has made."""
    from search.selectors import is_available  # noqa: PLC0415
    from search.services import rebuild_index  # noqa: PLC0415

    if not is_available():
        say("Making the search index")
        rebuild_index()


def _collect_static(home: Path) -> None:
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    seen = home / "run" / "static-files"
    now = _static_fingerprint()
    whole = (Path(settings.STATIC_ROOT) / "staticfiles.json").exists()
    if whole and seen.exists() and seen.read_text() == now:
        return
    say("Collecting static files")
    call_command("collectstatic", interactive=False, verbosity=0)
    seen.write_text(now)


def _static_fingerprint() -> str:
    """Return a digest of the settings and of every file's name, size and time."""
    from django.conf import settings  # noqa: PLC0415
    from django.contrib.staticfiles.finders import get_finders  # noqa: PLC0415

    named = repr((settings.STORAGES, settings.CACHEBUSTER, settings.PIPELINE))
    digest = hashlib.sha256(named.encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            line = f"{name} {found.st_size} {found.st_mtime_ns}\n"
            digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()


if __name__ == "__main__":
    run_main(main)
