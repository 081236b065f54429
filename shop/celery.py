"""The Celery application: tasks of every app, settings named ``CELERY_…``."""

import gc
import os
from typing import Any, cast

from celery import Celery, Task
from celery.signals import celeryd_after_setup, setup_logging
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

from custom.logging import LogSettings, configure
from custom.origins import TASK, origin

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


app = Celery("shop", task_cls=ShopTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def log_as_the_web_does(**_signal: Any) -> None:  # noqa: ANN401 - Celery's own
    """Keep Celery from setting up logging in its own way."""
    configure(cast("LogSettings", settings.LOGGING))


@celeryd_after_setup.connect
def freeze(**_signal: Any) -> None:  # noqa: ANN401 - Celery's own
    """Let scheduler and pool, which are forked now, share what is imported.

    A collection writes into each object that it looks at, and what is written into is
    shared no longer.
    """
    gc.freeze()
