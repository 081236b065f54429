"""At which moment, counted in changes of what pages show, a request came."""

from django.conf import settings
from django.http import HttpRequest

from custom.caching.pages import ATTRIBUTE, SAFE_METHODS, Page
from custom.caching.versions import Moment, get_versions
from custom.throttling.counting import counts_of


def ask_moment(request: HttpRequest) -> None:
    """Have the rate limit's trip bring the moment, for a page that is not kept."""
    if request.method in SAFE_METHODS and request.path_info.startswith(
        settings.CACHE_PATHS
    ):
        counts_of(request).errands = get_versions().errands()


def moment_of(request: HttpRequest) -> Moment | None:
    """Return the moment at which a request came; None while Redis does not tell."""
    page: Page | None = getattr(request, ATTRIBUTE, None)
    if page is not None:
        return Moment(page.generation, page.n) if page.generation else None
    brought = counts_of(request).brought
    return get_versions().moment(brought[0]) if brought else None
