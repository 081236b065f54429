import logging
from unittest import TestCase

from celery.signals import setup_logging
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

from custom.logging import configure
from shop.celery import app


class WorkerLogTests(TestCase):
    """Lines of the worker look like those of the web."""

    def test_the_worker_takes_our_logging(self) -> None:
        root = logging.getLogger()
        root.handlers[:] = [logging.NullHandler()]
        self.addCleanup(configure, settings.LOGGING)
        answered = setup_logging.send(sender=None)
        self.assertTrue(answered)  # else Celery sets up its own
        (handler,) = root.handlers
        self.assertEqual(type(handler.formatter).__name__, "ProcessorFormatter")

    def test_tasks_bind_their_ids(self) -> None:
        self.assertIn(DjangoStructLogInitStep, app.steps["worker"])
