"""Localstripe on a free port of the loopback; run as ``python -m``.

As it comes it listens on every interface and keeps its books in a file that all of
a machine's runs would share; neither is wanted here. Nothing else is changed.
"""

import socket
import sys

from aiohttp import web
from localstripe import resources, server

resources.Store.dump_to_disk = lambda _store: None


def main() -> None:
    """Tell the port on standard output, then serve until killed."""
    listening = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    web.run_app(server.app, sock=listening, print=None)


if __name__ == "__main__":
    main()
