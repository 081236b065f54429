"""The Celery application: tasks of every app, settings named ``CELERY_…``."""

import gc
import os
from typing import Any, cast

from billiard.util import get_pdeathsig
from celery import Celery, Task
from celery.beat import EmbeddedService
from celery.bootsteps import StartStopStep
from celery.signals import celeryd_after_setup, setup_logging
from celery.worker import WorkController
from celery.worker.components import Pool
from click import Option
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

from custom.logging import LogSettings, configure
from custom.origins import TASK, origin
from shop.preloading import import_late_modules

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.prod")
# Whoever deploys runs them; they import what tasks may never need.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")


class ShopTask(Task):
    """A task whose changes the history tells from those of people."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any task's
        """Run the task."""
        with origin(TASK):
            return super().__call__(*args, **kwargs)


class Scheduler(StartStopStep):
    """The scheduler, as a thread of a worker's main process.

    What ``--beat`` starts is a process of its own, which takes 20 MiB to sleep in. The
    pool is forked before the thread begins.
    """

    requires = (Pool,)

    def __init__(
        self,
        parent: WorkController,
        *,
        with_scheduler: bool = False,
        **options: Any,  # noqa: ANN401 - of the command line
    ) -> None:
        """Take part if the command line asks for it."""
        super().__init__(parent, **options)
        self.enabled = with_scheduler

    def create(self, parent: WorkController) -> object:
        """Return the thread."""
        return EmbeddedService(
            parent.app, thread=True, schedule_filename=parent.schedule_filename
        )


app = Celery("shop", task_cls=ShopTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"] |= {DjangoStructLogInitStep, Scheduler}
app.user_options["worker"].add(
    Option(["--with-scheduler"], is_flag=True, help="Schedule tasks, in a thread.")
)


@setup_logging.connect
def log_as_the_web_does(**_signal: Any) -> None:  # noqa: ANN401 - Celery's own
    """Keep Celery from setting up logging in its own way."""
    configure(cast("LogSettings", settings.LOGGING))


@celeryd_after_setup.connect
def freeze(**_signal: Any) -> None:  # noqa: ANN401 - Celery's own
    """Let scheduler and pool, which are forked now, share what is imported.

    A collection writes into each object that it looks at, and what is written into is
    shared no longer. Each process of the pool asks the kernel to end with this one, for
    which billiard has a parser of C made: asking it here makes one for all of them.
    """
    get_pdeathsig()
    import_late_modules()
    gc.freeze()
