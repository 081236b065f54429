"""What every program needs before it can start: packages and the environment."""

import os

from script.lib import packages, virtualenv


def prepare(requirements: str, *, servers: bool = True, cloning: bool = False) -> None:
    """Install what is missing on this machine; quick when nothing is.

    Args:
        requirements: File whose packages the virtual environment must have.
        servers: Whether private servers will be started, for those of ``DATABASE_URL``
            and ``REDIS_URL`` that are not set.
        cloning: Whether Django will copy test databases.

    Raises:
        ScriptError: Something is missing and cannot be installed.
    """
    packages.check_python()
    needs: list[packages.Need] = []
    if servers and "DATABASE_URL" not in os.environ:
        needs += packages.DATABASE
    if servers and "REDIS_URL" not in os.environ:
        needs += packages.REDIS
    if cloning:
        needs += packages.CLONING
    if not virtualenv.is_current(requirements):
        needs += packages.BUILDING
    packages.ensure(needs)
    virtualenv.ensure(requirements)
