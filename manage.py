#!/usr/bin/env python
"""Run a management command; ``test`` picks the test settings and servers by itself."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Choose the settings, then hand over to Django."""
    testing = sys.argv[1:2] == ["test"]
    os.environ.setdefault(
        "DJANGO_SETTINGS_MODULE",
        "shop.settings.test" if testing else "shop.settings.dev",
    )
    if testing:
        from tests.servers import private_servers  # noqa: PLC0415 - for tests only

        with private_servers():
            execute_from_command_line(sys.argv)
    else:
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
