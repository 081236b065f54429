"""What can go wrong with a search, in the shop's own terms."""

from custom.errors import ConflictError, UnavailableError


class SearchUnavailableError(UnavailableError):
    """There is no index, or the engine does not answer; the rest of the shop works."""

    code = "search-unavailable"
    title = "Search unavailable"
    retry_after = 30


class RebuildRunningError(ConflictError):
    """Somebody else is rebuilding the index."""

    code = "rebuild-running"
    title = "Rebuild running"
