"""Processes that keep pages in a Redis, as far as these tests need them."""

from collections.abc import Callable

from custom.caching.bodies import Body
from custom.caching.pages import Page
from custom.caching.store import PageStore
from custom.caching.versions import EVERYTHING, Versions, field_of
from custom.limits.connection import Link
from custom.limits.limiter import Limiter

SECONDS = 300.0
SOON = 0.05  # seconds between two probes of a Redis that fails
TAGS = ("product-5",)


class Process:
    """What one process has of its own; several share the Redis of an address."""

    def __init__(self, url: str, *, patience: float = 5.0) -> None:
        self.url = url
        link = Link(url, connect_timeout=patience, timeout=patience)
        self.limiter = Limiter(link, prefix="test", cooldown=SOON)
        self.versions = Versions(self.limiter, prefix="test")
        self.store = PageStore(self.limiter, self.versions, prefix="test")
        self.rendered = 0

    def be_patient(self, seconds: float = 5.0) -> None:
        """Wait for Redis so long from now on, by a connection of its own."""
        link = Link(self.url, connect_timeout=seconds, timeout=seconds)
        self.limiter._link = link

    def look_up(self, name: str = "page") -> tuple[Page, Body | None]:
        """Ask for a page, as the first of the two middlewares does."""
        page = Page(name, "")
        errands = self.store.errands(page)
        replies = self.limiter.send(errands) if errands else None
        return page, self.store.find(page, replies)

    def keep(self, page: Page, content: bytes, tags: tuple[str, ...] = TAGS) -> None:
        """Keep what has been rendered for a page."""
        fields = tuple(sorted({EVERYTHING, *map(field_of, tags)}))
        page.has_room = True
        body = Body(page.generation, page.n, fields, [], content)
        self.store.keep(page, body, SECONDS)

    def show(
        self,
        render: Callable[[], bytes],
        *,
        name: str = "page",
        tags: tuple[str, ...] = TAGS,
    ) -> bytes:
        """Answer a request, from what is kept or by rendering."""
        page, body = self.look_up(name)
        if body is None and page.generation:
            body = self.store.await_turn(page)
        if body is not None:
            return body.content
        self.rendered += 1
        content = render()
        if page.generation:
            self.keep(page, content, tags)
        return content

    def says(self, content: bytes) -> bytes:
        """Answer a request by rendering this, unless something is kept."""
        return self.show(lambda: content)
