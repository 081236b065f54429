"""The Celery application: tasks of every app, settings named ``CELERY_…``."""

import gc
import os
from threading import Thread
from typing import Any, cast

import structlog
from celery import Celery, Task
from celery.beat import Service
from celery.bootsteps import StartStopStep
from celery.platforms import EX_FAILURE
from celery.signals import celeryd_after_setup, setup_logging
from celery.worker import WorkController, state
from celery.worker.components import Pool
from click import Option
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

from custom.logging import LogSettings, configure
from custom.origins import TASK, origin

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.prod")
# Whoever deploys runs them; they import what tasks may never need.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

logger = structlog.get_logger(__name__)

STOP_SECONDS = 5  # the scheduler looks each second whether to stop


class ShopTask(Task):
    """A task whose changes the history tells from those of people."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any task's
        """Run the task."""
        with origin(TASK):
            return super().__call__(*args, **kwargs)


class SchedulerThread(Thread):
    """Schedules tasks, until it is told to stop.

    Should it end by itself, the worker ends too, by a warm shutdown that fails: whoever
    watches the worker starts both again. A worker alone would look well, and nothing
    would ever be due.
    """

    def __init__(self, parent: WorkController) -> None:
        """Wake up each second, to see whether to stop."""
        super().__init__(name="scheduler", daemon=True)
        self._app = parent.app
        self._service = Service(
            parent.app,
            max_interval=1,
            schedule_filename=parent.schedule_filename,
            remote_control=False,  # the worker's own answers
        )
        self._is_told_to_stop = False

    def run(self) -> None:
        """Schedule."""
        self._app.set_current()
        try:
            self._service.start()
        finally:
            if not self._is_told_to_stop:
                logger.critical("scheduler_ended")  # Python writes down why
                state.should_stop = EX_FAILURE

    def stop(self) -> None:
        """Stop, and wait a little: it writes down what it did, if it has a broker."""
        self._is_told_to_stop = True
        self._service.stop()
        self.join(STOP_SECONDS)


class Scheduler(StartStopStep):
    """The scheduler, as one more thread of a worker.

    What ``--beat`` starts is a process of its own, which takes 20 MiB to sleep in.
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
        return SchedulerThread(parent)


app = Celery("shop", task_cls=ShopTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Logs what becomes of tasks, and who sent them. The setting that does so would have the
# web server import Celery, which it never asks for anything: messages go by the outbox.
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
    """Keep what is imported, which stays for good, out of collections."""
    gc.freeze()
