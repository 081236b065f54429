"""Pages that are the same for everyone: who may keep them, and until when."""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.db.models import Model
from django.utils import timezone
from rest_framework import status
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from custom.caching.bodies import SHOWN_ATTRIBUTE, Shown
from custom.caching.moments import moment_of
from custom.caching.versions import Moment

ModelT_co = TypeVar("ModelT_co", bound=Model, covariant=True)

PUBLIC_CACHE_CONTROL = "public, no-cache"
PRIVATE_CACHE_CONTROL = "private, no-store"
SHARED_CACHE_CONTROL = (
    "public, max-age=0, s-maxage={fresh}, stale-while-revalidate={stale}"
)


class PublicPageMixin(GenericAPIView[ModelT_co]):
    """States who may keep an answer, for how long, and what outdates it.

    Attributes:
        is_public_page: The page is the same for everyone and may sit in shared
            caches; the session is then never read.
        page_tags: What a public page shows, as names that ``custom.caching`` raises;
            ``shows`` adds to them. A page without any is not kept.
    """

    is_public_page: ClassVar[bool] = False
    page_tags: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**kwargs)
        self._tags = set(self.page_tags)
        self._ends: list[datetime] = []

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Leave the session out of public pages: it would vary by cookie."""
        authenticators = super().get_authenticators()
        if not self.is_public_page:
            return authenticators
        return [
            authenticator
            for authenticator in authenticators
            if not isinstance(authenticator, SessionAuthentication)
        ]

    def shows(self, *tags: str, until: datetime | None = None) -> None:
        """Say what this page shows beside ``page_tags``, and when that ends by itself.

        Of several ends the earliest counts.
        """
        self._tags.update(tags)
        if until is not None:
            self._ends.append(until)

    def moment(self) -> Moment | None:
        """Return the moment that what processes remember is asked for."""
        return moment_of(self.request._request)  # noqa: SLF001 - no public name

    def finalize_response(
        self,
        request: Request,
        response: Response,
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> Response:
        """Write ``Cache-Control``, and for shared caches ``Surrogate-Key``."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if "Cache-Control" in response.headers:
            return response
        if not self.is_public_page or response.status_code >= 400:  # noqa: PLR2004
            response.headers["Cache-Control"] = PRIVATE_CACHE_CONTROL
        elif self._tags and response.status_code == status.HTTP_200_OK:
            share(response, self._tags, self._ends)
        else:
            response.headers["Cache-Control"] = PUBLIC_CACHE_CONTROL
        return response


def share(response: Response, tags: Iterable[str], ends: Iterable[datetime]) -> None:
    """Let shared caches and ``custom.caching`` keep an answer, until the first end."""
    now = timezone.now()
    left = min(((end - now).total_seconds() for end in ends), default=math.inf)
    seconds = max(left, 0)
    setattr(response, SHOWN_ATTRIBUTE, Shown(frozenset(tags), seconds))
    response.headers["Surrogate-Key"] = " ".join(sorted(tags))
    response.headers["Cache-Control"] = SHARED_CACHE_CONTROL.format(
        fresh=math.floor(min(seconds, settings.CACHE_SHARED_SECONDS)),
        stale=math.floor(min(seconds, settings.CACHE_STALE_SECONDS)),
    )
