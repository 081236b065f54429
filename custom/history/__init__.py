"""What changed, by whom and why: recorded, read, compared, put back.

Public: :func:`recorded` around the writes of a service, :func:`record_all` where they
are in bulk (:func:`record_deletions`), and the modules beside it.
See docs/history.md.
"""

from custom.history.recording import (
    REASON_LENGTH,
    record_all,
    record_deletions,
    recorded,
)

__all__ = ["REASON_LENGTH", "record_all", "record_deletions", "recorded"]
