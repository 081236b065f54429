"""Ending what is kept no longer, by the schedule that the apps declare."""

from dataclasses import dataclass

import structlog

from custom.privacy.holdings import Retention, retentions

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """How many rows of a class of data are due."""

    retention: Retention
    rows: int


def due_rows() -> list[Due]:
    """Count what is due, class by class; 1 query each. Nothing is changed."""
    return [Due(each, each.due().count()) for each in retentions()]


def apply_retention() -> int:
    """End what is due and has no task of its own; count it.

    Each class takes short transactions; one that is interrupted goes on at the next
    call.
    """
    total = 0
    for each in retentions():
        if not each.task:
            ended = each.apply()
            if ended:
                logger.info("retention_applied", data=each.data, rows=ended)
            total += ended
    return total
