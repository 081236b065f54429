"""What every program needs before it can start: packages and the environment."""

import os

from script.lib import packages, virtualenv


def prepare(requirements: str, *, servers: bool = True, testing: bool = False) -> None:
    """Install what is missing on this machine; quick when nothing is.

    Args:
        requirements: File whose packages the virtual environment must have.
        servers: Whether private servers will be started, for those of ``DATABASE_URL``
            and ``REDIS_URL`` that are not set.
        testing: Whether Django will copy test databases, and tests open a browser and
            type what the guide shows into a shell.

    Raises:
        ScriptError: Something is missing and cannot be installed.
    """
    packages.check_python()
    needs = [*packages.PAPERS]
    if servers and "DATABASE_URL" not in os.environ:
        needs += packages.DATABASE
    if servers and "REDIS_URL" not in os.environ:
        needs += packages.REDIS
    if testing:
        needs += [*packages.CLONING, *packages.BROWSER, *packages.GUIDE]
    if not virtualenv.is_current(requirements):
        needs += packages.BUILDING
    packages.ensure(needs)
    virtualenv.ensure(requirements)
