"""Django's development server; ``cachebuster.middleware`` serves the static files."""

from django.core.management.commands.runserver import Command as RunserverCommand


class Command(RunserverCommand):
    """Takes the place of that of ``staticfiles``, whose answers tell no caching."""
