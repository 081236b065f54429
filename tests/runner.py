"""The project's test runner: real servers, shared by nobody.

Each parallel worker has its own database clone, its own Redis prefix and its own
directory of media and search index. Tests tagged ``soak`` run with ``--all`` or
``--tag soak`` only.
"""

import io
import os
import shutil
import sys
import tempfile
import unittest
from argparse import ArgumentParser
from pathlib import Path

import django.test.runner
import haystack
import hypothesis
from django.conf import settings
from django.test.runner import DiscoverRunner
from django.test.utils import override_settings, teardown_databases
from django_redis import get_redis_connection
from django_redis.client import DefaultClient
from redis import Redis

from search.connection import haystack_options
from shop.celery import app
from tests.forking import end_forker
from tests.network import close_network
from tests.parallel import PipedSuite
from tests.servers import RUN_DIRECTORY

SOAK = "soak"
# An example takes as long as the machine lets it: 200 ms are no promise of the shop's.
hypothesis.settings.register_profile("shop", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("shop")


class PrefixClient(DefaultClient):
    """Redis for one worker: ``clear()`` ends its own keys, not the neighbours'."""

    def clear(self, client: Redis | None = None) -> None:
        """Delete every key below this worker's prefix."""
        self.delete_pattern("*", client=client)


def isolate(worker: int, run: int, media: Path) -> None:
    """Point caches, tasks and files of this process at places of its own.

    Args:
        worker: 0 for the main process, then 1, 2, … for parallel workers.
        run: Process id of the whole run: two runs may share one Redis.
        media: Directory of the run; the worker's files go to a folder in it.
    """
    prefix = f"test-{run}-{worker}"
    default = settings.CACHES["default"]
    options = default["OPTIONS"] | {"CLIENT_CLASS": "tests.runner.PrefixClient"}
    caches = {"default": default | {"KEY_PREFIX": prefix, "OPTIONS": options}}
    broker = {"global_keyprefix": f"{prefix}:celery:"}
    place = media / str(worker)
    place.mkdir(exist_ok=True)
    search_url = f"xapian://{media / f'search-{worker}'}"
    override_settings(
        CACHES=caches,
        CELERY_BROKER_TRANSPORT_OPTIONS=broker,
        MEDIA_ROOT=str(place),
        EXCHANGE_ROOT=str(media / f"exchange-{worker}"),
        SEARCH_URL=search_url,
        HAYSTACK_CONNECTIONS={"default": haystack_options(search_url)},
    ).enable()
    haystack.connections.connections_info = settings.HAYSTACK_CONNECTIONS
    haystack.connections.reload("default")
    app.conf.broker_transport_options = broker
    os.environ["REDIS_PREFIX"] = prefix


def _init_worker(*arguments: object, **options: object) -> None:
    django.test.runner._init_worker(*arguments, **options)
    worker = django.test.runner._worker_id
    # The main process has isolated itself as worker 0 before it forked this one.
    isolate(worker, os.getppid(), Path(settings.MEDIA_ROOT).parent)


class IsolatedSuite(PipedSuite):
    """A suite whose workers share no rows, keys or files."""

    init_worker = _init_worker


class Runner(DiscoverRunner):
    """Django's runner on real servers; its last lines are unittest's summary."""

    parallel_test_suite = IsolatedSuite

    def __init__(self, *, run_all: bool = False, **options: object) -> None:
        super().__init__(**options)
        if not run_all and SOAK not in self.tags:
            self.exclude_tags.add(SOAK)
        self._media = Path(tempfile.gettempdir())

    @classmethod
    def add_arguments(cls, parser: ArgumentParser) -> None:
        """Add ``--all`` to Django's own options."""
        super().add_arguments(parser)
        parser.add_argument(
            "--all",
            action="store_true",
            dest="run_all",
            help=f"Run the tests tagged {SOAK!r} too.",
        )

    def setup_test_environment(self, **options: object) -> None:
        """Close the network and give the run its own keys and files."""
        super().setup_test_environment(**options)
        unittest.removeHandler()  # with it, Ctrl-C would end in "OK" and code 0
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(line_buffering=True)  # else its end comes last
        place = os.environ.get(RUN_DIRECTORY)
        self._media = Path(tempfile.mkdtemp(prefix="shop-test-media-", dir=place))
        isolate(0, os.getpid(), self._media)
        close_network()

    def run_suite(
        self, suite: unittest.TestSuite, **options: object
    ) -> unittest.TestResult:
        """Run without a word after the summary; the seed is printed at the start."""
        return self.test_runner(**self.get_test_runner_kwargs()).run(suite)

    def teardown_databases(self, old_config: list[object], **options: object) -> None:
        """Destroy the databases in silence, the summary being the last word."""
        teardown_databases(
            old_config,
            verbosity=0,
            parallel=self.parallel,
            keepdb=self.keepdb,
        )

    def teardown_test_environment(self, **options: object) -> None:
        """Leave neither processes nor keys nor files behind."""
        end_forker()
        shutil.rmtree(self._media, ignore_errors=True)
        redis = get_redis_connection()
        for key in redis.scan_iter(f"test-{os.getpid()}-*"):
            redis.delete(key)
        super().teardown_test_environment(**options)
