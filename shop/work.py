"""Celery's worker, without the rest of Celery's command line.

    python -m shop.work [options of ``celery worker``]

What ``celery`` offers beside it, above all a shell, takes memory:
docs/decisions/0078-workers-without-pages.md.
"""

from celery.bin.base import CLIContext
from celery.bin.worker import worker

from shop.celery import app


def main() -> None:
    """Run a worker until it is told to stop."""
    worker.params.extend(app.user_options["worker"])
    worker(
        obj=CLIContext(app, no_color=False, workdir=None),
        prog_name="shop.work",
        auto_envvar_prefix="CELERY_WORKER",
    )


if __name__ == "__main__":
    main()
