"""Logs: one JSON object a line in production, readable text in development.

Every line carries the request's id. Nothing personal is written: no addresses of
clients, no names of programs, no query strings (they carry tokens).
"""

import json
import logging.config
import re
import sys
from typing import Any, TypedDict

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

PERSONAL_KEYS = ("user_agent", "ip", "email")
# A query string behind a path or an address, up to what ends it in a log line.
_QUERY_STRING = re.compile(r"(/[^\s?\"'<>]*)\?[^\s\"'<>]*")
_EMAIL = re.compile(r"[^\s\"'<>@(),;:=]+@[^\s\"'<>@(),;:=]+\.\w+")


class LogSettings(TypedDict):
    """The shape of ``settings.LOGGING``."""

    format: str  # "json" or "console"
    level: str


def configure(config: LogSettings) -> None:
    """Set up structlog and the standard library; Django's ``LOGGING_CONFIG``."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.processors.UnicodeDecoder(),
        drop_personal,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(_standard_config(config, shared))


def _standard_config(config: LogSettings, shared: list[Processor]) -> dict[str, Any]:
    """Send every logger through one handler that writes the same lines."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    _renderer(config["format"]),
                ],
            }
        },
        "handlers": {
            "lines": {"class": "logging.StreamHandler", "formatter": "lines"},
        },
        "root": {"handlers": ["lines"], "level": config["level"]},
        "loggers": {
            # The request log says the same, once, with the request's id.
            "django.request": {"level": "CRITICAL"},
            # The relay runs every other second: only what goes wrong is told.
            "celery": {"level": "WARNING"},
            "django_structlog.celery": {"level": "WARNING"},
            # Its lines quote tokens and what Stripe says of a card.
            "stripe": {"level": "WARNING"},
        },
    }


def _renderer(log_format: str) -> Processor:
    """Return the last processor: it makes the line."""
    if log_format == "json":
        return structlog.processors.JSONRenderer(serializer=_dump_line)
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        exception_formatter=structlog.dev.plain_traceback,
    )


def _dump_line(event: EventDict, **_options: object) -> str:
    """Write one line; what JSON does not know is written as Python shows it."""
    return json.dumps(event, default=repr, separators=(",", ":"))


def drop_personal(
    _logger: WrappedLogger, _method: str, event_dict: EventDict
) -> EventDict:
    """Drop what tells of a person, and every query string, wherever they stand."""
    for key in PERSONAL_KEYS:
        event_dict.pop(key, None)
    for key, value in event_dict.items():
        event_dict[key] = _without_personal(value)
    return event_dict


def _without_personal(value: Any) -> Any:  # noqa: ANN401 - whatever is logged
    """Clean a text, or every text inside a collection."""
    if isinstance(value, str):  # few have either; searching takes longer than looking
        if "?" in value:
            value = _QUERY_STRING.sub(r"\1", value)
        return _EMAIL.sub("…@…", value) if "@" in value else value
    if isinstance(value, dict):
        return {key: _without_personal(inner) for key, inner in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_without_personal, value))
    return value
