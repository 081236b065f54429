"""``SEARCH_URL``: which engine keeps the index, and where.

Knows neither models nor the engines' libraries: the settings import it.
"""

from typing import Any
from urllib.parse import unquote, urlsplit

XAPIAN = "search.engine.Engine"
ELASTICSEARCH = "haystack.backends.elasticsearch7_backend.Elasticsearch7SearchEngine"
SOLR = "haystack.backends.solr_backend.SolrEngine"
NO_ENGINE = "search.engine.NoEngine"
EXAMPLES = (
    "xapian:///var/lib/shop/search, elasticsearch://host:9200/shop, "
    "elasticsearch+https://host:9200/shop or solr://host:8983/solr/shop"
)


class SearchUrlError(ValueError):
    """``SEARCH_URL`` names no engine."""


def read_search_url(url: str) -> dict[str, Any]:
    """Return Haystack's options of a connection.

    Raises:
        SearchUrlError: The scheme is unknown, or host or path are missing.
    """
    parts = urlsplit(url)
    kind, _, transport = parts.scheme.partition("+")
    transport = transport or "http"
    shared = {"INCLUDE_SPELLING": True, "SILENTLY_FAIL": False}
    if parts.scheme == "xapian" and not parts.netloc and len(parts.path) > 1:
        return shared | {"ENGINE": XAPIAN, "PATH": unquote(parts.path)}
    if kind in ("elasticsearch", "solr") and transport in ("http", "https"):
        path = parts.path.strip("/")
        if parts.netloc and path:
            address = f"{transport}://{parts.netloc}"
            if kind == "solr":
                return shared | {"ENGINE": SOLR, "URL": f"{address}/{path}"}
            own = {"ENGINE": ELASTICSEARCH, "URL": address, "INDEX_NAME": path}
            return shared | own
    msg = f"{parts.scheme}://… names no engine with its place"
    raise SearchUrlError(msg)


def haystack_options(url: str) -> dict[str, Any]:
    """Return the options, or those of no engine: the shop starts all the same."""
    try:
        return read_search_url(url)
    except SearchUrlError:
        return {"ENGINE": NO_ENGINE}
