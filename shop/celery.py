"""The Celery application: tasks of every app, settings named ``CELERY_…``."""

import os
from typing import Any, cast

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

from custom.logging import LogSettings, configure

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.prod")
app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def log_as_the_web_does(**_signal: Any) -> None:  # noqa: ANN401 - Celery's own
    """Keep Celery from setting up logging in its own way."""
    configure(cast("LogSettings", settings.LOGGING))
