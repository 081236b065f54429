"""A copy of the test's database on a server that may be killed."""

import subprocess

from django.db import connection

from script.lib.packages import find_program
from script.lib.servers import DATABASE, MariaDB


def copy_database(server: MariaDB) -> None:
    """Load the tables and rows of the test's database into a server's own."""
    now = connection.settings_dict
    host = now["HOST"] or "localhost"
    place = (
        [f"--socket={host}"]
        if host.startswith("/")
        else [f"--host={host}", f"--port={now['PORT'] or 3306}"]
    )
    if now["PASSWORD"]:
        place.append(f"--password={now['PASSWORD']}")
    dump = [
        str(find_program("mariadb-dump")),
        *("--no-defaults", *place, f"--user={now['USER']}"),
        *("--single-transaction", "--skip-comments", now["NAME"]),
    ]
    load = [
        str(find_program("mariadb")),
        *("--no-defaults", f"--socket={server.socket}", "--user=root", DATABASE),
    ]
    rows = subprocess.run(dump, capture_output=True, check=True).stdout
    subprocess.run(load, input=rows, capture_output=True, check=True)
